"""Actions on many rows tell first what they would do; on one they do it; and very many are no burden."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.admin import confirming
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeTemplate,
    Issuance,
    Learner,
    LearningEvent,
    ProviderAccount,
    SyncRun,
    UnreadableEvent,
    WebhookDelivery,
)
from tests.badges.world import World, passing, requirement, send

ISSUANCES = "/admin/badges/issuance/"
TEMPLATES = "/admin/badges/credlybadgetemplate/"
BADGES = "/admin/badges/credlybadge/"


def ask(client: Client, address: str, action: str, *pks: int, **told: Any) -> Any:
    return client.post(address, {"action": action, "_selected_action": list(pks), **told})


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def dead_promises(world: World, number: int) -> list[int]:
    """So many badges, each with a promise that is dead."""
    now, template = timezone.now(), world.templates[0]
    learners = Learner.objects.bulk_create(Learner(username=f"learner-{each}") for each in range(number))
    badges = Badge.objects.bulk_create(
        Badge(learner=each, template=template, account=world.account, awarded_at=now, earned_at=now)
        for each in learners
    )
    rows = Issuance.objects.bulk_create(
        Issuance(
            badge=each,
            account=world.account,
            action=Issuance.Action.ISSUE,
            status=Issuance.Status.DEAD,
            failure=Issuance.Failure.REJECTED,
            not_before=now,
            created_at=now,
        )
        for each in badges
    )
    return [row.pk for row in rows]


def test_one_row_is_dealt_with_at_once(credly: World, admin_client: Client) -> None:
    (pk,) = dead_promises(credly, 1)
    assert said(ask(admin_client, ISSUANCES, "retry", pk)) == ["To be tried again: 1."]
    assert Issuance.objects.get().status == Issuance.Status.PENDING


def test_several_are_counted_first_and_nothing_is_done_yet(credly: World, admin_client: Client) -> None:
    pks = dead_promises(credly, 5)
    Issuance.objects.filter(pk__in=pks[:2]).update(status=Issuance.Status.DELIVERED)
    answer = ask(admin_client, ISSUANCES, "retry", *pks)
    text = " ".join(answer.text.split())
    assert "Of 5 chosen, <strong>3</strong> are dead and will be tried again." in text
    assert "<strong>2</strong>: not dead: there is nothing to try again" in text
    assert Issuance.objects.filter(status=Issuance.Status.PENDING).count() == 0
    assert not AuditEntry.objects.exists()
    done = ask(admin_client, ISSUANCES, "retry", *pks, confirmed="yes")
    assert said(done)[0] == "To be tried again: 3."
    assert [each.action for each in AuditEntry.objects.all()] == ["did “Retry”"] * 3


def test_all_rows_of_a_filtered_list_are_chosen_and_no_others(credly: World, admin_client: Client) -> None:
    pks = dead_promises(credly, 4)
    Issuance.objects.filter(pk=pks[0]).update(failure=Issuance.Failure.CRASHED)
    listed = f"{ISSUANCES}?failure__exact=rejected"
    asked = ask(admin_client, listed, "retry", pks[1], select_across="1")
    assert asked.context["plan"].chosen == 3
    done = ask(admin_client, listed, "retry", pks[1], select_across="1", confirmed="yes")
    assert said(done) == ["To be tried again: 3."]
    assert Issuance.objects.get(pk=pks[0]).status == Issuance.Status.DEAD


def test_statements_grow_with_batches_and_not_with_rows(
    credly: World, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pks = dead_promises(credly, 1200)
    with CaptureQueriesContext(connection) as statements:
        asked = ask(admin_client, ISSUANCES, "retry", pks[0], select_across="1")
    assert asked.context["plan"].touched == 1200
    assert len(statements) < 30
    with CaptureQueriesContext(connection) as statements:
        done = ask(admin_client, ISSUANCES, "retry", pks[0], select_across="1", confirmed="yes")
    assert said(done) == ["To be tried again: 1200."]
    assert len(statements) < 80
    assert [each.label for each in AuditEntry.objects.all()] == ["1,200 issuances"]


def test_what_is_not_come_to_in_time_is_told_and_goes_on_later(
    credly: World, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "SECONDS", -1.0)
    monkeypatch.setattr(confirming, "AT_A_TIME", 2)
    pks = dead_promises(credly, 5)
    for opened, later in ((2, 3), (2, 1), (1, 0)):
        told = said(ask(admin_client, ISSUANCES, "retry", *pks, confirmed="yes"))
        assert f"To be tried again: {opened}." in told
        assert f"Not come to in time: {later}. Choose them again to go on." in told or not later
    assert Issuance.objects.filter(status=Issuance.Status.PENDING).count() == 5


def test_of_two_dead_promises_about_one_badge_the_newer_is_opened(credly: World, admin_client: Client) -> None:
    (first,) = dead_promises(credly, 1)
    old = Issuance.objects.get(pk=first)
    whole = {"badge": old.badge, "account": old.account, "not_before": old.not_before, "created_at": old.created_at}
    new = Issuance.objects.create(**whole, action=Issuance.Action.UPDATE, status=Issuance.Status.DEAD)
    assert ask(admin_client, ISSUANCES, "retry", first, new.pk).context["plan"].touched == 1
    ask(admin_client, ISSUANCES, "retry", first, new.pk, confirmed="yes")
    assert list(Issuance.objects.filter(status=Issuance.Status.PENDING)) == [new]


def test_templates_that_cannot_be_active_are_told_before(credly: World, admin_client: Client) -> None:
    ready = credly.configure(requirements=[requirement("one", "OneX")])
    BadgeTemplate.objects.update(is_active=False)
    pks = [template.pk for template in credly.templates]
    asked = ask(admin_client, TEMPLATES, "activate", *pks)
    assert (asked.context["plan"].touched, asked.context["left"]) == (1, [(2, "it has no requirement")])
    ask(admin_client, TEMPLATES, "activate", *pks, confirmed="yes")
    assert list(BadgeTemplate.objects.filter(is_active=True)) == [ready]
    assert ask(admin_client, TEMPLATES, "deactivate", *pks).context["plan"].touched == 1


def test_badges_events_and_webhooks_are_counted_too(credly: World, admin_client: Client) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"), passing("ben", "OneX"))
    credly.deliver(1)
    badges = [badge.pk for badge in credly.badges()]
    LearningEvent.objects.filter(learner__username="ada").update(error="Processing failed")
    now = timezone.now()
    for number, status in enumerate(("done", "pending")):
        WebhookDelivery.objects.create(
            provider="credly", account=credly.account, delivery_id=str(number), status=status, not_before=now,
            received_at=now,
        )  # fmt: skip
    for address, action, rows, touched in (
        (BADGES, "correct", badges, 2),
        (BADGES, "repair", badges, 0),
        (BADGES, "retry", badges, 0),
        ("/admin/badges/learningevent/", "process_again", LearningEvent.objects.values_list("pk", flat=True), 1),
        ("/admin/badges/webhookdelivery/", "look_again", WebhookDelivery.objects.values_list("pk", flat=True), 1),
    ):
        plan = ask(admin_client, address, action, *rows).context["plan"]
        assert (action, plan.chosen, plan.touched) == (action, 2, touched)
        assert sum(number for number, _ in plan.left) == 2 - touched
    assert said(ask(admin_client, BADGES, "correct", *badges, confirmed="yes")) == [
        "To be corrected at the provider: 2."
    ]
    assert ask(admin_client, BADGES, "correct", *badges).context["left"] == [(2, "a correction is under way already")]


def test_rows_that_came_after_the_question_are_left_alone(credly: World, admin_client: Client) -> None:
    dead_promises(credly, 3)
    across = {"select_across": "1"}
    asked = ask(admin_client, ISSUANCES, "retry", 0, **across)
    newest = Issuance.objects.latest("pk").pk
    assert f'name="newest" value="{newest}"' in asked.text
    Learner.objects.all().exclude(is_superuser=True).update(username=Concat(Value("old-"), "username"))
    dead_promises(credly, 2)
    done = ask(admin_client, ISSUANCES, "retry", 0, **across, confirmed="yes", newest=asked.context["newest"])
    assert said(done) == ["To be tried again: 3."]
    for odd in ("9" * 5000, "²", "x", "-1"):
        assert ask(admin_client, ISSUANCES, "retry", 0, **across, confirmed="yes", newest=odd).status_code == 302


@pytest.mark.parametrize("kind", ["unreadableevent", "webhookdelivery", "syncrun"])
def test_more_rows_are_deleted_than_a_form_has_fields(db: None, admin_client: Client, kind: str) -> None:
    now = timezone.now()
    account = ProviderAccount.objects.create(provider="credly", external_id="1")
    rows: dict[str, list[Any]] = {
        "unreadableevent": [UnreadableEvent(source="s", digest=str(n), received_at=now) for n in range(1100)],
        "webhookdelivery": [WebhookDelivery(delivery_id=str(n), received_at=now, not_before=now) for n in range(1100)],
        "syncrun": [SyncRun(account=account, started_at=now) for _ in range(1100)],
    }
    model, address = type(rows[kind][0]), f"/admin/badges/{kind}/"
    model.objects.bulk_create(rows[kind])
    first = model.objects.earliest("pk").pk
    asked = ask(admin_client, address, "delete_selected", first)
    assert (asked.context["plan"].touched, model.objects.count()) == (1, 1100)
    ask(admin_client, address, "delete_selected", first, confirmed="yes")
    assert [each.key for each in AuditEntry.objects.all()] == [str(first)]
    told = {"select_across": "1", "confirmed": "yes"}
    assert said(ask(admin_client, address, "delete_selected", first, **told))[-1] == "Deleted: 1099."
    assert not model.objects.exists()
    labels = AuditEntry.objects.filter(action="deleted", key="").order_by("pk").values_list("label", flat=True)
    assert list(labels) == [f"{number} {model._meta.verbose_name_plural}" for number in (500, 500, 99)]


def test_of_very_many_templates_the_first_refusals_are_told(credly: World, admin_client: Client) -> None:
    BadgeTemplate.objects.bulk_create(
        BadgeTemplate(account=credly.account, external_id=f"more-{number}", name="") for number in range(60)
    )
    told = {"select_across": "1", "confirmed": "yes"}
    (message,) = [each for each in said(ask(admin_client, TEMPLATES, "activate", 0, **told)) if "Left" in each]
    assert message.count("because") == 20
    assert "and 43 more" in message
    assert "“”" not in message  # One without a name is called by its id.
