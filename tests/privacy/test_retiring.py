"""Nothing is left of whoever is retired, and all is left of others."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.authtoken.models import Token

from credentials_badges.badges import auditing, events, granting, recomputing, retiring
from credentials_badges.badges.models import AuditEntry, Badge, Issuance, Learner, LearningEvent, Mail
from providers.badgekit.models import Claim, ClaimCode
from tests.badges.world import World, requirement, send
from tests.privacy.people import OTHERS, QUILL, Traces, configure, files, leave_traces, texts, where_named

Commits = Callable[..., AbstractContextManager[Any]]


def retire(username: str, **options: Any) -> retiring.Retired:
    learner = Learner.objects.get(username=username)
    return retiring.retire(learner, timezone.now(), via=auditing.Via.COMMAND, by="operator", **options)


def test_nothing_is_left(credly: World, django_capture_on_commit_callbacks: Commits) -> None:
    configure(credly)
    leave_traces(QUILL, credly)
    assert len(where_named(QUILL)) > 25
    assert files() == 2
    held = len(credly.sandbox.badges(credly.organization))
    with django_capture_on_commit_callbacks(execute=True):
        done = retire(QUILL.username)
    credly.deliver()
    assert [each for each in texts() if "xarafax" in each[1].lower()] == []
    assert where_named(QUILL) == set()
    assert files() == 0
    assert (done.badges, held, credly.sandbox.badges(credly.organization)) == (2, 2, [])


def test_all_is_left_of_others(credly: World, django_capture_on_commit_callbacks: Commits) -> None:
    configure(credly)
    for person in (QUILL, *OTHERS):
        leave_traces(person, credly)

    def of_others() -> Counter[tuple[str, str]]:
        return Counter(
            each
            for each in texts()
            for other in OTHERS
            if other.username in each[1] or other.name in each[1] or other.email.lower() in each[1].lower()
        )

    before, stored = of_others(), files()
    with django_capture_on_commit_callbacks(execute=True):
        retire(QUILL.username)
    assert of_others() == before
    assert files() == stored - 2
    for person in OTHERS:
        assert person.learner.email == person.email
        assert person.learner.is_active
        assert Token.objects.filter(user=person.learner).exists()
        assert {badge.status for badge in person.learner.badges.all()} == {"awarded", "revoked"}
    assert not where_named(QUILL) - where_named(OTHERS[0]) - where_named(OTHERS[1])


def test_badges_stay_as_numbers(credly: World) -> None:
    configure(credly)
    leave_traces(QUILL, credly)
    columns = ("uuid", "template", "status", "awarded_at", "earned_at", "revoked_at", "ordinal", "expires_at")
    before = list(Badge.objects.order_by("pk").values_list(*columns))
    counted = Claim.objects.filter(state=Claim.State.AWARDED).count()
    retire(QUILL.username)
    credly.deliver()
    assert list(Badge.objects.order_by("pk").values_list(*columns)) == before
    assert Claim.objects.filter(state=Claim.State.AWARDED).count() == counted
    assert not Claim.objects.filter(state__in=Claim.OPEN).exists()
    assert not ClaimCode.objects.filter(ClaimCode.free()).exclude(multiuse=True).exclude(bound_to="").exists()


@pytest.mark.parametrize("path", ["", "visit/"])
def test_the_public_page_says_kindly_that_it_is_gone(credly: World, client: Client, path: str) -> None:
    configure(credly)
    send(QUILL.event("OneX"))
    credly.deliver(2)
    Badge.objects.update(external_state="accepted")
    address = f"/badges/{Badge.objects.get().uuid}/{path}"
    assert client.get(address).status_code in {200, 302}
    retire(QUILL.username)
    gone = client.get(address)
    assert gone.status_code == 410
    assert "as they have asked" in gone.content.decode()


def test_a_repetition_is_known_and_a_new_event_is_of_somebody_new(credly: World) -> None:
    configure(credly)
    old = QUILL.event("OneX")
    send(old)
    retire(QUILL.username)
    assert events.accept([events.read(old)]).duplicate == 1
    assert where_named(QUILL) == set()
    send(QUILL.event("OneX"))
    assert QUILL.learner.badges.count() == 1
    assert Learner.objects.exclude(retired_at=None).get().badges.count() == 1


def test_events_that_wait_are_not_processed(credly: World) -> None:
    configure(credly)
    events.accept([events.read(QUILL.event("OneX"))])
    retire(QUILL.username)
    assert events.process_waiting() == 0
    assert not Badge.objects.exists()
    event = LearningEvent.objects.get()
    assert (event.payload, event.purged_at, event.learner.retired_at) == ({}, event.processed_at, event.purged_at)  # type: ignore[union-attr]


def test_judging_again_takes_nothing_from_the_retired(credly: World) -> None:
    template = configure(credly)
    send(QUILL.event("OneX"), OTHERS[0].event("OneX"))
    retire(QUILL.username)
    job = recomputing.ask([template], timezone.now(), applies=True, revokes=True)
    recomputing.carry_on(job.pk)
    job.refresh_from_db()
    assert (job.total, job.report[str(template.pk)]["lose"]) == (1, 0)
    assert Badge.objects.filter(status=Badge.Status.AWARDED).count() == 2


def test_nobody_can_give_the_retired_anything(credly: World) -> None:
    configure(credly)
    send(QUILL.event("TwoX"))
    learner, boss = QUILL.learner, Learner.objects.create(username="boss")
    retire(QUILL.username)
    refused = granting.grant(credly.templates[0], [learner], by=boss, reason="Why not?", now=timezone.now())
    assert refused == {learner.pk: granting.GONE}


def test_a_trial_does_nothing(credly: World) -> None:
    configure(credly)
    leave_traces(QUILL, credly)
    before = Counter(texts())
    told = retire(QUILL.username, is_trial=True)
    assert told.numbers == "badges: 2, to be erased at their providers: 2, events: 3"
    assert Counter(texts()) == before


def test_whoever_works_here_or_is_gone_is_refused(credly: World) -> None:
    send(QUILL.event("TwoX"))
    learner = QUILL.learner
    Learner.objects.filter(pk=learner.pk).update(is_staff=True)
    with pytest.raises(retiring.StillWorksHere):
        retire(QUILL.username)
    Learner.objects.filter(pk=learner.pk).update(is_staff=False)
    retire(QUILL.username)
    with pytest.raises(retiring.Unknown):
        retiring.retire(learner, timezone.now(), via=auditing.Via.COMMAND, by="operator")


def test_the_row_of_their_present_address_is_retired_along_unless_it_is_of_somebody_else(credly: World) -> None:
    former = Traces(QUILL.username, "former@example.com", QUILL.name)
    send(former.event("OneX", minute=1), QUILL.event("OneX", minute=2))
    now = QUILL.email.lower()
    theirs = Learner.objects.create(username=now, email=QUILL.email)
    for username, email, told in (
        ("former@example.com", "former@example.com", {}),
        (f"claim:{now}", QUILL.email, {"is_staff": True}),
    ):
        Learner.objects.create(username=username, email=email, **told)
    of_another = Mail.objects.create(
        to="former@example.com", text="x", not_before=timezone.now(), created_at=timezone.now()
    )
    retire(QUILL.username)
    theirs.refresh_from_db()
    assert theirs.retired_at
    assert set(Learner.objects.filter(retired_at=None).values_list("username", flat=True)) >= {
        "former@example.com",
        f"claim:{now}",
    }
    assert Mail.objects.filter(pk=of_another.pk).exists()


def test_the_row_of_an_address_that_has_an_id_in_the_lms_is_somebody_elses(credly: World) -> None:
    send(QUILL.event("OneX"))
    other = Learner.objects.create(username=QUILL.email.lower(), email=QUILL.email, lms_user_id=99)
    retire(QUILL.username)
    other.refresh_from_db()
    assert other.retired_at is None


def test_the_trail_says_who_did_it_and_not_to_whom(credly: World) -> None:
    send(QUILL.event("TwoX"))
    done = retire(QUILL.username)
    entry = AuditEntry.objects.get()
    assert (entry.actor_name, entry.via, entry.action, entry.label) == ("operator", "command", "retired", done.alias)
    assert entry.changes == {"badges": 0, "erasures": 0, "events": 1}


def test_the_number_of_statements_does_not_grow(credly: World) -> None:
    def statements(person: Traces, number: int) -> int:
        for course in range(number):
            send(person.event(f"Course{course}"), person.event("OneX"), person.event("TwoX"))
        credly.deliver(2)
        with CaptureQueriesContext(connection) as counted:
            retire(person.username)
        return len(counted)

    for place, name in enumerate(("OneX", "TwoX")):
        credly.configure(place, award="every_time", requirements=[requirement(f"r{place}", name)])
    few = statements(OTHERS[0], 1)
    assert statements(QUILL, 8) == few
    assert Issuance.objects.filter(action=Issuance.Action.ERASE).count() == 2 + 16
