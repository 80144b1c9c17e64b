"""Whom the administration's first page shows what, and how it lets people begin."""

from typing import Any

import pytest
from django.test import Client

from credentials_badges.badges.models import (
    AccountMember,
    Learner,
    ProviderAccount,
)
from tests.badges.front_page import NOW, bury, page, staff, titles
from tests.badges.world import World, passing, requirement, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somebody_at_work")]
EVIL = "<script>alert(1)</script>"


class TestWhoSeesIt:
    def test_staff_without_permissions_see_nothing_of_it(self, setting_up: Any) -> None:
        bury(setting_up(1)[0])
        ProviderAccount.objects.update(paused_reason="The key is wrong.")
        client = staff()
        context = client.get("/admin/").context
        assert [context[name] for name in ("tiles", "charts", "rows", "needs", "steps")] == [[]] * 5
        assert "Quay" not in page(client)

    def test_members_are_told_nothing_of_other_accounts_of_the_provider(self, setting_up: Any) -> None:
        own, other = setting_up(1)[0].account, setting_up(1)[0].account
        told = {"paused_reason": "The key is wrong.", "key_expires_at": NOW(), "paused_until": NOW()}
        ProviderAccount.objects.update(**told)
        client = staff()
        AccountMember.objects.create(account=own, user=Learner.objects.get(username="sam"), role="reader")
        assert [title for title in titles(client) if "Quay 0" in title]
        assert [title for title in titles(client) if other.name in title] == []
        assert other.name not in page(client)

    def test_staff_see_what_they_may_look_at_and_have_no_buttons(self, setting_up: Any) -> None:
        bury(setting_up(1)[0])
        client = staff("view_issuance")
        context = client.get("/admin/").context
        assert [tile["title"] for tile in context["tiles"]] == [
            "Pushed to providers",
            "Put off after a failure",
            "Given up",
        ]
        assert [(need.number, need.button) for need in context["needs"]] == [(1, None)]
        assert context["rows"] == []

    def test_a_button_is_for_those_who_may_change_things(self, setting_up: Any) -> None:
        bury(setting_up(1)[0])
        client = staff("view_issuance", "change_issuance")
        assert [need.button.label for need in client.get("/admin/").context["needs"]] == ["Retry"]

    def test_an_issuer_gets_no_button_for_an_account_to_look_at(self, setting_up: Any) -> None:
        own, other = setting_up(1)[0], setting_up(1)[0]
        for badge in (own, other):
            bury(badge)
        client, sam = staff(), Learner.objects.get(username="sam")
        AccountMember.objects.create(account=own.account, user=sam, role="issuer")
        AccountMember.objects.create(account=other.account, user=sam, role="reader")
        found = {each.title: each.button for each in client.get("/admin/").context["needs"] if "Given up" in each.title}
        assert [bool(found[f"Given up at {each.account}: Rejected by the provider"]) for each in (own, other)] == [
            True,
            False,
        ]


class TestTheFirstSteps:
    def test_an_empty_installation_is_told_how_to_begin(self, admin_client: Client) -> None:
        context = admin_client.get("/admin/").context
        assert [step["is_done"] for step in context["steps"]] == [False] * 5
        adding = dict(context["steps"][0]["links"])
        assert "/admin/badges/credlyorganization/add/" in adding.values()
        assert all(admin_client.get(address).status_code == 200 for address in adding.values())

    def test_each_is_ticked_off_and_all_go_with_the_first_badge(self, admin_client: Client, credly: World) -> None:
        def done() -> list[bool]:
            return [step["is_done"] for step in admin_client.get("/admin/").context["steps"]]

        assert done() == [True, True, False, False, False]
        credly.configure(requirements=[requirement("one", "OneX")])
        assert done() == [True, True, True, True, False]
        send(passing("ada", "OneX"))
        assert done() == []
