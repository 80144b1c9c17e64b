"""The page on which badges are taken back by hand: it names them, and asks for a reason."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import granting
from credentials_badges.badges.models import AuditEntry, Badge, BadgeTemplate, Learner
from tests.badges.admin_by_hand import (
    BADGES,
    REASON,
    ask,
    chosen,
    confirm,
    form_errors,
    messages,
    one_holder,
    preview,
)
from tests.badges.world import World, passing, send


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    return one_holder(credly)


def test_it_names_the_badges_and_asks_for_a_reason_that_is_told(
    credly: World, template: BadgeTemplate, admin_client: Client
) -> None:
    send(passing("ben", "OneX"))
    credly.deliver()
    page = ask(admin_client, *credly.badges())
    assert "<strong>2</strong> badges to be taken back" in page.text
    assert f"{template.name} of ada (Ada Doe)" in page.text
    assert "The provider is told this reason" in page.text
    assert Badge.objects.filter(status="awarded").count() == 2
    done = admin_client.post(f"{BADGES}revoke/", {"chosen": chosen(page), "reason": "Copied."})
    assert (done.status_code, done["Location"]) == (302, BADGES)
    assert messages(done) == ["Revoked: 2."]
    credly.deliver()
    assert {row["revocation_reason"] for row in credly.sandbox.badges(credly.organization)} == {"Copied."}
    for badge in credly.badges():
        assert (badge.revoked_by, badge.revoke_reason) == (Learner.objects.get(username="admin"), "Copied.")
        assert AuditEntry.objects.get(key=badge.pk).action == "revoked by hand: Copied."
        assert "revoked by hand: Copied." in admin_client.get(f"{BADGES}{badge.pk}/history/").text


def test_those_that_are_not_held_any_more_are_left_alone(
    credly: World, template: BadgeTemplate, admin_client: Client
) -> None:
    send(passing("ben", "OneX"), passing("cem", "OneX"))
    send(passing("cem", "OneX", is_passing=False, minute=1))
    page = ask(admin_client, *credly.badges())
    assert "<strong>2</strong> badges to be taken back" in page.text
    assert "3 were chosen" in page.text
    assert f"{template.name} of cem (Cem Doe): revoked already" in page.text
    ben = Badge.objects.get(learner__username="ben")
    granting.revoke([ben.pk], by=ben.learner, reason="It was mine.", now=timezone.now())
    told = {"chosen": chosen(page), "reason": "Copied."}
    assert messages(admin_client.post(f"{BADGES}revoke/", told)) == [
        "Revoked: 1.",
        "Left alone, because they were not held any more: 2.",
    ]
    assert [entry.label for entry in AuditEntry.objects.all()] == [f"{template.name} of ada"]
    again = admin_client.post(f"{BADGES}revoke/", told)
    assert messages(again)[2:] == ["Left alone, because they were not held any more: 3."]
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001, "a\0b"])
def test_without_a_good_reason_it_asks_again(
    credly: World, template: BadgeTemplate, admin_client: Client, reason: str
) -> None:
    page = ask(admin_client, *credly.badges())
    again = admin_client.post(f"{BADGES}revoke/", {"chosen": chosen(page), "reason": reason})
    assert "reason" in form_errors(again)
    assert f"{template.name} of ada" in again.text
    assert Badge.objects.get().status == "awarded"
    done = admin_client.post(f"{BADGES}revoke/", {"chosen": chosen(again), "reason": "x" * 1_000})
    assert messages(done) == ["Revoked: 1."]


@pytest.mark.parametrize("forged", [None, "", "W10:1tX:xx", "é\0"])
def test_a_forged_choice_revokes_nothing(template: BadgeTemplate, admin_client: Client, forged: str | None) -> None:
    told = {"reason": "-"} if forged is None else {"reason": "-", "chosen": forged}
    for answer in (admin_client.post(f"{BADGES}revoke/", told), admin_client.get(f"{BADGES}revoke/")):
        assert answer["Location"] == BADGES
        assert messages(answer)[-1].startswith("Nothing was revoked")
    assert Badge.objects.get().status == "awarded"


def test_of_many_a_hundred_are_named_and_too_many_are_refused(
    template: BadgeTemplate, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(*[passing(f"learner{number}", "OneX") for number in range(120)])
    (first, *_) = badges = list(Badge.objects.all())
    page = ask(admin_client, first, select_across="1")
    assert f"<strong>{len(badges)}</strong> badges to be taken back" in page.text
    assert page.text.count(f"<li>{template.name} of ") == 100
    assert "and 21 more" in page.text
    monkeypatch.setattr("credentials_badges.badges.admin.revoking.MOST", 120)
    refused = ask(admin_client, first, select_across="1")
    assert (refused.status_code, messages(refused)) == (
        302,
        ["At most 120 badges are revoked at once: filter the list first."],
    )


def test_the_badges_page_says_who_gave_it_and_who_took_it_and_why(
    credly: World, template: BadgeTemplate, admin_client: Client
) -> None:
    BadgeTemplate.objects.update(expires_days=30)
    confirm(admin_client, template, preview(admin_client, template, "ben"))
    badge = Badge.objects.get(learner__username="ben")
    page = ask(admin_client, badge)
    admin_client.post(f"{BADGES}revoke/", {"chosen": chosen(page), "reason": "It was Bob."})
    text = admin_client.get(f"{BADGES}{badge.pk}/change/").text
    assert f"Given by hand by admin: {REASON}" in text
    assert "It was taken back here by admin: It was Bob." in text
    for field, value in (
        ("grant_reason", REASON),
        ("revoke_reason", "It was Bob."),
        ("earned_at", f"{badge.earned_at:%Y}"),
        ("expires_at", f"{badge.earned_at + timedelta(days=30):%Y}"),
    ):
        (shown,) = re.findall(rf'field-{field}">.*?<div class="readonly">(.*?)</div>', text, re.DOTALL)
        assert value in shown
