"""Fixtures of the engine's tests."""

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from credentials_badges.badges import heartbeat
from credentials_badges.badges.models import (
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    Issuance,
    Learner,
    LearningEvent,
    ProviderAccount,
)
from tests.badges.world import World, passing, penalty, requirement, send, world


@pytest.fixture
def credly(db: None) -> Iterator[World]:
    """A Credly organization with three pulled templates."""
    with world() as built:
        yield built


@pytest.fixture
def earned(credly: World) -> World:
    """Ada has earned a badge that is not pushed yet, and can lose it."""
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"))
    return credly


@pytest.fixture
def somebody_at_work(db: None) -> None:
    heartbeat.beat(timezone.now())


@pytest.fixture
def setting_up(db: None) -> Callable[[int], list[Badge]]:
    """Makes an account with a badge of each of so many learners, and its promise."""

    def made(count: int) -> list[Badge]:
        number = ProviderAccount.objects.count()
        account = ProviderAccount.objects.create(provider="credly", external_id=str(number), name=f"Quay {number}")
        template = BadgeTemplate.objects.create(account=account, external_id="1", name="Knots", is_active=True)
        BadgeRequirement.objects.create(template=template, event_type="x", key="one")
        now, badges = timezone.now(), []
        for each in range(count):
            learner = Learner.objects.create(username=f"learner-{number}-{each}")
            named = {"account": account, "template": template, "learner": learner}
            badges.append(Badge.objects.create(**named, awarded_at=now, earned_at=now))
            LearningEvent.objects.create(
                event_id=f"{number}-{each}", source="s", type="x", occurred_at=now, received_at=now, learner=learner
            )
            Issuance.objects.create(badge=badges[-1], account=account, action="issue", not_before=now, created_at=now)
        return badges

    return made
