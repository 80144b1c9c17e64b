"""One event that crashes whoever processes it, and one badge that crashes its adapter, among a thousand good ones.

The others go through; the poison is set aside once, with its reason.
"""

from collections import Counter
from typing import Any

import pytest

from credentials_badges.badges import awarding, events
from credentials_badges.badges.models import Issuance, LearningEvent
from credentials_badges.contract.data import IssueOrder
from tests.badges.conftest import credly
from tests.badges.world import World, passing, requirement, send

pytestmark = [pytest.mark.django_db, pytest.mark.once]
__all__ = ["credly"]

GOOD = 1000


def test_an_event_that_crashes_processing_is_set_aside(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    sent = [passing(f"learner{number:04}", "OneX") for number in range(GOOD + 1)]
    poison = sent[GOOD // 3]["id"]
    judge, met = awarding.judge, Counter[str]()

    def crash_on_poison(batch: list[LearningEvent], *facts: Any) -> None:
        judge(batch, *facts)  # Whatever it has written until then has to go.
        met.update(event.event_id for event in batch if event.event_id == poison)
        if any(event.event_id == poison for event in batch):
            raise RecursionError("a rule that nobody has foreseen")

    monkeypatch.setattr(awarding, "judge", crash_on_poison)
    for start in range(0, len(sent), 500):
        events.accept([events.read(raw) for raw in sent[start : start + 500]])
    while events.process_waiting():
        pass
    assert len(credly.badges()) == GOOD
    (aside,) = LearningEvent.objects.exclude(error="")
    assert aside.event_id == poison
    assert "RecursionError" in aside.error
    assert met == {poison: 2}, "once with its batch, and once alone"
    while events.process_waiting():
        pass
    assert met == {poison: 2}


def test_a_badge_that_crashes_its_adapter_is_set_aside(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing(f"learner{number:04}", "OneX") for number in range(GOOD + 1)])
    poison = f"learner{GOOD // 3:04}@example.com"
    adapter = type(credly.account.adapter)
    met = Counter[str]()

    def crashing(name: str) -> None:
        sound = getattr(adapter, name)

        def crash_on_poison(self: Any, account: Any, what: IssueOrder | list[IssueOrder]) -> Any:
            orders = what if isinstance(what, list) else [what]
            if any(order.recipient.email == poison for order in orders):
                met[name] += 1
                raise ZeroDivisionError("an address that nobody has foreseen")
            return sound(self, account, what)

        monkeypatch.setattr(adapter, name, crash_on_poison)

    crashing("issue")
    crashing("issue_many")
    credly.deliver(2)
    assert len(credly.held()) == GOOD
    (aside,) = Issuance.objects.exclude(status="delivered")
    assert (aside.status, aside.failure, aside.badge.learner.email) == ("dead", "crashed", poison)
    assert "ZeroDivisionError" in aside.last_error
    assert met == {"issue_many": 1, "issue": 1}, "once with its batch, and once alone"
