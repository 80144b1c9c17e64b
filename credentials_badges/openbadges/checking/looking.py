"""Looks into whatever somebody has put in, and says what holds of it."""

from datetime import datetime
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from credentials_badges.badges import showing
from credentials_badges.badges.models import Badge
from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import fetching, reading, version_2, version_3
from credentials_badges.openbadges.checking.fetching import Fetcher, Unreachable
from credentials_badges.openbadges.checking.reading import Form, Unreadable
from credentials_badges.openbadges.checking.report import Report

PAGES = {"badge_page", "verify_badge"}
"""Of ours: whoever puts in the address of one means the badge on it."""
BADGES = {"ob_assertion", "ob3_credential", "ob3_token"}


def look(content: bytes, email: str, fetch: Fetcher, now: datetime) -> Report:
    """What holds of it. Raises Unreadable if it is no badge."""
    found = reading.read(content)
    if found.form is Form.ADDRESS:
        address = _document_of(found.address)
        try:
            answer = fetch.get(address, is_put_in=True)
        except Unreachable:
            raise Unreadable(
                _("Nothing can be fetched from that address. Save the badge as a file, and choose that.")
            ) from None
        if answer.status == 410:
            return _gone()
        if answer.status != 200:
            raise Unreadable(_("There is no badge at that address."))
        found = reading.read(answer.body)
        if found.form is Form.ADDRESS:
            raise Unreadable(_("There is no badge at that address, but one more address."))
    if found.form is Form.VERSION_3:
        return version_3.look(found, email.strip(), fetch, now)
    return version_2.look(found, email.strip(), fetch, now)


def page_of(found: Report) -> str:
    """Where this service tells more of the badge, if it is one of ours."""
    name, uuid = _ours(found.address) if found.is_ours else ("", "")
    is_known = name in BADGES and Badge.objects.filter(uuid=uuid, learner__retired_at=None).exists()
    return reverse("verify_badge", args=[uuid]) if is_known else ""


def _gone() -> Report:
    words = _("No: its issuer has taken it back.")
    return Report(checks=[Check(question=_("Does it still stand?"), answer=words, holds=False)])


def _document_of(address: str) -> str:
    """The badge's document, if the address is of one of our pages of it; else the same."""
    name, uuid = _ours(address)
    return showing.whole(reverse("ob_assertion", args=[uuid])) if name in PAGES else address


def _ours(address: str) -> tuple[str, str]:
    """Which of our pages or documents of a badge the address is of, and the badge's uuid."""
    try:
        parts = urlsplit(address)
        if fetching.is_ours(parts):
            match = resolve(parts.path)
            return match.url_name or "", str(match.kwargs.get("uuid", ""))
    except (ValueError, Resolver404):
        pass
    return "", ""
