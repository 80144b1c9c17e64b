"""Lists of thirty thousand badges: read along indexes, in few statements, and in a time that no loaded machine exceeds.

It takes most of a minute, so it runs only where BENCH=1 asks for it.
"""

import os
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from credentials_badges.badges.models import Issuance, Learner, LearningEvent
from providers.credly.models import CredlyBadge
from tests.bench import pages, world

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(os.environ.get("BENCH") != "1", reason="set BENCH=1 to measure"),
]
BADGES, LEARNERS, TEMPLATES = 30_000, 3_000, 60
SECONDS = 3.0
STATEMENTS = 15
LISTS = ("credlybadge", "issuance", "learningevent", "badgeprogress", "learner", "auditentry")


@pytest.fixture(autouse=True)
def _large(db: None) -> None:
    world.build(badges=BADGES, learners=LEARNERS, templates=TEMPLATES)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_in_few_statements_and_a_short_time(name: str) -> None:
    client = Client()
    client.force_login(Learner.objects.get(username="administrator"))
    pages.ask(client, f"/admin/badges/{name}/")
    status, seconds, statements = pages.ask(client, f"/admin/badges/{name}/")
    assert (status, statements <= STATEMENTS) == (200, True), statements
    assert seconds < SECONDS


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (CredlyBadge.objects.all, "badge_newest"),
        (lambda: CredlyBadge.objects.filter(status="revoked"), "badge_newest"),
        (lambda: Issuance.objects.filter(status="dead"), "issuance_"),
        (lambda: LearningEvent.objects.filter(type=world.TYPES[0]), "event_type"),
    ],
)
def test_the_first_page_is_read_along_an_index(rows: Any, index: str) -> None:
    plan = rows().values_list("pk")[:100].explain()
    assert index in plan, plan
    assert connection.vendor != "sqlite" or "TEMP B-TREE" not in plan, plan
