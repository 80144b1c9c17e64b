"""Codes are hard to mistake, and a promise gets one however many ask for it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection

from credentials_badges.contract.data import IssueOrder, Recipient
from providers.badgekit.codes import random_code, reserve
from providers.badgekit.models import Badge, ClaimCode, System

ORDER = IssueOrder(
    key="6f1c1b62-0000-4000-8000-00000000000a",
    template_id="reader",
    recipient=Recipient(id="learner-1", email="Ada@Example.com", full_name="Ada Lovelace"),
    issued_at=datetime(2024, 5, 21, tzinfo=UTC),
)
THREADS = 8


def make_badge() -> Badge:
    city = System.objects.create(slug="city", name="The City")
    return Badge.objects.create(slug="reader", name="Reader", type="skill", system=city)


def test_codes_have_no_characters_that_look_alike() -> None:
    codes = {random_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {12}
    assert not set("".join(codes)) & set("0o1li")
    assert all(code == code.lower() for code in codes)


@pytest.mark.django_db
def test_each_promise_has_a_code_of_its_own() -> None:
    badge = make_badge()
    first = reserve(badge, ORDER)
    assert reserve(badge, ORDER) == first
    assert reserve(badge, replace(ORDER, key="6f1c1b62-0000-4000-8000-00000000000b")) != first


@pytest.mark.django_db(transaction=True)
def test_racing_workers_reserve_one_code() -> None:
    badge = make_badge()
    start = Barrier(THREADS)

    def race(_: int) -> str:
        start.wait(timeout=10)
        try:
            return str(reserve(badge, ORDER))
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        codes = set(pool.map(race, range(THREADS)))
    assert len(codes) == 1
    assert ClaimCode.objects.count() == 1
