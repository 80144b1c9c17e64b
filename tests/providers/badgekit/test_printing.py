"""Sheets of cards: which codes are on them, how they are marked as handed out, and how large a sheet gets."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.badgekit.codes import random_code
from providers.badgekit.desk import printing
from providers.badgekit.models import Batch, ClaimCode, CodeVisits
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import code, kept, words
from tests.providers.badgekit.desk import LOOKING, OWNING, at_desk, path, statuses

pytestmark = pytest.mark.once

NOW = timezone.now()


@pytest.fixture
def batch(api: None) -> Batch:
    """Of the coder's badge, still without codes."""
    return Batch.objects.create(badge=badge(), label="Open day")


def page(batch: Batch, below: str = "print/") -> str:
    return path(f"batches/{batch.pk}/{below}")


def filled(batch: Batch, number: int) -> list[ClaimCode]:
    made = [ClaimCode(badge=batch.badge, batch=batch, code=random_code()) for _ in range(number)]
    return ClaimCode.objects.bulk_create(made)


def cards(batch: Batch, query: str = "") -> list[str]:
    """The codes on a sheet."""
    return re.findall('<p class="code">(.*?)</p>', at_desk("reader").get(page(batch) + query).text)


def mark(batch: Batch, to: str = "The fair", **told: Any) -> Any:
    """Press the button on the first sheet."""
    form = at_desk().get(page(batch)).context["form"].initial
    return at_desk().post(page(batch, "hand-out/"), {**form, "handed_out_to": to, **told})


def test_all_members_may_look(batch: Batch) -> None:
    filled(batch, 1)
    assert statuses(page(batch)) == LOOKING


def test_owners_mark_it_as_handed_out(batch: Batch) -> None:
    told = {"handed_out_to": "x", "first": 1, "last": 9}
    answers = statuses(page(batch, "hand-out/"), told)
    assert answers == {name: 302 if status == 200 else status for name, status in OWNING.items()}
    filled(batch, 1)
    assert "Mark these codes" in at_desk("owner").get(page(batch)).text
    assert "Mark these codes" not in at_desk("reviewer").get(page(batch)).text


def test_only_codes_that_can_still_be_claimed_are_on_it(batch: Batch) -> None:
    code("free", batch=batch)
    code("later", batch=batch, starts_at=NOW + timedelta(days=1))
    code("some", batch=batch, multiuse=True, limit=2, uses=1, claimed=True)
    code("used", batch=batch, claimed=True)
    code("full", batch=batch, multiuse=True, limit=1, uses=1)
    code("over", batch=batch, ends_at=NOW)
    code("paused", batch=batch, status="paused")
    code("draft", batch=batch, status="draft")
    code("gone", batch=batch, deleted_at=NOW)
    code("of-no-batch")
    ClaimCode.objects.filter(pk=kept().pk).update(batch=batch)
    assert cards(batch) == ["free", "later", "some"]


def test_a_card_says_all_that_is_needed(batch: Batch) -> None:
    code("open-day", batch=batch, ends_at=NOW + timedelta(days=9))
    answer = at_desk().get(page(batch))
    card = re.sub(r"\s+", " ", re.findall("<li>(.*?)</li>", answer.text, re.DOTALL)[0])
    for held in (
        "<strong>Coder</strong>",
        "The City",
        'src="https://pictures.example/badge.png"',
        "127.0.0.1:8000/claim/",
    ):
        assert held in card
    assert f"until {NOW + timedelta(days=9):%-d %B %Y}." in card
    assert card.count("<svg") == 1
    assert "/claim/open-day/?from=print" in card


def test_what_people_wrote_is_escaped(batch: Batch) -> None:
    code("<script>x", batch=batch, handed_out_to="<i>")
    Batch.objects.update(label="<b>")
    text = at_desk().get(page(batch)).text
    for written in ("<script>x", "<i>", "<b>"):
        assert written not in text
    assert "style=" not in text


