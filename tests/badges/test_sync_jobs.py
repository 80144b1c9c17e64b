"""A pull that waits as a job: looked at while it goes on, done once, and never left behind."""

import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from credentials_badges.badges import conf, differing, doorbell, sync_jobs, syncing, tasks
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount, SyncRun
from credentials_badges.badges.models.sync import SYNC_STATES
from providers.credly.provider import CredlyProvider
from tests.badges.test_syncing import held, rows, without
from tests.badges.world import World, world

State, Failure = SyncRun.State, SyncRun.Failure


def carried_out(world: World, **asked: Any) -> SyncRun:
    """Ask for a job and carry it out."""
    run = sync_jobs.ask(world.account, timezone.now(), **asked)
    assert sync_jobs.carry_on(run.pk)
    run.refresh_from_db()
    return run


def counts(run: SyncRun) -> tuple[int, ...]:
    return run.created, run.changed, run.archived, run.unchanged, run.unreadable


def change_all_sorts(credly: World) -> None:
    """One is new at Credly, one renamed, one gone."""
    gone, renamed, _ = rows(credly)
    rows(credly)["fresh"] = {**rows(credly)[renamed], "id": "fresh", "name": "Fresh"}
    rows(credly)[renamed].update(name="Renamed", description="A long text. " * 100)
    del rows(credly)[gone]


def test_a_look_says_what_would_change_and_changes_nothing(credly: World) -> None:
    change_all_sorts(credly)
    before = held()
    run = carried_out(credly)
    assert (run.state, counts(run), run.seen) == (State.READY, (1, 1, 1, 1, 0), 3)
    assert held() == before
    assert [(each["name"], each["state"]) for each in run.diff["created"]] == [("Fresh", "active")]
    assert run.diff["created"][0]["image"].startswith("https://")
    (changed,) = run.diff["changed"]
    lines = {name: (was, now) for name, was, now in changed["lines"]}
    assert lines["name"] == (credly.templates[1].name, "Renamed")
    assert lines["description"][1] == ("A long text. " * 100)[: differing.LONGEST] + "…"
    assert "raw" not in lines
    assert [each["pk"] for each in run.diff["archived"]] == [credly.templates[0].pk]


def test_what_was_shown_is_applied_as_it_is_by_then(credly: World) -> None:
    change_all_sorts(credly)
    carried_out(credly)
    rows(credly)["fresh"]["name"] = "Fresher"
    run = carried_out(credly, applies=True)
    assert (run.state, counts(run)) == (State.APPLIED, (1, 1, 1, 1, 0))
    assert run.diff["created"][0]["name"] == "Fresher"
    assert BadgeTemplate.objects.get(external_id="fresh").name == "Fresher"
    assert counts(carried_out(credly)) == (0, 0, 0, 3, 0)


def test_a_pull_at_once_leaves_the_same_in_the_history(credly: World) -> None:
    change_all_sorts(credly)
    syncing.pull(credly.account)
    run = SyncRun.objects.latest("pk")
    assert (run.state, run.asked_by, counts(run)) == (State.APPLIED, None, (1, 1, 1, 1, 0))
    assert run.diff["archived"][0]["external_id"] == credly.templates[0].external_id


def test_only_the_first_of_many_are_named_and_all_are_counted(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "NAMED", 2)
    for row in rows(credly).values():
        row["name"] += "!"
    run = carried_out(credly)
    assert (run.changed, len(run.diff["changed"])) == (3, 2)


def test_what_could_not_be_read_is_named(credly: World) -> None:
    next(iter(rows(credly).values()))["name"] = None
    run = carried_out(credly)
    assert (run.unreadable, run.archived) == (1, 0)
    assert run.diff["unreadable"][0]["where"] == "page 1, row 1"


