"""Counts how often pages are looked at, and from where: numbers for each day. No cookie is set, and nothing is kept of
who it was.
"""

import logging
from urllib.parse import urlsplit

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest

from credentials_badges.badges.models.visits import Visits, today

log = logging.getLogger(__name__)

SOURCES = ("copy", "embed", "facebook", "linkedin", "mail", "print", "qr", "x")
"""Where our links are handed out; each link says so in its query, as ``?from=qr``."""
ELSEWHERE = "elsewhere"
REFERRERS = {
    "x.com": "x",
    "twitter.com": "x",
    "t.co": "x",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "linkedin.com": "linkedin",
    "lnkd.in": "linkedin",
}


def came_from(request: HttpRequest) -> str:
    """Where the visitor followed a link: one of `SOURCES` or `ELSEWHERE`; empty if nothing tells, or it was here."""
    if (told := request.GET.get("from", "")) in SOURCES:
        return told
    try:
        host = urlsplit(request.headers.get("Referer", "")).hostname or ""
    except ValueError:
        return ""
    if not host or host == request.get_host().partition(":")[0]:
        return ""
    return next((name for site, name in REFERRERS.items() if f".{host}".endswith(f".{site}")), ELSEWHERE)


def count(model: type[Visits], kind: Visits.Kind, source: str = "", **about: object) -> None:
    """Count one more, today, if the database takes it: a number is not worth a page that cannot be read.

    `about` says which page's, in the model's own columns.
    """
    try:
        _count(model, kind, source, about)
    except DatabaseError:
        log.exception("a visit could not be counted")


def _count(model: type[Visits], kind: Visits.Kind, source: str, about: dict[str, object]) -> None:
    number = model.objects.filter(day=today(), kind=kind, source=source, **about)
    for _ in range(2):  # Whoever loses the race to count the first one counts the second.
        if number.update(count=F("count") + 1):
            return
        try:
            with transaction.atomic():
                model.objects.create(kind=kind, source=source, count=1, **about)
        except IntegrityError:
            continue
        return
