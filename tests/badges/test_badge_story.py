"""The page of a badge tells its story in words, and offers what makes sense now."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import auditing, changes, delivering, granting, retiring, syncing
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeProgress,
    BadgeTemplate,
    ExternalState,
    Issuance,
    Learner,
    ProviderAccount,
)
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState
from providers.badgekit.models import ClaimCode
from tests.badges.admin_by_hand import staff
from tests.badges.test_admin import viewer
from tests.badges.world import World, passing, requirement, send
from tests.providers.badgekit.api import store
from tests.security.roles import staff as worker
from tests.security.stage import signed_in

BADGES = "/admin/badges/credlybadge/"
TEMPLATES = "/admin/badges/credlybadgetemplate/"


def page_of(badge: Badge) -> str:
    return f"{BADGES}{badge.pk}/change/"


def story(client: Client, badge: Badge) -> list[str]:
    """The words of its steps, in order."""
    return [step.words for step in client.get(page_of(badge)).context["steps"]]


def buttons(client: Client, badge: Badge) -> list[str]:
    return [name for name, _ in client.get(page_of(badge)).context["deeds"]]


def press(client: Client, badge: Badge, deed: str) -> str:
    """Press the button; returns the page that follows."""
    told = {"action": deed, "_selected_action": badge.pk, "back_to": badge.pk}
    return client.post(BADGES, told, follow=True).text


@pytest.fixture
def refused(credly: World) -> Badge:
    """A badge that Credly refused."""
    credly.configure(requirements=[requirement("one", "OneX")])
    credly.sandbox.organizations[credly.organization].templates.clear()
    send(passing("ada", "OneX"))
    credly.deliver(1)
    return credly.badges()[0]


def test_a_badge_that_waits_says_so_and_what_earned_it(earned: World, admin_client: Client) -> None:
    (badge,) = earned.badges()
    answer = admin_client.get(page_of(badge))
    assert answer.context["standing"] == "Waiting"
    words = [step.words for step in answer.context["steps"]]
    assert words == [
        "This counted: one",
        "It was awarded here.",
        "Promised: to issue it at Credly",
        "It is due, and will be sent by the next worker.",
    ]
    assert badge.event is not None
    assert f"/admin/badges/learningevent/{badge.event.pk}/change/" in answer.text
    assert "course-v1:Harbour+OneX+2026" in answer.text
    assert "is_passing eq true (it was True)" in answer.text


def test_a_badge_that_was_pushed_shows_the_answer_without_secrets(earned: World, admin_client: Client) -> None:
    earned.deliver(1)
    (badge,) = earned.badges()
    Issuance.objects.update(receipt={"state": "pending", "token": "nobody-sees-this", "x": "<script>"})
    answer = admin_client.get(page_of(badge))
    assert answer.context["standing"] == "Pushed"
    assert "Credly has it: done." in story(admin_client, badge)
    assert "The provider says: Pending" in story(admin_client, badge)
    assert "nobody-sees-this" not in answer.text
    promise = admin_client.get(f"/admin/badges/issuance/{badge.issuances.get().pk}/change/").text
    assert "nobody-sees-this" not in promise
    assert "&lt;script&gt;" in promise
    assert "&lt;script&gt;" in answer.text
    assert buttons(admin_client, badge) == ["correct", "revoke"]


def test_each_state_is_told_once_and_forgotten_with_its_learner(earned: World, admin_client: Client) -> None:
    earned.deliver(1)
    (badge,) = earned.badges()
    accepted = Receipt(external_id=badge.external_id or "", state=BadgeState.ACCEPTED, raw_state="accepted")
    for _ in range(2):
        changes.hear(earned.account, [accepted])
    told = list(ExternalState.objects.order_by("pk").values_list("state", "how"))
    assert told == [("pending", "answer"), ("accepted", "asked")]
    words = [each for each in story(admin_client, badge) if each.startswith("The provider says")]
    assert words == ["The provider says: Pending", "The provider says: Accepted"]
    retiring.retire(badge.learner, timezone.now(), via=auditing.Via.COMMAND, by="eve")
    assert not ExternalState.objects.exists()


def test_a_badge_that_failed_says_why_and_is_tried_again(refused: Badge, admin_client: Client) -> None:
    answer = admin_client.get(page_of(refused))
    assert answer.context["standing"] == "Failed"
    assert "Credly refuses it. Mend what the error says" in answer.text
    assert refused.issuances.get().last_error[:20] in answer.text
    assert buttons(admin_client, refused) == ["retry", "revoke"]
    assert "To be tried again: 1." in press(admin_client, refused, "retry")
    assert refused.issuances.get().status == Issuance.Status.PENDING
    assert buttons(admin_client, refused) == ["revoke"]
    assert [each.action for each in AuditEntry.objects.all()] == ["did “Retry”"]
    assert "admin: did “Retry”" in story(admin_client, refused)


def test_a_badge_that_the_provider_lost_is_issued_again(earned: World, admin_client: Client) -> None:
    earned.deliver(1)
    Badge.objects.update(external_state="revoked", external_state_raw="gone")
    (badge,) = earned.badges()
    assert "repair" in buttons(admin_client, badge)
    assert "To be issued again: 1." in press(admin_client, badge, "repair")
    assert "repair" not in buttons(admin_client, badge)


def test_a_revoked_badge_says_by_whom_and_why(earned: World, admin_client: Client) -> None:
    earned.deliver(1)
    (badge,) = earned.badges()
    asked = press(admin_client, badge, "revoke")
    (chosen,) = re.findall(r'name="chosen" value="([^"]*)"', asked)
    admin_client.post(f"{BADGES}revoke/", {"chosen": chosen, "reason": "By mistake."})
    earned.deliver(1)
    assert "It was taken back here by admin: By mistake." in story(admin_client, badge)
    assert admin_client.get(page_of(badge)).context["standing"] == "Revoked"
    assert buttons(admin_client, badge) == []


def test_a_badge_that_is_over_is_expired(earned: World, admin_client: Client) -> None:
    earned.deliver(1)
    Badge.objects.update(expires_at=timezone.now())
    (badge,) = earned.badges()
    assert admin_client.get(page_of(badge)).context["standing"] == "Expired"
    assert story(admin_client, badge)[-1] == "It has expired."


def test_a_badge_given_by_hand_names_giver_and_reason(earned: World, admin_client: Client) -> None:
    giver = Learner.objects.create(username="grace")
    Badge.objects.update(granted_by=giver, grant_reason="For the open day.", because=[])
    assert "Given by hand by grace: For the open day." in story(admin_client, earned.badges()[0])


def test_whoever_may_only_look_gets_no_button_and_changes_nothing(refused: Badge) -> None:
    client = viewer()
    assert buttons(client, refused) == []
    press(client, refused, "retry")
    assert refused.issuances.get().status == Issuance.Status.DEAD


def test_whoever_sees_badges_alone_is_led_nowhere_else(refused: Badge) -> None:
    client, clerk = staff(), Learner.objects.get(username="clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_credlybadge"))
    text = client.get(page_of(refused)).text
    assert "Its story" in text
    for kind in ("learningevent", "issuance", "learner", "auditentry"):
        assert f"/admin/badges/{kind}/" not in text


@pytest.fixture
def reserved(db: None) -> Badge:
    """A badge for which a claim code waits in the store."""
    store()
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
    syncing.pull(account)
    learner = Learner.objects.create(username="ada", email="ada@example.com")
    template = BadgeTemplate.objects.get(account=account, external_id="coder")
    granting.grant(template, [learner], by=learner, reason="For the open day.", now=timezone.now())
    delivering.deliver_due()
    return Badge.objects.get()


def code_shown(client: Client, badge: Badge) -> bool:
    """Whether the claim code stands on any page about the badge."""
    pages = "/admin/badges/badgekitissuedbadge/"
    promise = f"/admin/badges/issuance/{badge.issuances.get().pk}/change/"
    answers = [client.get(address) for address in (pages, f"{pages}{badge.pk}/change/", promise)]
    assert [answer.status_code for answer in answers] == [200] * 3
    return any(ClaimCode.objects.get(reservation__isnull=False).code in answer.text for answer in answers)


def test_readers_see_no_claim_code_that_waits_for_its_learner(reserved: Badge) -> None:
    assert ClaimCode.objects.get(reservation__isnull=False).code == reserved.external_id
    readers = [worker("rea", "Readers"), worker("sam", reader=reserved.account)]
    workers = [worker("ida", issuer=reserved.account), worker("adi", "Administrators")]
    assert [code_shown(signed_in(each), reserved) for each in (*readers, *workers)] == [False, False, True, True]
    Badge.objects.update(external_state=BadgeState.ACCEPTED)
    assert code_shown(signed_in(readers[1]), reserved)


def test_nobody_guesses_a_claim_code_letter_by_letter(reserved: Badge) -> None:
    client = signed_in(worker("rea", "Readers"))
    for address in ("badgekitissuedbadge/?external_id__startswith=", "issuance/?receipt__external_id__startswith="):
        assert client.get(f"/admin/badges/{address}{str(reserved.external_id)[:2]}").status_code in {302, 400}


def test_its_statements_do_not_become_more_with_its_story(earned: World, admin_client: Client) -> None:
    (badge,) = earned.badges()
    earned.deliver(1)
    counts = []
    for number in (1, 30):
        now = timezone.now()
        whole = {"badge": badge, "account": badge.account, "not_before": now, "created_at": now}
        for _ in range(number):
            Issuance.objects.create(**whole, action="update", status="delivered", delivered_at=now)
        badge.because = badge.because[:1] * number
        badge.save()
        admin_client.get(page_of(badge))
        with CaptureQueriesContext(connection) as statements:
            assert admin_client.get(page_of(badge)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 25


class TestTemplatePage:
    def test_it_tells_who_is_in_progress_and_who_got_it(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        send(passing("ada", "OneX"), passing("ada", "TwoX"), passing("ben", "OneX"))
        text = admin_client.get(f"{TEMPLATES}{template.pk}/change/").text
        assert "On the way: 1. Complete: 1. Holding the badge: 1." in text
        progress = BadgeProgress.objects.get(learner__username="ben")
        assert f"/admin/badges/badgeprogress/{progress.pk}/change/" in text
        assert f"/admin/badges/badgeprogress/?template__id__exact={template.pk}" in text
        assert f"{BADGES}{credly.badges()[0].pk}/change/" in text
        listed = admin_client.get(f"/admin/badges/badgeprogress/?template__id__exact={template.pk}")
        assert listed.context["cl"].result_count == 2

    def test_it_says_whether_it_can_be_active(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        page = f"{TEMPLATES}{template.pk}/change/"
        assert "events are counted towards it" in admin_client.get(page).text
        BadgeTemplate.objects.update(is_active=False)
        assert "Not active: no events are counted" in admin_client.get(page).text
        template.requirements.all().delete()
        assert "cannot be activated, because it has no requirement" in admin_client.get(page).text
        assert "Preview: who would earn it" in admin_client.get(page).text
        assert 'loading="lazy"' in admin_client.get(TEMPLATES).text


def test_the_learners_page_shows_badges_progress_and_counts(earned: World, admin_client: Client) -> None:
    (badge,) = earned.badges()
    text = admin_client.get(f"/admin/badges/learner/{badge.learner_id}/change/").text
    assert page_of(badge) in text
    assert "1 of 1 groups done" in text
    listed = f"{BADGES}?learner__id__exact={badge.learner_id}"
    assert listed in text
    assert admin_client.get(listed).context["cl"].result_count == 1
    for path in ("learningevent/?learner__id__exact", "issuance/?badge__learner__id__exact"):
        assert admin_client.get(f"/admin/badges/{path}={badge.learner_id}").context["cl"].result_count == 1
