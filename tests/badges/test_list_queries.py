"""Every page takes as many statements for sixty rows of everything as for sixteen, and not many of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client

from credentials_badges.badges import listing
from credentials_badges.badges.listing import BoundedPaginator
from credentials_badges.badges.models import Badge, Learner, LearningEvent
from providers.credly.models import CredlyBadge
from tests.bench import pages, world

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FEW, MANY = 16, 60
"""The one learner with many badges has half of them: with so few, there is one of each kind."""
TEMPLATES = 30
"""With three requirements each, they are on one page: to leaf through a list takes one statement more."""
MOST, MOST_OF_REPORTS = 15, 25
"""A report is many tables, each with a statement or two."""
FOR_EACH_QUEUE = {"/metrics", "/readyz", "/admin/"}
"""They ask about each kind of message, promise and event: as many statements for many rows as for few."""


@contextmanager
def _world(rows: int) -> Iterator[dict[str, Client]]:
    """So many rows of everything, and browsers; it is gone afterwards."""
    with transaction.atomic():
        world.build(badges=rows, learners=rows, templates=min(rows, TEMPLATES))
        people = {name: Client() for name in ("administrator", "many")}
        for name, client in people.items():
            client.force_login(Learner.objects.get(username=name))
        yield people
        transaction.set_rollback(True)


def _statements(rows: int, kind: str) -> dict[str, int]:
    """By the page's route: the number of its statements, once all that is kept in memory is there."""
    with _world(rows) as people:
        known = pages.known()
        addresses = list(pages.changelists() if kind == "lists" else pages.others(known))
        found = {}
        for address in addresses:
            client = people["many" if address == "/my/" else "administrator"]
            status = pages.ask(client, address)[0]
            assert status in {200, 302, 400, 404, 503}, address
            if status not in {400, 404}:  # Those are somebody else's, or about something that this world has not.
                found[_named(address, known)] = pages.ask(client, address)[2]
        return found


def _named(address: str, known: dict[str, Any]) -> str:
    """The address without what differs from one world to the next."""
    values = sorted((str(value) for value in known.values()), key=len, reverse=True)
    return re.sub(r"(?<=/)(" + "|".join(map(re.escape, values)) + r")(?=/|\.|$)", "…", address)


@pytest.mark.parametrize("kind", ["lists", "others"])
def test_many_rows_take_as_many_statements_as_few(kind: str) -> None:
    few, many = _statements(FEW, kind), _statements(MANY, kind)
    assert {page: (few[page], number) for page, number in many.items() if number != few[page]} == {}
    most = {
        page: number
        for page, number in many.items()
        if number > (MOST_OF_REPORTS if "/reports/" in page else MOST) and page not in FOR_EACH_QUEUE
    }
    assert most == {}
    assert len(many) > 20


def test_the_world_has_rows_on_every_list() -> None:
    with _world(FEW):
        assert [model for model in admin.site._registry if not QuerySet(model).exists()] == []


def test_every_list_of_the_administration_counts_no_further_than_it_has_to() -> None:
    for model, page in admin.site._registry.items():
        assert issubclass(page.paginator, BoundedPaginator), model
        assert page.show_full_result_count is False, model


def test_a_number_too_large_to_be_counted_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST", 40)
    with _world(MANY) as people:
        answer = people["administrator"].get("/admin/badges/learningevent/")
        assert "40+ learning events" in " ".join(answer.text.split())
        assert BoundedPaginator(LearningEvent.objects.all(), 10).num_pages == 4
        assert BoundedPaginator(LearningEvent.objects.filter(pk__lte=7), 10).count == 7


def test_a_page_holds_its_rows_in_their_order() -> None:
    with _world(MANY):
        rows = Badge.objects.order_by("external_state", "-pk").select_related("learner")
        page = BoundedPaginator(rows, 25).page(2)
        assert list(page.object_list) == list(rows[25:50])


def test_a_large_table_is_sorted_only_by_what_has_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    with _world(MANY) as people:
        address = "/admin/badges/learningevent/"
        assert "occurred_at" in people["administrator"].get(address).context_data["cl"].sortable_by
        monkeypatch.setattr(listing, "SORTED", 10)
        assert people["administrator"].get(address).context_data["cl"].sortable_by == ["received_at", "processed_at"]


def test_the_values_of_a_column_are_found_without_reading_its_rows() -> None:
    with _world(MANY):
        assert listing.values_of(LearningEvent, "type") == sorted(world.TYPES)


def test_badges_of_a_provider_are_read_along_the_index_in_which_they_are_shown() -> None:
    plan = CredlyBadge.objects.values_list("pk")[:100].explain()
    assert "badge_newest" in plan, plan
    assert "TEMP B-TREE" not in plan, plan