@pytest.mark.django_db
def test_too_much_gone_is_shown_and_has_to_be_insisted_on() -> None:
    with world(12) as credly:
        without(credly, 6)
        shown = carried_out(credly)
        assert (shown.state, shown.archived) == (State.READY, 6)
        refused = carried_out(credly, applies=True)
        assert (refused.state, refused.failure, counts(refused)) == (State.FAILED, Failure.GUARD, (0, 0, 0, 0, 0))
        assert not BadgeTemplate.objects.filter(state="archived").exists()
        assert counts(carried_out(credly, applies=True, forces=True)) == (0, 0, 6, 6, 0)


@pytest.mark.parametrize(("fault", "failure"), [("unavailable", Failure.PROVIDER), ("html", Failure.PROVIDER)])
def test_a_provider_in_trouble_fails_the_job_and_counts_against_the_account(
    credly: World, fault: str, failure: str
) -> None:
    credly.faults.planned.append(fault)
    run = carried_out(credly, applies=True)
    assert (run.state, run.failure) == (State.FAILED, failure)
    credly.account.refresh_from_db()
    assert credly.account.failures == 1


def test_a_refused_key_pauses_the_account_and_a_success_lifts_that(credly: World) -> None:
    ProviderAccount.objects.update(api_key="stale")
    run = carried_out(credly)
    assert (run.failure, "401" in run.error) == (Failure.MISCONFIGURED, True)
    credly.account.refresh_from_db()
    assert credly.account.paused_reason
    ProviderAccount.objects.update(api_key="harbour-key")
    assert carried_out(credly).state == State.READY
    credly.account.refresh_from_db()
    assert credly.account.paused_reason == ""


@pytest.mark.parametrize("where", ["adapter", "ours"])
def test_a_crash_fails_the_job_and_says_where_to_look(
    credly: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def crash(*_: object, **__: object) -> Iterator[Any]:
        raise ZeroDivisionError("a secret of nobody's")

    if where == "adapter":
        monkeypatch.setattr(CredlyProvider, "list_templates", crash)
    else:
        monkeypatch.setattr(syncing, "_plan", crash)
    run = carried_out(credly)
    assert (run.state, run.failure) == (State.FAILED, Failure.CRASHED)
    assert "ZeroDivisionError" in run.error
    assert "secret" not in run.error


def test_one_that_is_under_way_is_not_asked_for_twice(credly: World) -> None:
    first = sync_jobs.ask(credly.account, timezone.now())
    assert sync_jobs.ask(credly.account, timezone.now()) == first
    assert sync_jobs.ask(credly.account, timezone.now(), applies=True) != first
    assert sync_jobs.carry_on(first.pk)
    assert sync_jobs.ask(credly.account, timezone.now()) != first


def test_one_that_archives_however_much_is_not_answered_by_one_that_does_not(credly: World) -> None:
    guarded = sync_jobs.ask(credly.account, timezone.now(), applies=True)
    forced = sync_jobs.ask(credly.account, timezone.now(), applies=True, forces=True)
    assert (guarded.forces, forced.forces) == (False, True)
    assert sync_jobs.ask(credly.account, timezone.now(), applies=True, forces=True) == forced
    assert sync_jobs.ask(credly.account, timezone.now(), applies=True) == guarded


def test_a_claim_from_the_future_holds_nobody_up(credly: World) -> None:
    now = timezone.now()
    run = sync_jobs.ask(credly.account, now)
    SyncRun.objects.update(claimed_at=now + timedelta(days=1), claim=uuid4())
    assert list(sync_jobs.waiting(now)) == [run]
    assert sync_jobs.carry_on(run.pk)


def test_it_says_how_far_it_has_come(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_jobs, "TELL_SECONDS", 0)
    run = sync_jobs.ask(credly.account, timezone.now())
    told: list[tuple[str, int]] = []

    def look() -> None:
        seen = SyncRun.objects.get(pk=run.pk)
        told.append((seen.state, seen.seen))

    sync_jobs.carry_on(run.pk, on_row=look)
    assert told == [(State.LISTING, 0), (State.LISTING, 1), (State.LISTING, 2)]


def test_a_worker_that_died_is_taken_over_and_one_that_lives_is_not(credly: World) -> None:
    now = timezone.now()
    run = sync_jobs.ask(credly.account, now)
    SyncRun.objects.filter(pk=run.pk).update(claimed_at=now, claim=uuid4(), seen=2)
    assert not sync_jobs.carry_on(run.pk)
    SyncRun.objects.filter(pk=run.pk).update(claimed_at=now - timedelta(seconds=conf.lease_seconds() + 1))
    assert sync_jobs.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.seen) == (State.READY, 3)


