"""The engine agrees with the model of the rules, whatever the rules, and however the events arrive.

HYPOTHESIS_PROFILE=thorough tries more of everything.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from credentials_badges.badges import configuring, events, rules, rules_file
from credentials_badges.badges.models import (
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    Issuance,
    Learner,
    LearningEvent,
    ProviderAccount,
)
from tests import rule_sets
from tests.reference import outcomes
from tests.rule_sets import Case

Whose = tuple[str, str]
"""A username, and the external id of a template."""


@dataclass
class Plan:
    """How a case reaches the engine. Each list is gone through over and over."""

    pieces: list[int]
    """So many events are sent at once."""
    repeated: list[int]
    """So many of those before them are sent along once more."""
    limits: list[int]
    """So many are processed before the next are sent; with 0, all of them wait."""
    last_limits: tuple[int, int]
    """So many at a time are taken by the two processors that share what is left."""


PLANS = st.builds(
    Plan,
    pieces=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    repeated=st.lists(st.integers(0, 3), min_size=1, max_size=3),
    limits=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    last_limits=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)


@pytest.fixture
def account(transactional_db: None) -> ProviderAccount:
    """Whose templates are configured anew for each example."""
    return ProviderAccount.objects.create(provider="credly", external_id="lakeside", name="Lakeside", api_key="key")


@rule_sets.STORED
@given(case=rule_sets.cases(), plan=PLANS)
def test_the_engine_awards_what_the_model_says(account: ProviderAccount, case: Case, plan: Plan) -> None:
    expected = {whose: outcome.badges for whose, outcome in outcomes(case.templates, case.events).items()}
    with time_machine.travel(rule_sets.NOW):
        clear()
        configure(account, case.templates)
        take_in([events.read(raw) for raw in case.events], plan)
        process_together(plan.last_limits)
    assert not LearningEvent.objects.exclude(error="").exists()
    timeless = {id_ for id_, goal in rules.current().goals.items() if goal.is_plain}
    plain = set(BadgeTemplate.objects.filter(pk__in=timeless).values_list("external_id", flat=True))
    assert told(held(), plain) == told({whose: badges for whose, badges in expected.items() if badges}, plain)


def told(badges: dict[Whose, list[datetime]], plain: set[str]) -> dict[Whose, object]:
    """The moments, or only how many there are, where nobody asks for them and older events are not kept."""
    return {whose: len(moments) if whose[1] in plain else moments for whose, moments in badges.items()}


def clear() -> None:
    """Forget the example before, all but the account; what hangs on templates and learners goes with them."""
    for model in (Issuance, Badge, LearningEvent, BadgeRequirement, BadgeTemplate, Learner):
        model.objects.all().delete()
    rules.forget()


def configure(account: ProviderAccount, templates: Sequence[dict[str, Any]]) -> None:
    """Make these templates, and their rules as a file says them."""
    for external_id in rule_sets.TEMPLATES:
        BadgeTemplate.objects.create(account=account, external_id=external_id, name=external_id)
    configuring.apply(rules_file.read(json.dumps({"templates": templates})))


def take_in(sent: Sequence[events.Event], plan: Plan) -> None:
    """Send the events piece by piece, some twice, and process some of them in between."""
    begin = 0
    for piece, repeated, limit in zip(cycle(plan.pieces), cycle(plan.repeated), cycle(plan.limits)):
        if begin >= len(sent):
            return
        events.accept([*sent[max(0, begin - repeated) : begin], *sent[begin : begin + piece]])
        begin += piece
        if limit:
            events.process_waiting(limit)


def process_together(limits: tuple[int, int]) -> None:
    """Let two processors, who know nothing of each other, share what is left."""

    def process(limit: int) -> None:
        try:
            while events.process_waiting(limit):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(len(limits)) as pool:
        list(pool.map(process, limits))
    assert not LearningEvent.objects.filter(processed_at=None).exists()


def held() -> dict[Whose, list[datetime]]:
    """When each badge that is held was earned."""
    found: dict[Whose, list[datetime]] = {}
    columns = ("learner__username", "template__external_id", "earned_at")
    for username, external_id, at in (
        Badge.objects.filter(status=Badge.Status.AWARDED).order_by("earned_at").values_list(*columns)
    ):
        found.setdefault((username, external_id), []).append(at)
    return found
