"""Webhooks: stored and answered at once, believed never, looked into afterwards."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import delivering, tasks, webhooks
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount, SyncRun, WebhookDelivery
from tests.badges.world import World, make_due, passing, requirement, send

OPEN = "/badges/credly/webhook/"
UNKNOWN_EVENT = "6f1c1b62-0000-4000-8000-0000000000aa"


@pytest.fixture
def notices(credly: World) -> list[dict[str, Any]]:
    """What Credly would send, in the order in which it happened."""
    told: list[dict[str, Any]] = []
    names = ("id", "organization_id", "event_type", "occurred_at")
    credly.sandbox.tell = lambda _, event: told.append({name: event[name] for name in names})
    return told


def post(notice: dict[str, Any] | bytes, path: str = OPEN) -> int:
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    return Client(raise_request_exception=True).post(path, body, content_type="application/json").status_code


def look_into() -> None:
    """Let time pass, and work."""
    for _ in range(webhooks.MOST_TRIES + 1):
        delivering.deliver_due()
        make_due()
        WebhookDelivery.objects.filter(status="pending").update(not_before=timezone.now())


def delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_a_changed_template_is_taken_over(credly: World, notices: list[dict[str, Any]]) -> None:
    template = credly.templates[0]
    credly.sandbox.change_template(credly.organization, template.external_id, name="Renamed")
    assert post(notices[0]) == 200
    template.refresh_from_db()
    assert template.name != "Renamed"
    look_into()
    template.refresh_from_db()
    assert template.name == "Renamed"
    assert (delivery().status, delivery().outcome) == ("done", f"template {template.external_id} changed")


def test_an_archived_or_deleted_template_stops_counting(credly: World, notices: list[dict[str, Any]]) -> None:
    archived, deleted, _ = credly.templates
    BadgeTemplate.objects.update(is_active=True)
    credly.sandbox.change_template(credly.organization, archived.external_id, state="archived")
    credly.sandbox.delete_template(credly.organization, deleted.external_id)
    assert [post(notice) for notice in notices] == [200, 200]
    look_into()
    assert list(BadgeTemplate.objects.order_by("pk").values_list("state", "is_active")) == [
        ("archived", False),
        ("archived", False),
        ("active", True),
    ]


def test_a_request_makes_no_call_and_few_statements(credly: World, notices: list[dict[str, Any]]) -> None:
    credly.sandbox.change_template(credly.organization, credly.templates[0].external_id, name="Renamed")
    credly.sandbox.requests.clear()
    with CaptureQueriesContext(connection) as caught:
        post(notices[0])
    assert credly.sandbox.requests == []
    assert len([query for query in caught if "SAVEPOINT" not in query["sql"]]) == 2


@pytest.mark.parametrize("backwards", [False, True])
def test_repeated_and_reordered_notices_end_in_the_present_state(
    credly: World, notices: list[dict[str, Any]], backwards: bool
) -> None:
    template = credly.templates[0].external_id
    for name in ("First", "Second", "Third"):
        credly.sandbox.change_template(credly.organization, template, name=name)
    sent = [*notices, *notices]
    assert {post(notice) for notice in (reversed(sent) if backwards else sent)} == {200}
    assert WebhookDelivery.objects.count() == 3
    look_into()
    assert BadgeTemplate.objects.get(external_id=template).name == "Third"


def test_what_the_body_claims_is_not_believed(credly: World, notices: list[dict[str, Any]]) -> None:
    template = credly.templates[0]
    credly.sandbox.change_template(credly.organization, template.external_id, name="Renamed")
    forged = {**notices[0], "event_type": "badge_template.deleted", "badge_template": {"id": template.external_id}}
    assert post(forged) == 200
    look_into()
    template.refresh_from_db()
    assert (template.state, template.name) == ("active", "Renamed")


def test_an_event_that_credly_does_not_know_is_ignored_after_some_looks(credly: World) -> None:
    notice = {"id": UNKNOWN_EVENT, "organization_id": credly.organization, "event_type": "badge_template.deleted"}
    assert post(notice) == 200
    credly.sandbox.requests.clear()
    look_into()
    assert delivery().status == "ignored"
    assert "knows nothing of it" in delivery().outcome
    events = [path for _, path, _ in credly.sandbox.requests if "/events/" in path]
    assert len(events) == webhooks.UNKNOWN_TRIES
    assert {template.state for template in BadgeTemplate.objects.all()} == {"active"}


def test_an_unknown_organization_is_calm_and_visible(credly: World) -> None:
    notice = {"id": UNKNOWN_EVENT, "organization_id": "6f1c1b62-0000-4000-8000-0000000000bb"}
    assert [post(notice), post(notice)] == [200, 200]
    assert (delivery().status, delivery().account) == ("ignored", None)
    assert "No account here" in delivery().outcome
    look_into()
    assert webhooks.retry(delivery()) is False


def test_unwanted_hints_do_not_fill_the_database(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST_IGNORED", 2)
    for number in range(4):
        assert post({"id": f"6f1c1b62-0000-4000-8000-00000000000{number}", "organization_id": "nobody"}) == 200
    assert WebhookDelivery.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"junk", 400),
        (b"[1]", 400),
        (b"\xff\xfe", 400),
        (b'{"id": "../badges/x", "organization_id": "o"}', 400),
        (b'{"id": "6f1c1b62-0000-4000-8000-0000000000aa"}', 400),
        (b'{"id": "6f1c1b62-0000-4000-8000-0000000000aa", "organization_id": "' + b"o" * 300 + b'"}', 400),
        (b'{"id": "6f1c1b62-0000-4000-8000-0000000000aa", "organization_id": "o", "event_type": "\\u0000"}', 400),
        (b"[" * 60_000, 400),
        (b"x" * (webhooks.MOST_BYTES + 1), 413),
    ],
)
def test_junk_is_refused_with_a_reason_and_never_with_500(credly: World, body: bytes, status: int) -> None:
    assert post(body) == status
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) <= {"ignored"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/badges/nobody/webhook/", 404),
        ("/badges/accredible/webhook/", 404),
        ("/badges/badgekit/webhook/", 404),
        ("/webhooks/credly/a-guess/", 404),
        ("/webhooks/credly/%00/", 404),
        ("/webhooks/credly/ä/", 404),
    ],
)
def test_other_addresses_are_not_there(credly: World, path: str, status: int) -> None:
    assert post({"id": UNKNOWN_EVENT, "organization_id": credly.organization}, path) == status
    assert not WebhookDelivery.objects.exists()


def test_only_posts_are_taken(credly: World) -> None:
    assert [Client().get(OPEN).status_code, Client().put(OPEN).status_code] == [405, 405]


def test_the_secret_address_belongs_to_one_account(credly: World, notices: list[dict[str, Any]]) -> None:
    other = credly.second_account()
    credly.sandbox.change_template(credly.organization, credly.templates[0].external_id, name="Renamed")
    assert credly.account.webhook_token != other.account.webhook_token
    assert post(notices[0], other.account.webhook_path) == 200
    assert (delivery().status, delivery().account) == ("ignored", None)
    WebhookDelivery.objects.all().delete()
    assert post(notices[0], credly.account.webhook_path) == 200
    assert delivery().account == credly.account


def test_the_token_is_kept_encrypted(credly: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT webhook_token FROM badges_provideraccount")
        (kept,) = cursor.fetchone()
    assert credly.account.webhook_token not in kept


@pytest.mark.parametrize("fault", ["unavailable", "html", "lost", "throttled"])
def test_a_failing_provider_is_asked_again(credly: World, notices: list[dict[str, Any]], fault: str) -> None:
    credly.sandbox.change_template(credly.organization, credly.templates[0].external_id, name="Renamed")
    post(notices[0])
    credly.faults.planned.append(fault)
    delivering.deliver_due()
    assert delivery().status == "pending"
    assert "Credly" in delivery().outcome
    look_into()
    assert delivery().status == "done"


def test_a_stale_key_pauses_the_account_and_keeps_the_hint(credly: World, notices: list[dict[str, Any]]) -> None:
    credly.sandbox.change_template(credly.organization, credly.templates[0].external_id, name="Renamed")
    post(notices[0])
    credly.sandbox.expired_keys.add("harbour-key")
    look_into()
    assert (delivery().status, delivery().attempts) == ("pending", 0)
    assert ProviderAccount.objects.get().paused_reason
    credly.sandbox.expired_keys.clear()
    look_into()
    assert delivery().status == "done"


def test_a_forged_hint_cannot_keep_promises_waiting(credly: World) -> None:
    """Whoever sends it; the key may issue badges, but not read events."""
    credly.configure(requirements=[requirement("one", "OneX")])
    credly.sandbox.events_readable = False
    for number in range(3):
        notice = {"id": f"6f1c1b62-0000-4000-8000-00000000000{number}", "organization_id": credly.organization}
        assert post(notice) == 200
    send(passing("ada", "OneX"))
    delivering.deliver_due()
    assert len(credly.held()) == 1
    look_into()
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"dead"}
    assert ProviderAccount.objects.get().paused_reason == ""


def test_an_adapter_that_crashes_is_shown_and_can_be_tried_again(
    credly: World, notices: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    credly.sandbox.change_template(credly.organization, credly.templates[0].external_id, name="Renamed")
    post(notices[0])
    with monkeypatch.context() as patched:
        patched.setattr(type(credly.account.adapter), "resolve", lambda *_: 1 / 0)
        delivering.deliver_due()
    assert (delivery().status, delivery().outcome[:17]) == ("dead", "ZeroDivisionError")
    assert webhooks.retry(delivery())
    look_into()
    assert delivery().status == "done"


def test_a_worker_that_dies_leaves_the_hint_to_the_next(
    credly: World, notices: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As if by SIGKILL."""

    def die(*_: object) -> None:
        raise Killed

    credly.sandbox.change_template(credly.organization, credly.templates[0].external_id, name="Renamed")
    post(notices[0])
    with monkeypatch.context() as patched:
        patched.setattr(type(credly.account.adapter), "resolve", die)
        with pytest.raises(Killed):
            webhooks.process_due(credly.account.pk, threading.Event())
    assert webhooks.process_due(credly.account.pk, threading.Event()) == 0
    look_into()
    assert delivery().status == "done"


def test_what_was_dealt_with_weeks_ago_is_forgotten(credly: World) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    for number, status in enumerate(("done", "ignored", "dead", "pending")):
        post({"id": f"6f1c1b62-0000-4000-8000-00000000000{number}", "organization_id": credly.organization})
        WebhookDelivery.objects.filter(delivery_id__endswith=number).update(status=status, received_at=long_ago)
    post({"id": UNKNOWN_EVENT, "organization_id": credly.organization})
    SyncRun.objects.update(started_at=long_ago)
    tasks.purge()
    assert sorted(WebhookDelivery.objects.values_list("delivery_id", flat=True)) == [
        "6f1c1b62-0000-4000-8000-000000000003",
        UNKNOWN_EVENT,
    ]
    assert not SyncRun.objects.exists()
