"""The administrator's pages of templates: what is told is shown safely, and only what can be earned is activated."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import rules
from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Learner,
    PenaltyDataRule,
    RulesVersion,
)
from tests.badges.test_admin import run
from tests.badges.world import PASSING, World, passing, penalty, requirement, send

TEMPLATES = "/admin/badges/credlybadgetemplate/"


def page_of(template: BadgeTemplate) -> str:
    return f"{TEMPLATES}{template.pk}/change/"


def inline(prefix: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What a browser sends for the rows of an inline."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": sum("id" in row for row in rows)}
    return data | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def save(
    client: Client,
    template: BadgeTemplate,
    *,
    is_active: bool,
    requirements: list[dict[str, Any]],
    penalties: list[dict[str, Any]] | None = None,
) -> Any:
    """Submit the template's page; returns the answer."""
    data = {"award": "once"} | ({"is_active": "on"} if is_active else {})
    return client.post(
        page_of(template), data | inline("requirements", requirements) | inline("penalties", penalties or [])
    )


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    return credly.templates[0]


class TestActivation:
    def test_it_is_refused_without_a_requirement(self, template: BadgeTemplate, admin_client: Client) -> None:
        answer = save(admin_client, template, is_active=True, requirements=[])
        assert "An active template needs at least one requirement." in answer.text
        template.refresh_from_db()
        assert not template.is_active

    def test_requirements_may_come_in_the_same_submission(self, template: BadgeTemplate, admin_client: Client) -> None:
        nameless = {"event_type": PASSING}
        answer = save(admin_client, template, is_active=True, requirements=[nameless, nameless])
        assert answer.status_code == 302
        template.refresh_from_db()
        assert (template.is_active, template.award) == (True, "once")
        assert len(set(template.requirements.values_list("key", flat=True)) - {""}) == 2

    def test_the_last_requirement_of_an_active_template_stays(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        row = {"id": template.requirements.get().pk, "template": template.pk, "key": "one", "event_type": PASSING}
        answer = save(admin_client, template, is_active=True, requirements=[{**row, "DELETE": "on"}])
        assert "needs at least one requirement" in answer.text
        answer = save(admin_client, template, is_active=False, requirements=[{**row, "DELETE": "on"}])
        assert answer.status_code == 302
        assert not template.requirements.exists()

    @pytest.mark.parametrize("state", ["draft", "archived"])
    def test_what_cannot_be_issued_is_refused(self, template: BadgeTemplate, admin_client: Client, state: str) -> None:
        BadgeTemplate.objects.update(state=state)
        answer = save(admin_client, template, is_active=True, requirements=[{"event_type": PASSING}])
        assert f"It is {state} at the provider" in answer.text
        assert not BadgeTemplate.objects.filter(is_active=True).exists()

    def test_the_action_activates_what_is_ready_and_names_the_others(self, credly: World, admin_client: Client) -> None:
        ready, archived, bare = credly.templates
        for each in (ready, archived):
            for key in ("one", "two"):
                BadgeRequirement.objects.create(template=each, event_type=PASSING, key=key)
        BadgeTemplate.objects.filter(pk=archived.pk).update(state="archived")
        version = RulesVersion.current()
        (success, error) = run(admin_client, TEMPLATES, "activate", *credly.templates)
        assert success == ("success", "Activated: 1.")
        assert error[0] == "error"
        assert archived.name in error[1]
        assert bare.name in error[1]
        assert list(BadgeTemplate.objects.filter(is_active=True)) == [ready]
        assert RulesVersion.current() > version

    def test_the_action_deactivates_for_the_very_next_event(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        send(passing("ada", "OneX"))
        run(admin_client, TEMPLATES, "deactivate", template)
        send(passing("ben", "OneX"))
        assert [badge.learner.username for badge in credly.badges()] == ["ada"]

    def test_somebody_who_may_only_look_at_requirements_may_activate(self, credly: World, client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        BadgeTemplate.objects.update(is_active=False)
        staff = Learner.objects.create_user("staff", is_staff=True)
        wanted = ("change_credlybadgetemplate", "view_badgerequirement")
        staff.user_permissions.set(Permission.objects.filter(codename__in=wanted))
        client.force_login(staff)
        row = {"id": template.requirements.get().pk, "template": template.pk, "key": "mine"}
        assert save(client, template, is_active=True, requirements=[row]).status_code == 302
        assert save(client, credly.templates[1], is_active=True, requirements=[]).status_code == 200
        assert list(BadgeTemplate.objects.filter(is_active=True)) == [template]
        assert template.requirements.get().key == "one"

    def test_unchecking_the_box_deactivates(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        row = {"id": template.requirements.get().pk, "template": template.pk, "key": "one", "event_type": PASSING}
        assert save(admin_client, template, is_active=False, requirements=[row]).status_code == 302
        send(passing("ada", "OneX"))
        assert credly.badges() == []


class TestRules:
    def test_a_penalty_chooses_among_its_templates_requirements(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        other = credly.configure(1, requirements=[requirement("foreign", "TwoX")])
        row = {"id": template.requirements.get().pk, "template": template.pk, "key": "one", "event_type": PASSING}
        rules.current()

        def submit(chosen: BadgeRequirement) -> Any:
            undo = [{"event_type": PASSING, "requirements": [chosen.pk]}]
            return save(admin_client, template, is_active=True, requirements=[row], penalties=undo)

        assert "is not one of the available choices" in submit(other.requirements.get()).text
        assert submit(template.requirements.get()).status_code == 302
        assert rules.current().resets == {BadgePenalty.objects.get().pk: {template.requirements.get().pk}}

    def test_data_rules_are_shown_with_the_template_and_edited_on_their_own_page(
        self, credly: World, admin_client: Client
    ) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
        required, undone = BadgeRequirement.objects.get(), BadgePenalty.objects.get()
        assert "course.course_key = course-v1:Harbour+OneX+2026" in admin_client.get(page_of(template)).text
        for address, parent, model in (
            (f"/admin/badges/badgerequirement/{required.pk}/change/", {"requirement": required}, DataRule),
            (f"/admin/badges/badgepenalty/{undone.pk}/change/", {"penalty": undone}, PenaltyDataRule),
        ):
            assert address in admin_client.get(page_of(template)).text
            version = RulesVersion.current()
            rule = {"path": "grade", "operator": "eq", "value": "A"}
            kept = [{"id": old.pk, "DELETE": "on", **rule} for old in model._default_manager.filter(**parent)]
            for row in kept:
                row |= {name: owner.pk for name, owner in parent.items()}
            answer = admin_client.post(address, {"event_type": PASSING} | inline("rules", [*kept, rule]))
            assert answer.status_code == 302
            assert [str(rule) for rule in model._default_manager.all()] == ["grade = A"]
            assert RulesVersion.current() > version

    def test_a_templates_page_costs_as_many_statements_for_many_requirements(
        self, template: BadgeTemplate, admin_client: Client
    ) -> None:
        counts = []
        for keys in (range(2), range(2, 12)):
            for key in keys:
                BadgeRequirement.objects.create(template=template, key=str(key), event_type=PASSING)
            admin_client.get(page_of(template))  # The first visit also fills caches.
            with CaptureQueriesContext(connection) as statements:
                admin_client.get(page_of(template))
            counts.append(len(statements))
        assert counts[0] == counts[1]

    def test_rules_deleted_from_a_list_are_forgotten_at_once(self, credly: World, admin_client: Client) -> None:
        credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        send(passing("ada", "OneX"))
        gone = BadgeRequirement.objects.get(key="two")
        admin_client.post(
            "/admin/badges/badgerequirement/",
            {"action": "delete_selected", "_selected_action": [gone.pk], "post": "yes"},
        )
        send(passing("ben", "OneX"))
        assert [badge.learner.username for badge in credly.badges()] == ["ben"]


class TestWhatIsTold:
    def test_nothing_of_it_can_be_edited(self, template: BadgeTemplate, admin_client: Client) -> None:
        told = BadgeTemplate.objects.filter(pk=template.pk).values_list("name", "external_id", "state", "account")
        before = told.get()
        admin_client.post(
            page_of(template),
            {"award": "once", "name": "Mine", "external_id": "mine", "state": "draft", "account": "9"}
            | inline("requirements", [])
            | inline("penalties", []),
        )
        assert told.get() == before
        assert admin_client.get(f"{TEMPLATES}add/").status_code == 403
        assert admin_client.post(f"{TEMPLATES}{template.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_hostile_texts_are_escaped_and_not_linked(self, template: BadgeTemplate, admin_client: Client) -> None:
        BadgeTemplate.objects.filter(pk=template.pk).update(
            name="<script>alert(1)</script>", image_url="javascript:alert(1)", url=" JavaScript:alert(2)"
        )
        for address in (TEMPLATES, page_of(template)):
            text = admin_client.get(address).text
            assert "<script>alert" not in text
            assert "&lt;script&gt;alert(1)" in text
            for start in ('src="', 'href="'):
                assert f"{start}javascript:" not in text.lower().replace(" ", "")

    def test_an_image_and_a_page_of_the_web_are_shown(self, template: BadgeTemplate, admin_client: Client) -> None:
        BadgeTemplate.objects.filter(pk=template.pk).update(
            image_url='https://images.example/a.png?"><script>', url="https://credly.example/t/1"
        )
        text = admin_client.get(page_of(template)).text
        assert '<img src="https://images.example/a.png?&quot;&gt;&lt;script&gt;"' in text
        assert '<a href="https://credly.example/t/1"' in text
