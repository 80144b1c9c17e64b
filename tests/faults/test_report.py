"""The comparison of a fault run sees each way in which a badge can be amiss."""

from dataclasses import replace

import pytest

from tests.faults.report import Award, Held, Verdict, amiss, judge

ADA = Held("harbour", "tides", "ada@learners.example", "id-of-ada", "badge-1")
BO = Held("harbour", "tides", "bo@learners.example", "id-of-bo", "badge-2")
EARNED = {Award("tides", "ada@learners.example"), Award("tides", "bo@learners.example")}
NOTHING = Verdict(lost=0, twice=0, strangers=0, astray=0)


def test_badges_that_agree_are_not_amiss() -> None:
    assert judge(EARNED, [ADA, BO], [BO, ADA]) == NOTHING
    assert amiss(NOTHING, stuck=0, missing=[]) == []


def test_a_badge_that_nobody_holds_is_lost() -> None:
    assert judge(EARNED, [ADA], [ADA]) == replace(NOTHING, lost=1)
    assert judge(EARNED, [ADA], [ADA, BO]) == replace(NOTHING, lost=1, astray=1)


def test_a_second_live_badge_is_one_too_many_whatever_is_recorded() -> None:
    again = BO._replace(external_id="badge-3")
    assert judge(EARNED, [ADA, BO, again], [ADA, BO]) == replace(NOTHING, twice=1, strangers=1)
    assert judge(EARNED, [ADA, BO, again], [ADA, BO, again]) == replace(NOTHING, twice=1)


def test_a_badge_that_nobody_has_earned_is_a_strangers_even_if_it_is_recorded() -> None:
    stranger = Held("harbour", "cranes", "cy@learners.example", "id-of-cy", "badge-3")
    assert judge(EARNED, [ADA, BO, stranger], [ADA, BO, stranger]) == replace(NOTHING, strangers=1)


@pytest.mark.parametrize(
    "wrong", [{"learner": "id-of-bo"}, {"external_id": "badge-2"}, {"external_id": "None"}, {"account": "hill"}]
)
def test_a_badge_that_is_recorded_otherwise_than_it_is_held_is_astray(wrong: dict[str, str]) -> None:
    assert judge(EARNED, [ADA, BO], [ADA._replace(**wrong), BO]) == replace(NOTHING, strangers=1, astray=1)


def test_badges_that_were_swapped_between_learners_are_astray() -> None:
    swapped = [ADA._replace(external_id="badge-2"), BO._replace(external_id="badge-1")]
    assert judge(EARNED, [ADA, BO], swapped) == replace(NOTHING, strangers=2, astray=2)


def test_whatever_is_amiss_is_told() -> None:
    told = amiss(Verdict(lost=1, twice=2, strangers=0, astray=0), stuck=3, missing=["kills"])
    assert len(told) == 4
    assert told[0].startswith("1 ")
