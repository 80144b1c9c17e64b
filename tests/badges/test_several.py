"""Several live badges of one learner and template, and badges that end, from the event to the provider."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from credentials_badges.badges import configuring, delivering, granting, issuing, outbox, rules_file, syncing
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner, ProviderAccount
from credentials_badges.contract.data import IssueOrder, Receipt
from credentials_badges.contract.errors import AlreadyIssued
from providers.accredible.sandbox import AccredibleSandbox
from providers.badgekit.models import Badge as StoredBadge
from providers.badgekit.models import ClaimCode, System
from tests.badges.world import ACCREDIBLE_URL, START, World, make_due, passing, requirement, send
from tests.in_memory import in_memory

CALLS = 9
"""One for the first badge, and four for each further one: refused, two looks at the list, and with leave."""
DAY = 24 * 60


@pytest.fixture
def thrice(credly: World) -> World:
    """Ada has completed the course three times, and none of her badges is pushed yet."""
    credly.configure(award="every_time", requirements=[requirement("one", "OneX")])
    send(*[passing("ada", "OneX", minute=minute) for minute in range(3)])
    credly.sandbox.requests.clear()
    return credly


def persist(world: World, *, lag: float = 0.0, rounds: int = 16) -> None:
    """Try on and on, 15 seconds after each other, while Credly's list shows badges so many seconds late."""
    now = timezone.now().timestamp()
    world.sandbox.clock, world.sandbox.list_lag = lambda: now, lag
    for _ in range(rounds):
        delivering.deliver_due()
        if not Issuance.objects.filter(status__in=Issuance.OPEN).exists():
            return
        now += 15
        Issuance.objects.update(doubted_at=F("doubted_at") - timedelta(seconds=15))
        make_due()


def agree(world: World, number: int = 3) -> bool:
    """Whether so many badges are live there, each of which is recorded here once, with its end."""
    there = {(row["id"], row["expires_at"]) for row in world.held()}
    here = {(badge.external_id, ending(badge)) for badge in world.badges() if badge.status == "awarded"}
    return len(world.held()) == number and there == here


def ending(badge: Badge) -> str | None:
    """As Credly writes it."""
    ends = badge.expires_at
    return ends.isoformat(timespec="seconds").replace("+00:00", ".000Z") if ends else None


def operator() -> Learner:
    return Learner.objects.create(username="olga", email="olga@example.com", full_name="Olga")


def configure(account: ProviderAccount, **rules: Any) -> BadgeTemplate:
    """Pull the account's only template, and let passing a course earn it every time."""
    syncing.pull(account)
    template = BadgeTemplate.objects.get(account=account)
    spec = {"provider": account.provider, "external_id": template.external_id, "active": True, "award": "every_time"}
    given = {**spec, "requirements": [requirement("one", "OneX")], **rules}
    configuring.apply(rules_file.read(json.dumps({"templates": [given]})))
    return template


