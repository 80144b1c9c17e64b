"""People who give and take back badges at the same moment, as each other, as events and as deliveries."""

from collections.abc import Iterator

import pytest
from django.test import Client

from credentials_badges.badges import delivering, events
from credentials_badges.badges.models import AuditEntry, Badge, BadgeTemplate, Issuance, Learner
from tests.badges.admin_by_hand import award_page, confirmed, csv, preview
from tests.badges.by_hand import grant, holders, learner, revoke
from tests.badges.test_racing import THREADS, race
from tests.badges.world import World, passing, requirement, send, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    with world() as built:
        yield built


def test_the_last_seat_goes_to_one(credly: World) -> None:
    template = credly.templates[0]
    BadgeTemplate.objects.update(limit=2)
    grant(template, "ada")
    names = [f"learner{number}" for number in range(THREADS)]
    for name in ("boss", *names):
        learner(name)
    refused = race(lambda number: grant(template, names[number]))
    assert sorted(map(len, refused)) == [0] + [1] * (THREADS - 1)  # type: ignore[arg-type]
    assert len(holders(template)) == 2
    assert Issuance.objects.count() == 2


def test_events_and_people_together_keep_to_the_limit(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")], limit=3)
    names = [f"learner{number}" for number in range(THREADS)]
    for name in ("boss", *names):
        learner(name)

    def give_or_pass(number: int) -> None:
        if number % 2:
            grant(template, names[number])
            return
        events.accept([events.read(passing(names[number], "OneX"))])
        while events.process_waiting(1):
            pass

    race(give_or_pass)
    while events.process_waiting():
        pass
    assert len(holders(template)) == len(set(holders(template))) == 3


def test_one_learner_named_by_many_gets_one_badge(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    for name in ("ada", "boss"):
        learner(name)
    refused = race(lambda _: grant(template, "ada"))
    assert sorted(map(len, refused)) == [0] + [1] * (THREADS - 1)  # type: ignore[arg-type]
    assert holders(template) == ["ada"]


def test_a_badge_is_revoked_once_by_many(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing(f"learner{number}", "OneX") for number in range(THREADS)])
    credly.deliver()
    learner("boss")
    badges = credly.badges()
    assert sum(map(int, map(str, race(lambda _: revoke(*badges))))) == THREADS
    assert Issuance.objects.filter(action=Issuance.Action.REVOKE).count() == THREADS
    assert holders(template) == []


def test_a_revocation_while_badges_are_delivered_leaves_none_there(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing(f"learner{number}", "OneX") for number in range(THREADS * 3)])
    learner("boss")
    badges = credly.badges()

    def deliver_or_revoke(number: int) -> None:
        if number % 2:
            delivering.deliver_due()
        else:
            revoke(*badges[number // 2 :: THREADS // 2])

    race(deliver_or_revoke)
    credly.deliver()
    assert holders(template) == []
    assert credly.held() == []
    assert not Issuance.objects.filter(status__in=[*Issuance.OPEN, Issuance.Status.DEAD]).exists()


@pytest.mark.parametrize("award", ["every_time", "again_after_revoke"])
def test_many_clicks_at_once_award_a_list_once(credly: World, award: str) -> None:
    template = credly.templates[0]
    BadgeTemplate.objects.update(award=award)
    clients = [Client() for _ in range(THREADS)]
    root = Learner.objects.create_superuser("root")
    for client in clients:
        client.force_login(root)
    rows = "".join(f"\nnew{n},new{n}@example.com" for n in range(5))
    answer = preview(clients[0], template, file=csv("username,email" + rows))

    def click(number: int) -> int:
        return clients[number].post(award_page(template), {"confirmed": confirmed(answer)}).status_code

    assert sorted(map(int, map(str, race(click)))) == [200] * (THREADS - 1) + [302]
    assert sorted(Badge.objects.values_list("learner__username", flat=True)) == [f"new{n}" for n in range(5)]
    assert Issuance.objects.count() == 5
    assert AuditEntry.objects.count() == 1
