"""The action by which staff make templates claimable, on the list of every provider's templates."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.test import Client

from credentials_badges.badges.models import BadgeTemplate
from providers.badgekit.models import ClaimCode, System
from tests.badges.admin_by_hand import messages, staff
from tests.badges.world import World, requirement

CREDLY = "/admin/badges/credlybadgetemplate/"
CODER = "/admin/badges/badgekitbadgetemplate/"


def choose(client: Client, *templates: BadgeTemplate, address: str = CREDLY, **told: Any) -> Any:
    """Choose the action on the list; `told` is what the page that follows asks for."""
    data = {"action": "make_claimable_by_code", "_selected_action": [each.pk for each in templates], **told}
    return client.post(address, data)


class TestInTheAdmin:
    def test_every_provider_s_templates_have_the_action(self, db: None, admin_client: Client, rf: Any) -> None:
        pages = {model: page for model, page in admin.site._registry.items() if issubclass(model, BadgeTemplate)}
        assert {model.__name__ for model in pages} >= {
            "CredlyBadgeTemplate",
            "AccredibleGroup",
            "BadgeKitBadgeTemplate",
        }
        request = rf.get("/")
        request.user = admin_client.get("/admin/").wsgi_request.user
        for page in pages.values():
            assert "make_claimable_by_code" in page.get_actions(request)

    def test_it_asks_for_the_system_and_then_shows_the_code(
        self, template: BadgeTemplate, city: System, admin_client: Client
    ) -> None:
        asked = choose(admin_client, template)
        assert asked.status_code == 200
        assert f"{template.name} (inactive)" in asked.text
        assert "The Village" in asked.text
        assert not ClaimCode.objects.exists()
        done = choose(admin_client, template, confirmed="yes", system=city.pk)
        assert done.status_code == 302
        code = ClaimCode.objects.get()
        told, warned = messages(done)
        assert f"claims the code {code.code} at" in told
        assert f"http://127.0.0.1:8000/claim/{code.code}/" in told
        assert warned == f"“{template}” is inactive: what is claimed counts towards it only once it is active."
        shown = admin_client.get(CREDLY).text
        assert f'<a href="http://127.0.0.1:8000/claim/{code.code}/">' in shown
        assert admin_client.get(f"/claim/{code.code}/").status_code == 200
        template.refresh_from_db()
        assert not template.is_active

    @pytest.mark.parametrize("system", ["", "999999", "abc"])
    def test_a_wrong_answer_is_asked_again(self, template: BadgeTemplate, admin_client: Client, system: str) -> None:
        answer = choose(admin_client, template, confirmed="yes", system=system)
        assert answer.status_code == 200
        assert "errorlist" in answer.text
        assert not ClaimCode.objects.exists()

    def test_the_only_system_is_not_asked_for(self, template: BadgeTemplate, admin_client: Client) -> None:
        System.objects.get(slug="village").hide()
        assert "BadgeKit system" not in choose(admin_client, template).text
        choose(admin_client, template, confirmed="yes")
        assert ClaimCode.objects.get().badge.system.slug == "city"

    def test_without_a_system_it_says_what_to_do(self, template: BadgeTemplate, admin_client: Client) -> None:
        for system in System.objects.all():
            system.hide()
        answer = choose(admin_client, template)
        assert "There is no BadgeKit system yet" in answer.text
        assert "/admin/badgekit/system/add/" in answer.text
        assert "Choose a BadgeKit system" in messages(choose(admin_client, template, confirmed="yes"))[0]

    def test_a_badge_of_the_store_needs_no_system_and_no_activity(
        self, own_template: BadgeTemplate, admin_client: Client
    ) -> None:
        assert "BadgeKit system" not in choose(admin_client, own_template, address=CODER).text
        (told,) = messages(choose(admin_client, own_template, address=CODER, confirmed="yes"))
        assert ClaimCode.objects.get(badge__slug="coder").code in told

    def test_what_cannot_be_decided_is_told_and_the_others_are_done(
        self, credly: World, city: System, admin_client: Client
    ) -> None:
        hard = credly.configure(0, requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        easy = credly.configure(1, requirements=[requirement("one", "OneX")])
        done = choose(admin_client, hard, easy, confirmed="yes", system=city.pk)
        levels = {message.level_tag: str(message) for message in get_messages(done.wsgi_request)}
        assert f"“{hard}” was left alone. It needs requirements of several groups" in levels["error"]
        assert f"“{easy}” is given" in levels["success"]
        assert "warning" not in levels

    def test_names_are_escaped(self, template: BadgeTemplate, city: System, admin_client: Client) -> None:
        BadgeTemplate.objects.filter(pk=template.pk).update(name="<script>x")
        assert "<script>x" not in choose(admin_client, template).text
        choose(admin_client, template, confirmed="yes", system=city.pk)
        assert "<script>x" not in admin_client.get(CREDLY).text

    def test_it_needs_the_permission_to_change_templates(self, template: BadgeTemplate, city: System) -> None:
        viewer, editor = staff(), staff("change_credlybadgetemplate", username="editor")
        choose(viewer, template, confirmed="yes", system=city.pk)
        assert not ClaimCode.objects.exists()
        assert "make_claimable_by_code" not in viewer.get(CREDLY).text
        assert choose(editor, template, confirmed="yes", system=city.pk).status_code == 302
        assert ClaimCode.objects.count() == 1

    def test_too_many_at_once_are_refused(self, credly: World, admin_client: Client) -> None:
        account = credly.account
        rows = [BadgeTemplate(account=account, external_id=f"t{n}", name=f"T{n}") for n in range(51)]
        BadgeTemplate.objects.bulk_create(rows)
        done = choose(admin_client, *BadgeTemplate.objects.filter(external_id__startswith="t"), confirmed="yes")
        assert messages(done) == ["At most 50 templates are made claimable at once."]
