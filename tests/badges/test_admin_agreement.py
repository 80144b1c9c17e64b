"""The administrator sees where a provider and we disagree, what webhooks came to, and can do something about it."""

import json
from typing import Any

import pytest
from django.test import Client

from credentials_badges.badges import delivering
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner, WebhookDelivery
from tests.badges.test_admin import run, viewer
from tests.badges.world import World, passing, send

BADGES = "/admin/badges/credlybadge/"
DELIVERIES = "/admin/badges/webhookdelivery/"


@pytest.fixture
def issued(earned: World) -> World:
    """Ada and Ben hold their badges."""
    send(passing("ben", "OneX"))
    delivering.deliver_due()
    return earned


def badge_of(username: str) -> Badge:
    return Badge.objects.get(learner__username=username)


def test_the_list_shows_only_those_that_one_side_has_taken_back(issued: World, admin_client: Client) -> None:
    Badge.objects.filter(learner__username="ada").update(external_state="revoked", external_state_raw="gone")
    text = admin_client.get(BADGES, {"agreement": "no"}).text
    assert "ada" in text
    assert "ben" not in text
    assert "ben" in admin_client.get(BADGES).text


def test_the_provider_is_made_to_agree(issued: World, admin_client: Client) -> None:
    ada, ben = badge_of("ada"), badge_of("ben")
    issued.sandbox.delete_badge(issued.organization, ada.external_id or "")
    Badge.objects.filter(pk=ada.pk).update(external_state="revoked", external_state_raw="gone")
    told = run(admin_client, BADGES, "repair", ada, ben)
    assert told == [
        ("success", "To be issued again: 1. To be revoked again: 0."),
        ("warning", "Left alone, because both sides agree or a promise is open: 1."),
    ]
    issued.deliver(2)
    assert badge_of("ada").external_id in {row["id"] for row in issued.held()}
    assert len(issued.held()) == 2


def test_a_changed_name_is_sent_again(issued: World, admin_client: Client) -> None:
    Learner.objects.filter(username="ada").update(full_name="Ada Lovelace")
    ada = badge_of("ada")
    assert run(admin_client, BADGES, "correct", ada) == [("success", "To be corrected at the provider: 1.")]
    issued.deliver(2)
    row = issued.sandbox.organizations[issued.organization].badges[badge_of("ada").external_id or ""]
    assert row["issued_to"] == "Ada Lovelace"


def test_whoever_may_only_look_can_do_neither(issued: World) -> None:
    client = viewer()
    for action in ("correct", "repair"):
        client.post(BADGES, {"action": action, "_selected_action": [badge_of("ada").pk]})
    assert Issuance.objects.count() == 2
    assert client.get(DELIVERIES).status_code == 200


def test_a_webhook_is_shown_with_what_came_of_it(issued: World, admin_client: Client) -> None:
    notices: list[dict[str, Any]] = []
    issued.sandbox.tell = lambda _, event: notices.append(event)
    issued.sandbox.accept(issued.organization, badge_of("ada").external_id or "")
    notice = {name: notices[0][name] for name in ("id", "organization_id", "event_type")}
    Client().post("/badges/credly/webhook/", json.dumps(notice), content_type="application/json")
    delivering.deliver_due()
    assert badge_of("ada").external_state == "accepted"
    row = WebhookDelivery.objects.get()
    assert "is accepted there" in admin_client.get(DELIVERIES).text
    assert admin_client.get(f"{DELIVERIES}{row.pk}/change/").status_code == 200
    assert run(admin_client, DELIVERIES, "look_again", row) == [("success", "To be looked into again: 1.")]
    delivering.deliver_due()
    row.refresh_from_db()
    assert (row.status, row.outcome) == ("done", "Nothing of ours has changed.")


def test_the_template_page_tells_what_the_provider_tells(issued: World, admin_client: Client) -> None:
    template = BadgeTemplate.objects.order_by("pk")[0]
    text = admin_client.get(f"/admin/badges/credlybadgetemplate/{template.pk}/change/").text
    assert "Intermediate" in text
    assert "Weeks" in text
    assert "Course: Complete Data Literacy Foundations" in text
    assert "Data, Literacy, Foundations" in text