def test_whoever_was_taken_over_writes_nothing(credly: World) -> None:
    change_all_sorts(credly)
    before = held()
    run = sync_jobs.ask(credly.account, timezone.now(), applies=True)

    def take_over() -> None:
        SyncRun.objects.filter(pk=run.pk).update(claim=uuid4())

    assert sync_jobs.carry_on(run.pk, on_row=take_over)
    run.refresh_from_db()
    assert (run.state, run.error, held()) == (State.LISTING, "", before)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_does_it() -> None:
    with world(3) as credly:
        run = sync_jobs.ask(credly.account, timezone.now(), applies=True)
        ready, done = threading.Barrier(2), []

        def work() -> None:
            ready.wait(10)
            done.append(sync_jobs.carry_on(run.pk))
            connections.close_all()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(done) == [False, True]
        assert SyncRun.objects.get(pk=run.pk).state == State.APPLIED


def test_no_transaction_is_open_while_the_provider_is_asked(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_: list[bool] = []
    with world(3) as credly:
        asked = CredlyProvider.list_templates

        def spy(*args: Any) -> Iterator[Any]:
            for row in asked(*args):
                open_.append(connection.in_atomic_block)
                yield row

        monkeypatch.setattr(CredlyProvider, "list_templates", spy)
        carried_out(credly, applies=True)
    assert open_ == [False] * 3


def test_the_bell_is_rung_and_the_sweep_rings_again(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    sync_jobs.ask(credly.account, timezone.now())
    assert rung == [doorbell.SYNCS]
    tasks.sweep()
    assert rung.count(doorbell.SYNCS) == 2
    tasks.sync()
    assert SyncRun.objects.latest("pk").state == State.READY
    tasks.sweep()
    assert rung.count(doorbell.SYNCS) == 2


def test_drain_does_it_too(credly: World) -> None:
    run = sync_jobs.ask(credly.account, timezone.now())
    call_command("drain", stdout=io.StringIO())
    run.refresh_from_db()
    assert run.state == State.READY


def test_old_runs_are_forgotten_also_unfinished_ones(credly: World) -> None:
    sync_jobs.ask(credly.account, timezone.now())
    SyncRun.objects.update(started_at=timezone.now() - timedelta(days=conf.KEEP_DAYS + 1))
    tasks.purge()
    assert not SyncRun.objects.exists()


def test_each_state_is_found_by_what_it_is_told_by(credly: World) -> None:
    now = timezone.now()
    SyncRun.objects.all().delete()
    for columns in (
        {},
        {"claimed_at": now},
        {"finished_at": now, "applies": False},
        {"finished_at": now},
        {"finished_at": now, "failure": Failure.PROVIDER, "applies": False},
    ):
        SyncRun.objects.create(account=credly.account, started_at=now, **columns)
    found = {state: [run.state for run in SyncRun.objects.filter(which)] for state, which in SYNC_STATES.items()}
    assert found == {state: [state] for state in State}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, "new", ("", "new")),
        (["a", "b"], [], ("a; b", "")),
        ({"a": 1}, 3, ('{"a": 1}', "3")),
        ("x" * 500 + "old", "x" * 500 + "new", ("…" + "x" * 30 + "old", "…" + "x" * 30 + "new")),
    ],
)
def test_long_texts_are_told_from_where_they_differ(before: Any, after: Any, told: tuple[str, str]) -> None:
    assert differing.excerpts(before, after) == told