def test_two_hundred_cards_are_less_than_a_megabyte_and_the_rest_is_on_the_next_sheet(batch: Batch) -> None:
    made = filled(batch, printing.ON_A_SHEET + 1)
    answer = at_desk().get(page(batch))
    assert answer.text.count("<svg") == printing.ON_A_SHEET == 200
    assert len(answer.content) < 1_000_000
    assert "Cards 1 to 200 of 201: the codes of “Coder” that can still be claimed, at most 200 on a sheet." in words(
        answer
    )
    assert cards(batch, "?page=2") == [made[-1].code]


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=999999999999999999999", "?page=%00", "?fresh=&page=-1"])
def test_odd_pages_are_answered(batch: Batch, query: str) -> None:
    code("one", batch=batch)
    assert cards(batch, query) == ["one"]


def test_it_costs_as_many_statements_for_one_as_for_many(batch: Batch) -> None:
    client = at_desk()

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(page(batch)).status_code == 200
        return len(caught)

    filled(batch, 1)
    few = cost()
    filled(batch, 30)
    assert cost() == few


def test_to_look_hands_out_nothing(batch: Batch) -> None:
    filled(batch, 2)
    cards(batch)
    assert not ClaimCode.objects.exclude(handed_out_at=None).exists()
    assert at_desk().get(page(batch, "hand-out/")).status_code == 405


def test_the_button_marks_those_of_the_sheet_of_which_nothing_was_said(batch: Batch) -> None:
    first, mine, used, last = filled(batch, 4)
    newer = filled(batch, 1)[0]
    ClaimCode.objects.filter(pk=mine.pk).update(handed_out_to="Ada", handed_out_at=NOW)
    ClaimCode.objects.filter(pk=used.pk).update(claimed=True)
    answer = mark(batch, last=last.pk)
    assert answer["Location"] == page(batch)
    said = dict(ClaimCode.objects.values_list("pk", "handed_out_to"))
    assert said == {first.pk: "The fair", mine.pk: "Ada", used.pk: "", last.pk: "The fair", newer.pk: ""}
    assert not CodeVisits.objects.exists()


def test_it_is_one_update_of_the_codes(batch: Batch) -> None:
    filled(batch, 50)
    with CaptureQueriesContext(connection) as caught:
        mark(batch)
    assert len([each for each in caught if each["sql"].startswith('UPDATE "badgekit_claimcode"')]) <= 1
    assert ClaimCode.objects.filter(handed_out_to="The fair").count() == 50


@pytest.mark.parametrize(
    "told", [{"to": ""}, {"to": "a\0"}, {"to": "a\nb"}, {"first": "x"}, {"last": ""}, {"to": "x" * 256}]
)
def test_what_cannot_be_marked_is_asked_again(batch: Batch, told: dict[str, Any]) -> None:
    filled(batch, 1)
    answer = mark(batch, **told)
    assert answer.status_code == 400
    assert "errorlist" in answer.text
    assert not ClaimCode.objects.exclude(handed_out_at=None).exists()


def test_numbers_beyond_all_codes_mark_what_lies_between(batch: Batch) -> None:
    filled(batch, 2)
    mark(batch, first=-(10**30), last=10**30)
    assert ClaimCode.objects.filter(handed_out_to="The fair").count() == 2


def test_those_that_were_handed_out_can_be_left_out(batch: Batch) -> None:
    code("mailed", batch=batch, handed_out_to="ada@example.com", handed_out_at=NOW)
    code("left", batch=batch)
    assert cards(batch) == ["mailed", "left"]
    assert cards(batch, "?fresh=") == ["left"]


def test_other_systems_batches_are_not_there(batch: Batch) -> None:
    foreign = Batch.objects.create(badge=badge("farmer"), label="Harvest")
    hidden = Batch.objects.create(badge=badge("reader"), label="Hidden")
    badge("reader").hide()
    for pk in (foreign.pk, hidden.pk, 0, 10**30):
        assert at_desk().get(path(f"batches/{pk}/print/")).status_code == 404
        assert at_desk().post(path(f"batches/{pk}/hand-out/"), {"handed_out_to": "x"}).status_code == 404


def test_an_empty_sheet_says_so(batch: Batch) -> None:
    assert "There is no card to print" in words(at_desk().get(page(batch)))
