"""Both sides compared: what is missing, unknown, different or held twice is told, and changed only when asked for."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import delivering, reconciling, tasks
from credentials_badges.badges.models import Badge, Issuance, ProviderAccount
from tests.badges.world import World, passing, requirement, send


@pytest.fixture
def issued(credly: World) -> World:
    """Four learners hold a badge, since yesterday."""
    credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing(name, "OneX") for name in ("ada", "ben", "cleo", "dan")])
    delivering.deliver_due()
    Issuance.objects.update(delivered_at=timezone.now() - timedelta(days=1))
    return credly


def reconcile(world: World, *arguments: str) -> str:
    out = StringIO()
    call_command("reconcile", world.organization, *arguments, stdout=out)
    return out.getvalue()


def badge_of(username: str) -> Badge:
    return Badge.objects.get(learner__username=username)


def there(world: World, username: str) -> str:
    return badge_of(username).external_id or ""


def test_agreement_is_told_and_nothing_changed(issued: World) -> None:
    told = reconcile(issued, "--repair")
    assert "Held there: 4. In agreement: 4." in told
    assert "Promised: 0 to be issued again, 0 to be revoked again." in told
    assert Issuance.objects.count() == 4


def test_a_plan_comes_before_any_change(issued: World) -> None:
    issued.sandbox.delete_badge(issued.organization, there(issued, "ada"))
    issued.sandbox.accept(issued.organization, there(issued, "ben"))
    before = list(Badge.objects.order_by("pk").values())
    told = reconcile(issued)
    assert f"Missing there: 1\n  {there(issued, 'ada')}" in told
    assert f"Different: 1\n  {there(issued, 'ben')}" in told
    assert "accepted there, pending here" in told
    assert list(Badge.objects.order_by("pk").values()) == before


def test_applying_writes_down_what_the_provider_says_and_leaves_our_decision(issued: World) -> None:
    issued.sandbox.delete_badge(issued.organization, there(issued, "ada"))
    issued.sandbox.accept(issued.organization, there(issued, "ben"))
    assert "Written down: 2." in reconcile(issued, "--apply")
    ada, ben = badge_of("ada"), badge_of("ben")
    assert (ada.status, ada.external_state, ada.external_state_raw) == ("awarded", "revoked", "gone")
    assert (ben.status, ben.external_state) == ("awarded", "accepted")
    assert list(reconciling.disagreeing()) == [ada]
    assert Issuance.objects.count() == 4


def test_repairing_issues_again_what_is_missing_and_revokes_again_what_is_left(issued: World) -> None:
    gone = there(issued, "ada")
    issued.sandbox.delete_badge(issued.organization, gone)
    Badge.objects.filter(learner__username="ben").update(status="revoked")
    told = reconcile(issued, "--repair")
    assert "Promised: 1 to be issued again, 1 to be revoked again." in told
    issued.deliver()
    ada, ben = badge_of("ada"), badge_of("ben")
    live = {row["id"] for row in issued.held()}
    assert ada.external_id in live
    assert ada.external_id != gone
    assert ben.external_id not in live
    assert ben.external_state == "revoked"
    assert not reconciling.disagreeing().exists()


def test_a_badge_that_was_just_delivered_is_not_called_missing(issued: World) -> None:
    Issuance.objects.update(delivered_at=timezone.now())
    issued.sandbox.delete_badge(issued.organization, there(issued, "ada"))
    assert "Missing there: 0" in reconcile(issued)


def test_what_is_unknown_here_or_held_twice_is_told_without_names(issued: World) -> None:
    rows = issued.sandbox.organizations[issued.organization].badges
    copied = dict(rows[there(issued, "ada")])
    rows["twin"] = {**copied, "id": "twin"}
    rows["other"] = {**copied, "id": "other", "issuer_earner_id": None, "recipient_email": "stranger@example.com"}
    told = reconcile(issued)
    template = issued.templates[0].external_id
    assert f"Unknown here: 1\n  other of template {template}" in told
    assert f"Held twice: 1\n  twin of template {template}" in told
    assert "stranger" not in told


def test_too_much_that_is_missing_needs_to_be_forced(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing(f"learner{number}", "OneX") for number in range(10)])
    delivering.deliver_due()
    Issuance.objects.update(delivered_at=timezone.now() - timedelta(days=1))
    for badge in credly.badges()[:4]:
        credly.sandbox.delete_badge(credly.organization, badge.external_id or "")
    with pytest.raises(CommandError, match="no longer shows 4 of the 10 badges"):
        reconcile(credly, "--apply")
    assert not Badge.objects.filter(external_state="revoked").exists()
    assert "Written down: 4." in reconcile(credly, "--apply", "--force")


def test_a_row_that_cannot_be_read_keeps_everything_from_being_called_missing(issued: World) -> None:
    rows = issued.sandbox.organizations[issued.organization].badges
    rows[there(issued, "ada")]["id"] = None
    told = reconcile(issued)
    assert "Missing there: 0" in told
    assert "Unreadable: 1\n  page 1, row" in told


@pytest.mark.parametrize(
    ("arguments", "words"), [(["nobody"], "no such account"), (["x", "--provider", "y"], "no such")]
)
def test_a_wrong_account_is_one_sentence(db: None, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("reconcile", *arguments)


def test_a_failing_provider_is_one_sentence(issued: World) -> None:
    issued.faults.planned.append("unavailable")
    with pytest.raises(CommandError, match="Credly answered 50"):
        reconcile(issued)


def test_a_comparison_takes_as_many_statements_for_many_badges(issued: World) -> None:
    def statements() -> int:
        for badge in issued.badges():
            issued.sandbox.accept(issued.organization, badge.external_id or "")
        Badge.objects.update(external_state="pending", external_as_of=None)
        with CaptureQueriesContext(connection) as caught:
            account = ProviderAccount.objects.get()
            reconciling.take_over(account, reconciling.compare(account))
        return sum("callcount" not in query["sql"] for query in caught.captured_queries)  # One for each page.

    few = statements()
    send(*[passing(f"learner{number}", "OneX") for number in range(60)])
    delivering.deliver_due()
    assert Badge.objects.count() == 64
    assert statements() == few
    assert not Badge.objects.exclude(external_state="accepted").exists()


class TestPolling:
    def test_what_happened_at_the_provider_is_taken_over(self, issued: World) -> None:
        for username, deed in (("ada", "accept"), ("ben", "reject"), ("cleo", "delete_badge")):
            getattr(issued.sandbox, deed)(issued.organization, there(issued, username))
        tasks.poll_changes()
        states: dict[str, Any] = dict(Badge.objects.values_list("learner__username", "external_state"))
        assert states == {"ada": "accepted", "ben": "rejected", "cleo": "revoked", "dan": "pending"}
        assert {badge.status for badge in issued.badges()} == {"awarded"}
        assert [badge.learner.username for badge in reconciling.disagreeing()] == ["cleo"]

    def test_only_the_news_since_the_last_time_are_asked_for(self, issued: World) -> None:
        tasks.poll_changes()
        issued.account.refresh_from_db()
        asked_at = issued.account.changes_as_of
        assert asked_at is not None
        assert timezone.now() - asked_at < timedelta(seconds=30)
        issued.sandbox.requests.clear()
        tasks.poll_changes()
        assert len(issued.sandbox.requests) == 1

    def test_one_account_that_fails_stops_no_other(self, issued: World) -> None:
        other = issued.second_account()
        issued.sandbox.accept(issued.organization, there(issued, "ada"))
        issued.sandbox.expired_keys.add("lakeside-key")
        tasks.poll_changes()
        assert badge_of("ada").external_state == "accepted"
        other.account.refresh_from_db()
        assert "401" in other.account.paused_reason

    def test_the_daily_comparison_changes_no_decision(self, issued: World) -> None:
        issued.sandbox.delete_badge(issued.organization, there(issued, "ada"))
        tasks.reconcile()
        assert (badge_of("ada").status, badge_of("ada").external_state) == ("awarded", "revoked")
        assert Issuance.objects.count() == 4
