"""People race on the pages, on whichever database the tests run: never one use too many, never one badge too many."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TypeVar

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from credentials_badges.badges import limiting
from credentials_badges.badges.models import LearningEvent, Mail
from providers.badgekit import batches, guessing, reviewing, tokens
from providers.badgekit.batches import Terms
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import browser, code, page, signed_in
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.reviewed import claimed, fresh, reviewed

THREADS = 16
PEOPLE = 64

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("committed")]
T = TypeVar("T")


def race(works: list[Callable[[], T]]) -> list[T]:
    """Do all of it by threads that begin together."""
    start = Barrier(THREADS)

    def do(mine: list[Callable[[], T]]) -> list[T]:
        try:
            start.wait(timeout=30)
            return [work() for work in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [each for part in pool.map(do, [works[n::THREADS] for n in range(THREADS)]) for each in part]


def test_of_64_learners_as_many_get_the_badge_as_the_code_allows() -> None:
    code(multiuse=True, limit=7)
    clients = [signed_in(f"learner{number}") for number in range(PEOPLE)]
    race([lambda client=client: client.post(page("open-day")).status_code for client in clients])
    assert ClaimCode.objects.get().uses == 7
    assert BadgeInstance.objects.count() == Claim.objects.count() == LearningEvent.objects.count() == 7


def test_of_64_strangers_with_links_one_gets_what_is_there_once() -> None:
    once = code()
    links = [tokens.claim_link(once, f"sam{number}@example.net") for number in range(PEOPLE)]
    race([lambda link=link: browser().post(link).status_code for link in links])
    assert BadgeInstance.objects.count() == Claim.objects.count() == ClaimCode.objects.get().uses == 1


def test_a_person_who_presses_from_everywhere_claims_once() -> None:
    code(multiuse=True)
    ada = signed_in("ada")
    link = tokens.claim_link(ClaimCode.objects.get(), "ada@example.com")
    works = [lambda: ada.post(page("open-day")).status_code, lambda: browser().post(link).status_code]
    assert set(race(works * 16)) == {302}
    assert BadgeInstance.objects.count() == Claim.objects.count() == ClaimCode.objects.get().uses == 1


def test_a_person_who_submits_by_several_codes_at_once_has_one_open_claim() -> None:
    links = [tokens.claim_link(reviewed(f"code-{n}", evidence="none"), "sam@example.net") for n in range(16)]
    assert set(race([lambda link=link: browser().post(link).status_code for link in links])) == {302}
    assert Claim.objects.count() == 1
    assert sum(ClaimCode.objects.values_list("uses", flat=True)) == 1


def test_a_limit_holds_for_those_who_submit_at_once() -> None:
    limited = reviewed(limit=5, evidence="none")
    links = [tokens.claim_link(limited, f"sam{number}@example.net") for number in range(PEOPLE)]
    race([lambda link=link: browser().post(link).status_code for link in links])
    assert ClaimCode.objects.get().uses == Claim.objects.filter(state=Claim.State.SUBMITTED).count() == 5


def test_reviewers_who_decide_at_once_decide_once() -> None:
    claim = claimed()
    owner, reviewer = member("owner"), member("reviewer")

    def decide(number: int) -> str:
        try:
            by = (owner, reviewer)[number % 2]
            decided = (reviewing.approve, reviewing.reject)[number // 2 % 2](fresh(claim), by, f"{number}")
        except reviewing.NotNow:
            return "too late"
        return decided.state

    answers = Counter(race([lambda number=number: decide(number) for number in range(THREADS)]))
    assert answers["too late"] == THREADS - 1
    held = BadgeInstance.objects.count()
    assert held == ClaimCode.objects.get().uses == int(fresh(claim).state == Claim.State.AWARDED)
    assert Mail.objects.filter(to="sam@example.net").count() == 2  # The receipt, and one decision.


def test_a_claim_that_is_withdrawn_while_it_is_approved_is_one_or_the_other() -> None:
    code_, owner = reviewed(evidence="none"), member("owner")
    made = [claimed(code_, f"sam{number}@example.net") for number in range(THREADS)]

    def end(claim: Claim, number: int) -> None:
        with suppress(reviewing.NotNow):
            (reviewing.approve(fresh(claim), owner) if number else reviewing.withdraw(fresh(claim)))

    race([lambda claim=claim, number=number: end(claim, number) for claim in made for number in (0, 1)])
    states = Counter(Claim.objects.values_list("state", flat=True))
    assert states["awarded"] + states["withdrawn"] == THREADS
    assert BadgeInstance.objects.count() == ClaimCode.objects.get().uses == states["awarded"]


def test_owners_of_two_systems_make_a_word_once() -> None:
    theirs = [badge("coder"), badge("farmer")]

    def make(number: int) -> int:
        try:
            batches.make_code(theirs[number % 2], "festival", Terms(), None)
        except ValidationError:
            return 0
        return 1

    assert sum(race([lambda number=number: make(number) for number in range(THREADS)])) == 1


def test_of_many_guesses_at_once_no_more_are_answered_than_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "BY_NETWORK", (limiting.Pace(5, guessing.HOUR),))
    answers = race([lambda n=n: browser().get(page(f"guess-{n}")).status_code for n in range(32)])
    assert Counter(answers) == {404: 5, 429: 27}
