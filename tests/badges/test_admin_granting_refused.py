"""What the pages for giving and taking back badges refuse: odd lists, forged forms, and whoever may not."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import Badge, BadgeTemplate, Learner
from tests.badges.admin_by_hand import (
    BADGES,
    TEMPLATES,
    ask,
    award_page,
    chosen,
    confirm,
    confirmed,
    csv,
    form_errors,
    messages,
    one_holder,
    preview,
    staff,
)
from tests.badges.test_admin import viewer
from tests.badges.world import World

pytestmark = pytest.mark.once


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    return one_holder(credly)


class TestWrongInput:
    @pytest.mark.parametrize(
        ("told", "field", "why"),
        [
            ({}, "__all__", "the one or the other"),
            ({"learners": " \r\n "}, "__all__", "the one or the other"),
            ({"learners": "ben", "reason": ""}, "reason", "required"),
            ({"learners": "ben", "reason": " "}, "reason", "required"),
            ({"learners": "ben", "reason": "x" * 1_001}, "reason", "at most 1000 characters"),
            ({"learners": "ben", "reason": "a\0b"}, "reason", "Null characters"),
            ({"learners": "b\0en"}, "learners", "Null characters"),
            ({"learners": "x\n" * 5_001}, "learners", "5,001 rows"),
            ({"learners": "é" * 600_000}, "learners", "1 MB"),
        ],
    )
    def test_what_is_missing_or_too_much_is_said_at_its_field(
        self, template: BadgeTemplate, admin_client: Client, told: dict[str, str], field: str, why: str
    ) -> None:
        answer = preview(admin_client, template, **told)
        assert why in form_errors(answer)[field][0]

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "empty"),
            (b"ada\nben", "has to name the columns"),
            ("username\nSøren".encode("latin-1"), "UTF-8"),
            (b"username\n" + b"x" * 1_000_000, "larger than 1 MB"),
            (b"username" + b"\nx" * 5_001, "5,001 rows"),
            (b"\0" * 100, "UTF-8"),
            (b'username\n"ada', "Line 2 is not CSV"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_an_error_of_the_form(
        self, template: BadgeTemplate, admin_client: Client, data: bytes, why: str
    ) -> None:
        answer = preview(admin_client, template, file=csv(data))
        assert why in form_errors(answer)["file"][0]

    def test_a_list_and_a_file_are_too_much(self, template: BadgeTemplate, admin_client: Client) -> None:
        answer = preview(admin_client, template, "ben", file=csv("username\ncem"))
        assert "__all__" in form_errors(answer)

    @pytest.mark.parametrize("forged", ["", ":", "a:b:c", "é\0:1:2", "W10:1tX:xx", "x" * 10_000])
    def test_a_forged_confirmation_does_nothing(
        self, template: BadgeTemplate, admin_client: Client, forged: str
    ) -> None:
        answer = admin_client.post(award_page(template), {"confirmed": forged})
        assert answer.status_code == 302
        assert "begin anew" in messages(answer)[0]
        assert Badge.objects.count() == 1

    def test_a_confirmation_is_for_its_template_and_user_and_for_a_day(
        self, credly: World, template: BadgeTemplate, admin_client: Client
    ) -> None:
        told = {"confirmed": confirmed(preview(admin_client, template, "ben"))}
        other = award_page(credly.templates[1])
        assert "begin anew" in messages(admin_client.post(other, told))[0]
        somebody = staff("change_credlybadgetemplate")
        assert "begin anew" in messages(somebody.post(award_page(template), told))[0]
        with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
            admin_client.force_login(Learner.objects.get(username="admin"))
            assert "begin anew" in messages(admin_client.post(award_page(template), told))[0]
        assert Badge.objects.count() == 1

    @pytest.mark.parametrize("id_", ["0", "999999", "ada", "1%00", "-1", "_3A"])
    def test_a_template_that_is_not_there_leads_back(self, db: None, admin_client: Client, id_: str) -> None:
        for answer in (admin_client.get(f"{TEMPLATES}{id_}/award/"), admin_client.post(f"{TEMPLATES}{id_}/award/")):
            assert answer.status_code in {302, 400, 404}


class TestPermissions:
    def test_strangers_are_sent_to_the_login(self, template: BadgeTemplate) -> None:
        learner = Client()
        learner.force_login(Learner.objects.get(username="ada"))
        for client in (Client(), learner):
            for address in (award_page(template), f"{BADGES}revoke/"):
                for answer in (client.get(address), client.post(address, {"learners": "ben", "reason": "-"})):
                    assert answer.status_code == 302
                    assert answer["Location"].startswith("/admin/login/")

    def test_who_may_only_look_neither_gives_nor_takes(self, credly: World, template: BadgeTemplate) -> None:
        client = viewer()
        assert "Give this badge" not in client.get(f"{TEMPLATES}{template.pk}/change/").text
        assert 'value="revoke"' not in client.get(BADGES).text
        for address in (award_page(template), f"{TEMPLATES}999999/award/", f"{BADGES}revoke/"):
            for answer in (client.get(address), client.post(address, {"learners": "ben", "reason": "-"})):
                assert answer.status_code == 403
        client.post(BADGES, {"action": "revoke", "_selected_action": [badge.pk for badge in credly.badges()]})
        assert [badge.status for badge in Badge.objects.all()] == ["awarded"]

    def test_the_permission_to_change_templates_gives_and_that_to_change_badges_takes(
        self, credly: World, template: BadgeTemplate
    ) -> None:
        client = staff("change_credlybadgetemplate")
        confirm(client, template, preview(client, template, "ben"))
        assert client.post(f"{BADGES}revoke/").status_code == 403
        other = staff("change_credlybadge", username="other")
        page = ask(other, *credly.badges())
        told = {"chosen": chosen(page), "reason": "-"}
        assert other.get(award_page(template)).status_code == 403
        assert client.post(f"{BADGES}revoke/", told).status_code == 403
        assert messages(other.post(f"{BADGES}revoke/", told)) == ["Revoked: 2."]

    def test_a_form_of_another_site_is_refused(self, template: BadgeTemplate, credly: World) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(Learner.objects.create_superuser("root"))
        for address in (award_page(template), f"{BADGES}revoke/"):
            assert client.post(address, {"learners": "ben", "reason": "-"}).status_code == 403
