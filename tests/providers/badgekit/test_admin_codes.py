"""The administration of claim codes, of the badges that were given, and of applications."""

import pytest
from django.db.models.signals import pre_save
from django.test import Client

from credentials_badges.badges.models import Learner
from providers.badgekit import claims
from providers.badgekit.instances import Award, give
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Review, WebhookCall
from tests.badges.test_admin import address_of
from tests.providers.badgekit.admin_pages import application, change_page, clerk, delete, delete_chosen, errors

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("webhook")]


class TestClaimCodes:
    def test_one_is_made_up_if_none_is_said(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        for typed in ("", "   "):
            admin_client.post(address_of(ClaimCode, "add"), {"badge": coder.pk, "code": typed, "multiuse": "on"})
        assert {len(code.code) for code in ClaimCode.objects.all()} == {12}
        assert ClaimCode.objects.count() == 2

    def test_one_s_own_is_taken_as_it_is_and_shown_with_its_address(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        admin_client.post(
            address_of(ClaimCode, "add"), {"badge": coder.pk, "code": "Tag der Tür", "multiuse": "on", "limit": "3"}
        )
        code = ClaimCode.objects.get(code="Tag der Tür", limit=3)
        shown = admin_client.get(change_page(code)).text
        assert 'href="http://127.0.0.1:8000/claim/Tag%20der%20T%C3%BCr/"' in shown
        assert "Anybody" in shown

    @pytest.mark.parametrize(
        ("told", "wrong"),
        [
            ({"code": "TAKEN"}, "code"),
            ({"code": "x" * 256}, "code"),
            ({"limit": "2"}, "limit"),
            ({"badge": ""}, "badge"),
        ],
    )
    def test_what_cannot_be_is_refused(self, admin_client: Client, told: dict[str, str], wrong: str) -> None:
        coder = Badge.objects.get(slug="coder")
        ClaimCode.objects.create(badge=coder, code="taken")
        answer = admin_client.post(address_of(ClaimCode, "add"), {"badge": coder.pk, "code": "new", **told})
        assert errors(answer).keys() == {wrong}

    def test_of_one_that_exists_only_for_how_many_it_is_is_changed(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        code = ClaimCode.objects.create(badge=coder, code="abc", email="ada@example.com", claimed=True, uses=1)
        told = {"code": "xyz", "email": "eve@example.com", "uses": "0", "multiuse": "on", "limit": "5"}
        assert admin_client.post(change_page(code), told).status_code == 302
        code.refresh_from_db()
        assert (code.code, code.email, code.claimed, code.uses) == ("abc", "ada@example.com", True, 1)
        assert (code.multiuse, code.limit) == (True, 5)

    def test_a_claim_at_the_same_moment_stays(self, admin_client: Client) -> None:
        code = ClaimCode.objects.create(badge=Badge.objects.get(slug="coder"), code="abc")

        def claim(**_: object) -> None:
            pre_save.disconnect(claim, sender=ClaimCode)
            ClaimCode.objects.filter(pk=code.pk).update(claimed=True, uses=1, email="ada@example.com")

        pre_save.connect(claim, sender=ClaimCode, weak=False)
        assert admin_client.post(change_page(code), {"label": "At the fair"}).status_code == 302
        code.refresh_from_db()
        assert (code.label, code.claimed, code.uses, code.email) == ("At the fair", True, 1, "ada@example.com")

    def test_a_reserved_one_is_only_shown_with_its_learner(self, admin_client: Client) -> None:
        ada = Learner.objects.create_user("ada")
        told = {"badge": Badge.objects.get(slug="coder"), "email": "ada@example.com"}
        code = ClaimCode.objects.create(code="abc", reservation="a-promise", recipient_id=str(ada.uuid), **told)
        odd = ClaimCode.objects.create(code="odd", reservation="another", recipient_id="nobody", **told)
        assert f'<a href="/admin/badges/learner/{ada.pk}/change/">ada</a>' in admin_client.get(change_page(code)).text
        assert "not known any more (nobody)" in admin_client.get(change_page(odd)).text
        admin_client.post(change_page(code), {"multiuse": "on", "limit": "9", "email": "eve@example.com"})
        assert delete(admin_client, code) == 403
        delete_chosen(admin_client, code, odd)
        code.refresh_from_db()
        assert (code.multiuse, code.limit, code.email, code.deleted_at) == (False, None, "ada@example.com", None)

    def test_a_deleted_one_is_listed_on_demand_and_its_badges_stay(self, admin_client: Client) -> None:
        coder = Badge.objects.get(slug="coder")
        code, other = (ClaimCode.objects.create(badge=coder, code=text, multiuse=True) for text in ("one", "two"))
        claims.claim(code, Award(email="ada@example.com", base_url="http://testserver/"))
        assert delete(admin_client, code) == 302
        assert BadgeInstance.objects.get().claim_code == code
        page = address_of(ClaimCode, "changelist")
        listed = {query: admin_client.get(page + query).context["cl"].result_list for query in ("", "?deleted=yes")}
        assert list(listed[""]) == [other]
        assert list(listed["?deleted=yes"]) == [code]
        assert len(admin_client.get(f"{page}?deleted=all").context["cl"].result_list) == 2
        assert admin_client.post(change_page(code), {"multiuse": "on"}).status_code == 403
        delete_chosen(admin_client, other)
        other.refresh_from_db()
        assert other.deleted_at is not None


class TestInstances:
    def test_to_delete_one_is_to_revoke_it(self, admin_client: Client) -> None:
        held = [
            give(Badge.objects.get(slug=slug), Award(email=f"{name}@example.com", base_url="http://testserver/"))
            for slug in ("coder", "reader")
            for name in ("ada", "ben")
        ]
        WebhookCall.objects.all().delete()
        page = address_of(BadgeInstance, "changelist")
        assert '<option value="delete_selected">Revoke</option>' in admin_client.get(page).text
        asked = {"action": "delete_selected", "_selected_action": [row.pk for row in held]}
        for shown in (
            admin_client.post(page, asked),
            admin_client.get(address_of(BadgeInstance, "delete", held[0].pk)),
        ):
            assert "BadgeKit knows no revoked badges" in shown.text
            assert "Coder of ada@example.com" in shown.text
        assert delete(admin_client, held[0]) == 302
        delete_chosen(admin_client, *held[1:])
        assert not BadgeInstance.objects.exists()
        assert sorted(WebhookCall.objects.values_list("action", "topic")) == sorted(
            ("revoke", row.slug) for row in held
        )

    def test_it_needs_the_permission_to_delete(self) -> None:
        row = give(Badge.objects.get(slug="coder"), Award(email="ada@example.com", base_url="http://testserver/"))
        client = clerk(BadgeInstance)
        assert delete(client, row) == 403
        delete_chosen(client, row)
        assert BadgeInstance.objects.exists()

    def test_nobody_writes_one_by_hand(self, admin_client: Client) -> None:
        assert admin_client.post(address_of(BadgeInstance, "add"), {}).status_code == 403


class TestApplications:
    def test_they_are_shown_with_evidence_and_reviews(self, admin_client: Client) -> None:
        asked = application()
        shown = admin_client.get(change_page(asked)).text
        for words in ("https://ada.example/", "My best.", "eve@example.com", "Good."):
            assert words in shown
        assert "It runs." in admin_client.get(change_page(Review.objects.get())).text
        for row in (asked, Review.objects.get()):
            assert admin_client.post(change_page(row), {}).status_code == 403
            assert delete(admin_client, row) == 403
