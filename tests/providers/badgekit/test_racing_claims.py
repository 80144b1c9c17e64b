"""Many people claim at once, on whichever database the tests run: never one use too many, never one badge too many."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from credentials_badges.badges.models import Learner, LearningEvent
from providers.badgekit.models import BadgeInstance, ClaimCode
from tests.providers.badgekit.api import ADA, Caller, make

THREADS = 32
PEOPLE = 200

pytestmark = pytest.mark.django_db(transaction=True)


def race(caller: Caller, bodies: list[tuple[str, dict[str, Any]]]) -> Counter[int]:
    """Post all of these by threads that begin together; returns how often each status came."""
    start = Barrier(THREADS)

    def work(mine: list[tuple[str, dict[str, Any]]]) -> list[int]:
        own = replace(caller, client=Client(SERVER_NAME="localhost"))
        try:
            start.wait(timeout=10)
            return [own.post(path, body)[0] for path, body in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(work, [bodies[number::THREADS] for number in range(THREADS)])
        return Counter(status for part in parts for status in part)


def everybody(path: str) -> list[tuple[str, dict[str, Any]]]:
    return [(path, {"email": f"learner{number}@example.com"}) for number in range(PEOPLE)]


@pytest.mark.parametrize("limit", [1, 7])
def test_of_200_people_exactly_as_many_get_the_badge_as_the_code_allows(committed: Caller, limit: int) -> None:
    make("winter", multiuse=limit > 1, limit=limit if limit > 1 else None)
    statuses = race(committed, everybody("/systems/city/badges/coder/codes/winter/claim"))
    assert statuses == {200: limit, 400: PEOPLE - limit}
    assert ClaimCode.objects.get().uses == limit
    holders = set(BadgeInstance.objects.values_list("address", flat=True))
    assert len(holders) == BadgeInstance.objects.count() == LearningEvent.objects.count() == limit
    assert {learner.address for learner in Learner.objects.all()} == holders


def test_one_person_who_claims_by_many_hands_gets_one_badge_and_uses_one_up(committed: Caller) -> None:
    make("summer", multiuse=True)
    claims = [("/systems/city/badges/coder/codes/summer/claim", {"email": ADA})] * 48
    assert race(committed, claims) == {200: 48}
    assert (ClaimCode.objects.get().uses, BadgeInstance.objects.count(), LearningEvent.objects.count()) == (1, 1, 1)


def test_one_person_who_claims_many_codes_at_once_uses_one_up(committed: Caller) -> None:
    for number in range(32):
        make(f"code-{number}")
    claims = [(f"/systems/city/badges/coder/codes/code-{number}/claim", {"email": ADA}) for number in range(32)]
    assert race(committed, claims) == {200: 32}
    assert (ClaimCode.objects.filter(claimed=True).count(), BadgeInstance.objects.count()) == (1, 1)


def test_claims_without_an_address_race_as_fairly(committed: Caller) -> None:
    make("winter")
    claims: list[tuple[str, dict[str, Any]]] = [("/systems/city/badges/coder/codes/winter/claim", {})] * 64
    assert race(committed, claims) == {200: 1, 400: 63}


def test_the_same_code_made_at_once_is_made_once(committed: Caller) -> None:
    created = race(committed, [("/systems/city/badges/coder/codes", {"code": "winter"})] * 32)
    assert created == {201: 1, 409: 31}
    assert ClaimCode.objects.count() == 1
