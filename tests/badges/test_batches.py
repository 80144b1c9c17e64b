"""First tries go out many in a call, badges that wait are released, and names are corrected."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from credentials_badges.badges import conf, delivering, outbox
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner, ProviderAccount
from credentials_badges.contract.errors import OutcomeUnknown, Rejected
from providers.accredible.sandbox import AccredibleSandbox
from tests.badges.world import ACCREDIBLE_URL, World, make_due, passing, penalty, requirement, send
from tests.in_memory import in_memory

MANY = 40


@pytest.fixture
def many(credly: World) -> World:
    """Forty learners have earned a badge that is not pushed yet."""
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(*[passing(f"learner{number}", "OneX") for number in range(MANY)])
    credly.sandbox.requests.clear()
    return credly


def posts(world: World) -> Counter[str]:
    return Counter(path.rsplit("/", 1)[-1] for method, path, _ in world.sandbox.requests if method == "POST")


def one_each(world: World) -> bool:
    """Whether each learner holds one badge there, which is the one recorded here."""
    held = {row["issuer_earner_id"]: row["id"] for row in world.held()}
    recorded = {str(badge.learner.uuid): badge.external_id for badge in world.badges()}
    return len(world.held()) == len(held) == MANY and held == recorded


def test_first_tries_go_out_many_in_a_call(many: World) -> None:
    delivering.deliver_due()
    assert posts(many) == {"batch": 2}
    assert one_each(many)
    assert {promise.attempts for promise in Issuance.objects.all()} == {1}


@pytest.mark.parametrize("fault", ["lost", "unavailable", "html", "throttled"])
def test_a_failing_batch_loses_and_doubles_nothing(many: World, fault: str) -> None:
    many.faults.planned.extend([fault, fault])
    many.deliver(4)
    assert one_each(many)


def test_after_a_lost_answer_each_is_looked_for_by_itself(many: World) -> None:
    many.faults.planned.append("lost")
    delivering.deliver_due()
    assert Issuance.objects.filter(unsure=True, status="pending").count() == 30
    make_due()
    delivering.deliver_due()
    assert posts(many) == {"batch": 2}
    assert one_each(many)


def test_one_wrong_badge_does_not_spoil_the_others(many: World) -> None:
    learner = Learner.objects.order_by("pk")[7]
    other = many.second_account()
    other.configure(requirements=[requirement("two", "TwoX")])
    held = {**many.sandbox.organizations[many.organization].templates}
    many.sandbox.organizations[many.organization].badges["by-hand"] = {
        "id": "by-hand",
        "state": "accepted",
        "badge_template": {"id": many.templates[0].external_id},
        "recipient_email": learner.email,
        "issuer_earner_id": None,
        "created_at": "2026-01-01T00:00:00.000Z",
        "replacement_badge_id": None,
    }
    Learner.objects.filter(pk=Learner.objects.order_by("pk")[11].pk).update(email="")
    assert held
    many.deliver(3)
    assert Badge.objects.get(learner=learner).external_id == "by-hand"
    assert Counter(Issuance.objects.values_list("status", flat=True)) == {"delivered": MANY - 1, "dead": 1}
    assert len(many.held()) == MANY - 2


def test_a_badge_that_was_lost_meanwhile_is_not_sent(many: World) -> None:
    ids = list(outbox.due(timezone.now()).order_by("pk").values_list("pk", flat=True)[:5])
    Badge.objects.filter(issuances__in=ids[:1]).update(status="revoked")
    from credentials_badges.badges import issuing

    assert issuing.deliver_many(ids) == 5
    assert len(many.held()) == 4
    make_due()
    issuing.deliver(ids[0])
    assert Issuance.objects.get(pk=ids[0]).status == "cancelled"


@pytest.mark.parametrize(
    "answer",
    [Rejected("no"), RuntimeError("a slip"), [], [OutcomeUnknown("odd")] * 30],
    ids=["refused", "crashed", "too few", "unknown"],
)
def test_an_adapter_that_answers_oddly_loses_nothing(many: World, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    def issue_many(*_: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(type(many.account.adapter), "issue_many", issue_many)
        delivering.deliver_due()
    many.deliver(4)
    assert one_each(many)


class TestWaiting:
    """At Accredible, an account without credits stores badges and does not publish them."""

    @pytest.fixture
    def accredible(self, db: None) -> Iterator[AccredibleSandbox]:
        sandbox = AccredibleSandbox()
        issuer = sandbox.add_issuer("Lakeside", "lake-key", ["Tides"])
        with in_memory(sandbox, ACCREDIBLE_URL):
            account = ProviderAccount.objects.create(
                provider="accredible", external_id=str(issuer), api_key="lake-key", name="Lakeside"
            )
            from credentials_badges.badges import configuring, rules_file, syncing

            syncing.pull(account)
            template = BadgeTemplate.objects.get()
            rules = {
                "provider": "accredible",
                "external_id": template.external_id,
                "active": True,
                "requirements": [requirement("one", "OneX")],
                "penalties": [penalty("OneX", "one")],
            }
            import json

            configuring.apply(rules_file.read(json.dumps({"templates": [rules]})))
            sandbox.credits = 0
            yield sandbox

    def rounds(self, number: int = 3) -> None:
        for _ in range(number):
            delivering.deliver_due()
            make_due()

    @pytest.mark.parametrize("learners", [1, 5])
    def test_a_badge_without_credits_waits_visibly_and_resolves_itself(
        self, accredible: AccredibleSandbox, learners: int
    ) -> None:
        send(*[passing(f"learner{number}", "OneX") for number in range(learners)])
        self.rounds(2)
        assert {promise.status for promise in Issuance.objects.all()} == {"pending"}
        assert all("not published" in promise.last_error for promise in Issuance.objects.all())
        assert {badge.external_state for badge in Badge.objects.all()} == {"pending"}
        accredible.credits = None
        self.rounds()
        assert {promise.status for promise in Issuance.objects.all()} == {"delivered"}
        (issuer,) = accredible.issuers
        rows = accredible.credentials(issuer)
        assert len(rows) == learners
        assert all(row["approve"] for row in rows)

    def test_waiting_exhausts_nobody(self, accredible: AccredibleSandbox) -> None:
        send(passing("ada", "OneX"))
        Issuance.objects.update(attempts=conf.MAX_ATTEMPTS - 1)
        self.rounds(4)
        assert Issuance.objects.get().status == "pending"

    def test_a_waiting_badge_that_is_lost_is_taken_back_there(self, accredible: AccredibleSandbox) -> None:
        send(passing("ada", "OneX"))
        self.rounds(1)
        send(passing("ada", "OneX", is_passing=False, minute=1))
        self.rounds()
        assert [promise.status for promise in Issuance.objects.order_by("pk")] == ["delivered", "delivered"]
        (issuer,) = accredible.issuers
        assert [row["expired_on"] is not None for row in accredible.credentials(issuer)] == [True]


class TestCorrecting:
    """A learner's name has changed after the badge was issued."""

    def test_the_badge_gets_the_new_name_and_its_new_id_is_recorded(self, earned: World) -> None:
        delivering.deliver_due()
        (badge,) = earned.badges()
        Learner.objects.update(full_name="Ada Lovelace")
        outbox.promise_updates([badge], timezone.now())
        earned.deliver(2)
        (live,) = [row for row in earned.held() if not row["replacement_badge_id"]]
        assert (live["issued_to_first_name"], live["issued_to_last_name"]) == ("Ada", "Lovelace")
        badge.refresh_from_db()
        assert (badge.external_id, badge.external_state) == (live["id"], "pending")

    @pytest.mark.parametrize("fault", ["lost", "unavailable"])
    def test_a_lost_answer_corrects_once(self, earned: World, fault: str) -> None:
        delivering.deliver_due()
        (badge,) = earned.badges()
        Learner.objects.update(full_name="Ada Lovelace")
        outbox.promise_updates([badge], timezone.now())
        earned.faults.planned.extend(["fine", "fine", "fine", fault])
        earned.deliver(4)
        assert {promise.status for promise in Issuance.objects.all()} == {"delivered"}
        rows = earned.sandbox.badges(earned.organization)
        assert len(rows) == 2
        badge.refresh_from_db()
        assert badge.external_id == next(row["id"] for row in rows if not row["replacement_badge_id"])

    def test_a_badge_that_was_taken_back_is_not_corrected(self, earned: World) -> None:
        delivering.deliver_due()
        (badge,) = earned.badges()
        outbox.promise_updates([badge], timezone.now())
        send(passing("ada", "OneX", is_passing=False, minute=1))
        earned.deliver(3)
        assert list(Issuance.objects.order_by("pk").values_list("action", "status")) == [
            ("issue", "delivered"),
            ("update", "cancelled"),
            ("revoke", "delivered"),
        ]
