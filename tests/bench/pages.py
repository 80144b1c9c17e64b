"""How many statements each page takes, and how long: of whatever database `DATABASE_URL` names.

DATABASE_URL=sqlite:///var/world.sqlite3 python -m tests.bench.pages [part of an address …]
"""

import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import django
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

TIMES = 5
"""The fastest of so many tries is shown: what else the machine does meanwhile is not the page's."""
SLOW = 0.3
FOUND = ("learner77@example.com", "learner77", "ext-77", "no such thing")
"""What is searched for."""
PROBES = ("/readyz", "/metrics")


def changelists() -> Iterator[str]:
    """Of every page that the administration has for a model."""
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def others(known: dict[str, Any]) -> Iterator[str]:
    """Every other address that answers to GET; those about something that is not `known` are left out."""
    from tests.security.table import TABLE

    yield "/admin/"
    for route, methods in TABLE.items():
        names = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if "GET" in methods and not route.startswith("^") and all(name in known for name in names):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known[found[1]]), route)
    yield from PROBES


def ways(client: Client, address: str) -> Iterator[str]:
    """The same list as people look at it: by each filter, by each column with a link, searched, and its last page."""
    shown = client.get(address).context_data["cl"]
    yield f"{address}?p={shown.paginator.num_pages}"
    for spec in shown.filter_specs:
        choices = [choice["query_string"] for choice in spec.choices(shown) if not choice["selected"]]
        yield from (f"{address}{choice}" for choice in dict.fromkeys((*choices[:1], *choices[-1:])))
    for number, column in enumerate(shown.list_display):
        if column in shown.sortable_by and shown.get_ordering_field(column):
            yield from (f"{address}?o={number}", f"{address}?o=-{number}")
    if shown.search_fields:
        yield from (f"{address}?q={words}" for words in FOUND)


def ask(client: Client, address: str) -> tuple[int, float, int]:
    """The status, the seconds and the number of statements."""
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        answer = client.get(address)
        for _ in answer.streaming_content if answer.streaming else ():
            pass
        return answer.status_code, time.perf_counter() - began, len(asked)


def known() -> dict[str, Any]:
    """Names of rows of the large world."""
    from credentials_badges.badges.models import Badge, BadgeTemplate
    from providers.badgekit.models import Batch, Claim, ClaimCode, System

    batch = Batch.objects.select_related("badge").order_by("pk")[0]
    system = System.objects.get(pk=batch.badge.system_id)
    code = ClaimCode.objects.filter(badge__system=system)[:1].get()
    claim = Claim.objects.filter(badge__system=system)[:1].get()
    rows = {"system": system.pk, "batch": batch.pk, "badge": batch.badge_id, "code": code.pk, "claim": claim.pk}
    found = Badge.objects.filter(status="awarded", account__provider="credly")[:1].get()
    return {**rows, "uuid": found.uuid, "template": BadgeTemplate.objects.all()[0].uuid, "text": code.code}


def main(parts: list[str]) -> None:
    """Print a line for each page."""
    from credentials_badges.badges.models import Learner

    settings.ALLOWED_HOSTS = ["testserver"]
    root, many = Client(), Client()
    root.force_login(Learner.objects.get(username="administrator"))
    many.force_login(Learner.objects.get(username="many"))
    lists = [way for each in changelists() if is_asked(each, parts) for way in (each, *ways(root, each))]
    for address in [*lists, *(each for each in others(known()) if is_asked(each, parts))]:
        client = many if address == "/my/" else root
        tries = [ask(client, address)[1]]
        # What is slow is not asked over and over.
        tries = [ask(client, address)[1] for _ in range(TIMES if tries[0] < 5 * SLOW else 1)]
        status, _, statements = ask(client, address)
        mark = "  <-- slow" if min(tries) > SLOW else ""
        print(f"{address:90} {status} {statements:3} {min(tries) * 1000:8.0f} ms{mark}", flush=True)  # noqa: T201


def is_asked(address: str, parts: list[str]) -> bool:
    """Whether it has one of these parts, if there are any."""
    return not parts or any(part in address for part in parts)


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1:])