class TestEveryTime:
    def test_three_completions_are_three_badges_on_both_sides(self, thrice: World) -> None:
        thrice.deliver()
        assert agree(thrice)
        assert [badge.ordinal for badge in thrice.badges()] == [1, 2, 3]
        assert set(Issuance.objects.values_list("status", "attempts")) == {("delivered", 1)}
        assert len(thrice.sandbox.requests) == CALLS

    @pytest.mark.parametrize("lag", [0, 55])
    @pytest.mark.parametrize("fault", ["lost", "unavailable"])
    @pytest.mark.parametrize("place", range(CALLS))
    def test_wherever_an_answer_is_lost_there_are_three(
        self, thrice: World, place: int, fault: str, lag: float
    ) -> None:
        thrice.faults.planned.extend(["fine"] * place + [fault])
        persist(thrice, lag=lag)
        assert not thrice.faults.planned
        assert agree(thrice)

    @pytest.mark.parametrize("place", range(7))
    def test_where_the_template_allows_duplicates_there_are_three_as_well(self, credly: World, place: int) -> None:
        row = next(iter(credly.sandbox.organizations[credly.organization].templates.values()))
        row["allow_duplicate_badges"] = True
        syncing.pull(credly.account)
        number = next(n for n, template in enumerate(credly.templates) if template.external_id == row["id"])
        credly.configure(number, award="every_time", requirements=[requirement("one", "OneX")])
        send(*[passing("ada", "OneX", minute=minute) for minute in range(3)])
        credly.faults.planned.extend(["fine", "lost"] * place)
        persist(credly, lag=55, rounds=40)
        assert agree(credly)

    def test_a_list_that_is_very_late_keeps_no_badge_back(self, thrice: World) -> None:
        persist(thrice, lag=3600, rounds=1)
        assert agree(thrice)

    @pytest.mark.parametrize("faults", [[], ["lost"], ["fine", "lost", "unavailable"], ["unavailable", "fine", "lost"]])
    def test_many_learners_have_three_each(self, credly: World, faults: list[str]) -> None:
        credly.configure(award="every_time", requirements=[requirement("one", "OneX")], expires_days=7300)
        send(*[passing(f"learner{number}", "OneX", minute=minute) for minute in range(3) for number in range(6)])
        credly.sandbox.requests.clear()
        credly.faults.planned.extend(faults)
        persist(credly)
        assert agree(credly, 18)
        held = {(row["issuer_earner_id"], row["id"]) for row in credly.held()}
        assert held == {
            (str(badge.learner.uuid), badge.external_id) for badge in Badge.objects.select_related("learner")
        }
        batches = [body for _, path, body in credly.sandbox.requests if path.endswith("/batch")]
        # A call that is answered 503 does not get through.
        assert [len(body["badges"]) for body in batches] == ([] if faults[:1] == ["unavailable"] else [6])

    def test_many_of_which_none_can_be_sent_together_say_nothing_about_the_account(self, credly: World) -> None:
        credly.configure(award="every_time", requirements=[requirement("one", "OneX")])
        for minute in range(2):
            send(*[passing(f"learner{number}", "OneX", minute=minute) for number in range(5)])
            if not minute:
                credly.deliver(1)
        ProviderAccount.objects.update(failures=3)
        credly.sandbox.requests.clear()
        assert issuing.deliver_many(list(outbox.due(timezone.now()).values_list("pk", flat=True))) == 5
        assert credly.sandbox.requests == []
        assert ProviderAccount.objects.get().failures == 3
        credly.deliver(1)
        assert agree(credly, 10)
        assert ProviderAccount.objects.get().failures == 0

    def test_a_provider_that_gives_nobody_several_is_suspected_of_it(
        self, thrice: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = type(thrice.account.adapter).issue

        def issue(self: object, account: object, order: IssueOrder) -> Receipt:
            if order.taken:
                raise AlreadyIssued("Credly has one")
            return real(self, account, order)  # type: ignore[arg-type]

        monkeypatch.setattr(type(thrice.account.adapter), "issue", issue)
        thrice.deliver(2 * issuing.UNSEEN_TRIES)
        assert list(Issuance.objects.order_by("pk").values_list("status", flat=True)) == ["delivered", "dead", "dead"]
        assert "perhaps it gives nobody several" in Issuance.objects.latest("pk").last_error

    def test_one_is_given_by_hand_beside_those_that_were_earned(self, thrice: World) -> None:
        thrice.deliver()
        (ada,) = Learner.objects.all()
        template = thrice.badges()[0].template
        assert granting.grant(template, [ada], by=operator(), reason="For the fair", now=timezone.now()) == {}
        thrice.deliver()
        assert agree(thrice, 4)


class TestRevokingOne:
    def revoke(self, badge: Badge) -> None:
        assert granting.revoke([badge.pk], by=operator(), reason="Not earned", now=timezone.now()) == 1

    @pytest.mark.parametrize("number", range(3))
    def test_only_that_one_is_revoked(self, thrice: World, number: int) -> None:
        thrice.deliver()
        badge = thrice.badges()[number]
        self.revoke(badge)
        thrice.deliver()
        assert [row["id"] for row in thrice.held("revoked")] == [badge.external_id]
        assert agree(thrice, 2)

    def test_one_whose_answer_was_lost_is_the_one_that_is_looked_for(self, thrice: World) -> None:
        thrice.faults.planned.extend(["fine"] * 4 + ["lost"])  # The call that makes the second badge.
        delivering.deliver_due()
        first, second, third = thrice.badges()
        assert (bool(first.external_id), second.external_id, third.external_id) == (True, None, None)
        self.revoke(second)
        persist(thrice)
        first, second, third = thrice.badges()
        assert [row["id"] for row in thrice.held("revoked")] == [second.external_id]
        assert len({first.external_id, second.external_id, third.external_id}) == 3
        assert agree(thrice, 2)

    def test_one_that_never_arrived_takes_no_other_along(self, thrice: World) -> None:
        thrice.faults.planned.extend(["fine"] * 4 + ["unavailable"])
        delivering.deliver_due()
        self.revoke(thrice.badges()[1])
        persist(thrice)
        assert thrice.held("revoked") == []
        assert agree(thrice, 2)


class TestEnding:
    def test_the_end_arrives_and_the_badge_that_renews_it_has_its_own(self, credly: World) -> None:
        credly.configure(
            award="again_after_expiry", expires_days=30, renew_days=10, requirements=[requirement("one", "OneX")]
        )
        with time_machine.travel(START + timedelta(hours=1)):
            send(passing("ada", "OneX"))
            credly.deliver(2)
        with time_machine.travel(START + timedelta(days=25)):
            send(passing("ada", "OneX", minute=25 * DAY))
            credly.deliver(2)
        assert agree(credly, 2)
        assert [row["expires_at"] for row in credly.held()] == ["2026-03-31T00:00:00.000Z", "2026-04-25T00:00:00.000Z"]

    def test_a_badge_is_renewed_after_its_end(self, credly: World) -> None:
        credly.configure(award="again_after_expiry", expires_days=30, requirements=[requirement("one", "OneX")])
        for day in (0, 40):
            with time_machine.travel(START + timedelta(days=day, hours=1)):
                send(passing("ada", "OneX", minute=day * DAY))
                credly.deliver(2)
        assert agree(credly, 2)

    def test_a_template_without_a_number_of_days_leaves_the_end_to_credly(self, earned: World) -> None:
        earned.deliver(1)
        (sent,) = [body for method, _, body in earned.sandbox.requests if method == "POST"]
        assert "expires_at" not in sent


class TestAccredible:
    @pytest.fixture
    def sandbox(self, db: None) -> Iterator[AccredibleSandbox]:
        """Ada has completed the course three times."""
        sandbox = AccredibleSandbox()
        issuer = sandbox.add_issuer("Lakeside", "lake-key", ["Tides"])
        account = {"provider": "accredible", "external_id": str(issuer), "api_key": "lake-key", "name": "Lakeside"}
        with in_memory(sandbox, ACCREDIBLE_URL), time_machine.travel(START + timedelta(hours=1)):
            configure(ProviderAccount.objects.create(**account), expires_days=30)
            send(*[passing("ada", "OneX", minute=minute) for minute in range(3)])
            yield sandbox

    def deliver(self) -> None:
        for _ in range(6):
            delivering.deliver_due()
            Issuance.objects.update(doubted_at=F("doubted_at") - timedelta(minutes=2))
            make_due()

    def allow(self, sandbox: AccredibleSandbox) -> None:
        for issuer in sandbox.issuers.values():
            issuer.allow_duplicate_credentials.update(issuer.groups)

    def agree(self, sandbox: AccredibleSandbox) -> bool:
        rows = [row for issuer in sandbox.issuers for row in sandbox.credentials(issuer)]
        here = set(Badge.objects.values_list("external_id", flat=True))
        return len(rows) == 3 and {str(row["id"]) for row in rows} == here

    @pytest.mark.parametrize("faults", [[], ["lost"], ["fine", "lost"], ["fine", "unavailable", "fine", "lost"]])
    def test_a_group_that_takes_several_has_three(self, sandbox: AccredibleSandbox, faults: list[str]) -> None:
        self.allow(sandbox)
        sandbox.search_lag = 0
        sandbox.faults.planned.extend(faults)
        self.deliver()
        assert self.agree(sandbox)
        (issuer,) = sandbox.issuers
        assert {row["expired_on"] for row in sandbox.credentials(issuer)} == {"2026-03-31"}

    def test_a_group_that_takes_one_is_named_and_once_it_takes_more_a_retry_is_enough(
        self, sandbox: AccredibleSandbox
    ) -> None:
        self.deliver()
        first, *others = Issuance.objects.order_by("pk")
        assert first.status == "delivered"
        assert {(promise.status, promise.failure) for promise in others} == {("dead", "rejected")}
        assert all("switch on duplicate credentials" in promise.last_error for promise in others)
        self.allow(sandbox)
        assert all(outbox.retry(promise) for promise in others)
        self.deliver()
        assert self.agree(sandbox)


def test_in_badgekit_each_badge_has_a_code_and_its_own_end(db: None) -> None:
    city = System.objects.create(slug="city", name="The City")
    StoredBadge.objects.create(slug="reader", name="Reader", type="skill", system=city)
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="City")
    configure(account, expires_days=30)
    with time_machine.travel(START + timedelta(hours=1)):
        send(*[passing("ada", "OneX", minute=minute) for minute in range(3)])
        delivering.deliver_due()
    codes = set(ClaimCode.objects.values_list("code", "expires"))
    assert len(codes) == 3
    assert codes == set(Badge.objects.values_list("external_id", "expires_at"))
    assert {ends for _, ends in codes} == {START + timedelta(days=30, minutes=minute) for minute in range(3)}
