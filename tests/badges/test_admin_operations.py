"""The operator's pages: progress, badges, promises, events and learners."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import (
    Badge,
    BadgeProgress,
    Issuance,
    Learner,
    LearningEvent,
    UnreadableEvent,
)
from providers.badgekit.models import Badge as StoredBadge
from providers.badgekit.models import ClaimCode, System
from tests.badges.test_admin import run, viewer
from tests.badges.world import World, passing, penalty, requirement, send

ISSUANCES = "/admin/badges/issuance/"
EVENTS = "/admin/badges/learningevent/"
LEARNERS = "/admin/badges/learner/"


@pytest.fixture
def badge(credly: World) -> Badge:
    """A badge that Credly refused, so that its promise is dead."""
    credly.configure(requirements=[requirement("one", "OneX")])
    credly.sandbox.organizations[credly.organization].templates.clear()
    send(passing("ada", "OneX"))
    credly.deliver(1)
    return credly.badges()[0]


class TestProgress:
    def test_it_shows_what_is_fulfilled_since_when_and_by_which_event(
        self, credly: World, admin_client: Client
    ) -> None:
        credly.configure(
            requirements=[requirement("one", "OneX"), requirement("two", "TwoX"), requirement("three", "ThreeX")],
            penalties=[penalty("TwoX", "two")],
        )
        send(passing("ada", "OneX", minute=5), passing("ada", "TwoX"), passing("ada", "TwoX", is_passing=False))
        progress = BadgeProgress.objects.get()
        event = LearningEvent.objects.order_by("pk")[0]
        text = " ".join(admin_client.get(f"/admin/badges/badgeprogress/{progress.pk}/change/").text.split())
        assert "33 %" in text
        assert text.count("✓ done") == 1
        assert text.count("○ missing") == 2
        assert f'1 March 2026, 00:05 UTC</time>: counts <a href="{EVENTS}{event.pk}/change/">' in text
        assert "1 March 2026, 00:00 UTC</time>: undone" in text

    @pytest.mark.parametrize(("wanted", "shown"), [("complete=yes", "ada"), ("complete=no", "ben")])
    def test_it_is_filtered_by_whether_it_is_complete(
        self, credly: World, admin_client: Client, wanted: str, shown: str
    ) -> None:
        credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        send(passing("ada", "OneX"), passing("ada", "TwoX"), passing("ben", "OneX"))
        answer = admin_client.get(f"/admin/badges/badgeprogress/?template__account__provider=credly&{wanted}")
        assert [row.learner.username for row in answer.context["cl"].result_list] == [shown]


class TestBadges:
    def test_they_are_found_by_learner_and_show_their_promises(self, badge: Badge, admin_client: Client) -> None:
        for words in ("ada", "ada@example.com", "Ada Doe"):
            answer = admin_client.get("/admin/badges/credlybadge/", {"q": words})
            assert answer.context["cl"].result_count == 1
        assert '<td class="field-newest_promise">Dead</td>' in answer.text
        text = admin_client.get(f"/admin/badges/credlybadge/{badge.pk}/change/").text
        assert f"{ISSUANCES}{badge.issuances.get().pk}/change/" in text
        assert badge.issuances.get().last_error[:20] in text

    def test_other_providers_do_not_show_them(self, badge: Badge, admin_client: Client) -> None:
        assert admin_client.get("/admin/badges/accrediblebadge/").context["cl"].result_count == 0
        assert admin_client.get(f"/admin/badges/accrediblebadge/{badge.pk}/change/").status_code == 302


class TestRetry:
    def test_dead_promises_are_opened_and_the_others_counted(self, badge: Badge, admin_client: Client) -> None:
        dead = badge.issuances.get()
        now = timezone.now()
        whole = {"badge": badge, "account": badge.account, "not_before": now, "created_at": now}
        done = Issuance.objects.create(**whole, action=Issuance.Action.REVOKE, status=Issuance.Status.DELIVERED)
        said = run(admin_client, ISSUANCES, "retry", dead, done)
        assert said[0] == ("success", "To be tried again: 1.")
        assert said[1][0] == "warning"
        assert said[1][1].endswith(": 1.")
        dead.refresh_from_db()
        assert (dead.status, dead.attempts) == (Issuance.Status.PENDING, 0)

    def test_it_needs_the_permission_to_change_them(self, badge: Badge) -> None:
        client = viewer()
        client.post(ISSUANCES, {"action": "retry", "_selected_action": [badge.issuances.get().pk]})
        assert badge.issuances.get().status == Issuance.Status.DEAD
        Learner.objects.get(username="viewer").user_permissions.add(Permission.objects.get(codename="change_issuance"))
        run(client, ISSUANCES, "retry", badge.issuances.get())
        assert badge.issuances.get().status == Issuance.Status.PENDING

    def test_a_receipt_is_shown_escaped(self, badge: Badge, admin_client: Client) -> None:
        Issuance.objects.update(receipt={"name": "<script>alert(1)</script>"})
        text = admin_client.get(f"{ISSUANCES}{badge.issuances.get().pk}/change/").text
        assert "&quot;name&quot;: &quot;&lt;script&gt;" in text
        assert "<script>alert" not in text


class TestEvents:
    def test_failed_events_are_processed_again_but_not_those_without_a_learner(
        self, credly: World, admin_client: Client
    ) -> None:
        nobody = passing("ada", "OneX")
        nobody["data"] = {}
        send(passing("ada", "OneX"), passing("ben", "OneX"), nobody)
        failed, fine, anonymous = LearningEvent.objects.order_by("pk")
        LearningEvent.objects.filter(pk=failed.pk).update(error="Processing failed")
        said = run(admin_client, EVENTS, "process_again", failed, fine, anonymous)
        assert [text[-2:] for _, text in said] == ["1.", "2."]
        assert list(LearningEvent.objects.filter(processed_at=None, error="")) == [failed]
        for state, shown in (("waiting", failed), ("processed", fine), ("failed", anonymous)):
            answer = admin_client.get(EVENTS, {"state": state})
            assert list(answer.context["cl"].result_list) == [shown]

    def test_an_unreadable_event_is_deleted_by_hand(self, db: None, admin_client: Client) -> None:
        event = UnreadableEvent.objects.create(
            source="/lms", where="line 1", reason="no JSON", body="<script>", received_at=timezone.now()
        )
        assert "&lt;script&gt;" in admin_client.get(f"/admin/badges/unreadableevent/{event.pk}/change/").text
        admin_client.post(f"/admin/badges/unreadableevent/{event.pk}/delete/", {"post": "yes"})
        assert not UnreadableEvent.objects.exists()


class TestClaimCodes:
    @pytest.mark.parametrize(("reservation", "left"), [("a-promise", 1), (None, 0)])
    def test_only_one_that_nobody_waits_for_is_deleted(
        self, db: None, admin_client: Client, reservation: str | None, left: int
    ) -> None:
        badge = StoredBadge.objects.create(
            slug="reader", name="Reader", type="skill", system=System.objects.create(slug="city", name="The City")
        )
        code = ClaimCode.objects.create(badge=badge, code="abc", reservation=reservation, recipient_id="ada")
        page = f"/admin/badgekit/claimcode/{code.pk}"
        admin_client.post(f"{page}/change/", {"badge": badge.pk, "code": "abc", "recipient_id": "ben"})
        admin_client.post(f"{page}/delete/", {"post": "yes"})
        assert ClaimCode.objects.filter(recipient_id="ada", deleted_at=None).count() == left


class TestLearners:
    def test_one_is_added_who_may_sign_in(self, db: None, admin_client: Client) -> None:
        password = "a-long-and-winding-road"
        answer = admin_client.post(
            f"{LEARNERS}add/",
            {
                "username": "grace",
                "full_name": "Grace Hopper",
                "email": "grace@example.com",
                "usable_password": "true",
                "password1": password,
                "password2": password,
            },
        )
        assert answer.status_code == 302
        learner = Learner.objects.get(username="grace")
        assert (learner.full_name, learner.check_password(password)) == ("Grace Hopper", True)

    def test_one_is_changed(self, db: None, admin_client: Client) -> None:
        learner = Learner.objects.create(username="ada")
        admin_client.post(
            f"{LEARNERS}{learner.pk}/change/", {"username": "ada", "full_name": "Ada Lovelace", "is_active": "on"}
        )
        learner.refresh_from_db()
        assert (learner.full_name, learner.is_staff) == ("Ada Lovelace", False)
