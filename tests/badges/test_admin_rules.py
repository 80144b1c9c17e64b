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
    ProviderAccount,
    RequirementGroup,
    RulesVersion,
)
from tests.badges.test_admin import run
from tests.badges.world import PASSING, World, passing, requirement, send

TEMPLATES = "/admin/badges/credlybadgetemplate/"
REQUIREMENTS = "/admin/badges/badgerequirement/"


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
    groups: list[dict[str, Any]] | None = None,
    penalties: list[dict[str, Any]] | None = None,
    **life: Any,
) -> Any:
    """Submit the template's page; returns the answer."""
    data = {"award": "once", "renew_days": 0} | ({"is_active": "on"} if is_active else {}) | life
    rows = [{"count": 1, **row} for row in requirements]
    return client.post(
        page_of(template),
        data | inline("requirements", rows) | inline("groups", groups or []) | inline("penalties", penalties or []),
    )


def row_of(requirement: BadgeRequirement, **changed: Any) -> dict[str, Any]:
    """What a browser sends for a requirement that is there already."""
    kept = {name: getattr(requirement, name) for name in ("key", "group", "event_type", "description", "count")}
    return {"id": requirement.pk, "template": requirement.template_id, **kept, **changed}


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    return credly.templates[0]


class TestActivation:
    def test_it_is_refused_without_a_requirement(self, template: BadgeTemplate, admin_client: Client) -> None:
        version = RulesVersion.current()
        answer = save(admin_client, template, is_active=True, requirements=[])
        assert "It cannot be active: it has no requirement." in answer.text
        template.refresh_from_db()
        assert (template.is_active, template.award) == (False, "again_after_revoke")
        assert RulesVersion.current() == version

    def test_requirements_may_come_in_the_same_submission(self, template: BadgeTemplate, admin_client: Client) -> None:
        nameless = {"event_type": PASSING}
        answer = save(admin_client, template, is_active=True, requirements=[nameless, nameless])
        assert answer.status_code == 302
        template.refresh_from_db()
        assert (template.is_active, template.award) == (True, "once")
        assert len(set(template.requirements.values_list("key", flat=True)) - {""}) == 2

    @pytest.mark.parametrize(("size", "status"), [(2, 200), (3, 302)])
    def test_a_group_has_as_many_requirements_as_it_needs(
        self, template: BadgeTemplate, admin_client: Client, size: int, status: int
    ) -> None:
        rows = [{"event_type": PASSING, "group": "A"}] * size
        groups = [{"name": "A", "needed": 3}]
        answer = save(admin_client, template, is_active=True, requirements=rows, groups=groups)
        assert answer.status_code == status
        refused = status == 200
        assert ("It cannot be active: group A needs 3 requirements, and has 2." in answer.text) == refused
        assert template.requirements.count() == (0 if refused else size)
        assert list(RequirementGroup.objects.values_list("name", "needed")) == ([] if refused else [("A", 3)])

    def test_the_last_requirement_of_an_active_template_stays(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        row = row_of(template.requirements.get(), DELETE="on")
        answer = save(admin_client, template, is_active=True, requirements=[row])
        assert "it has no requirement" in answer.text
        assert template.requirements.exists()
        answer = save(admin_client, template, is_active=False, requirements=[row])
        assert answer.status_code == 302
        assert not template.requirements.exists()

    @pytest.mark.parametrize("state", ["draft", "archived"])
    def test_what_cannot_be_issued_is_refused(self, template: BadgeTemplate, admin_client: Client, state: str) -> None:
        BadgeTemplate.objects.update(state=state)
        answer = save(admin_client, template, is_active=True, requirements=[{"event_type": PASSING}])
        assert f"It is {state} at the provider" in answer.text
        assert not BadgeTemplate.objects.filter(is_active=True).exists()

    def test_the_action_activates_what_is_ready_and_says_why_not_the_others(
        self, credly: World, admin_client: Client
    ) -> None:
        ready, archived, bare = credly.templates
        greedy = BadgeTemplate.objects.create(account=credly.account, external_id="greedy", name="Greedy")
        for each in (ready, archived, greedy):
            for key in ("one", "two"):
                BadgeRequirement.objects.create(template=each, event_type=PASSING, key=key, group="A")
        RequirementGroup.objects.create(template=greedy, name="A", needed=3)
        BadgeTemplate.objects.filter(pk=archived.pk).update(state="archived")
        version = RulesVersion.current()
        (success, error) = run(admin_client, TEMPLATES, "activate", *credly.templates, greedy)
        assert success == ("success", "Activated: 1.")
        assert error[0] == "error"
        for left, why in (
            (archived, "it is archived at the provider"),
            (bare, "it has no requirement"),
            (greedy, "group A needs 3 requirements, and has 2"),
        ):
            assert f"“{left}”, because {why}" in error[1]
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
        row = row_of(template.requirements.get())
        assert save(admin_client, template, is_active=False, requirements=[row]).status_code == 302
        send(passing("ada", "OneX"))
        assert credly.badges() == []


class TestLife:
    def test_what_becomes_of_its_badges_is_edited(self, template: BadgeTemplate, admin_client: Client) -> None:
        life = {"award": "again_after_expiry", "expires_days": 730, "renew_days": 60, "limit": 100}
        assert save(admin_client, template, is_active=False, requirements=[], **life).status_code == 302
        assert BadgeTemplate.objects.filter(pk=template.pk, **life).exists()

    def test_contradictions_are_told_where_they_are(self, template: BadgeTemplate, admin_client: Client) -> None:
        answer = save(admin_client, template, is_active=False, requirements=[], award="again_after_expiry")
        assert list(answer.context["adminform"].form.errors) == ["expires_days"]


class TestRules:
    def test_a_penalty_chooses_among_its_templates_requirements(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        other = credly.configure(1, requirements=[requirement("foreign", "TwoX")])
        row = row_of(template.requirements.get())
        rules.current()

        def submit(chosen: BadgeRequirement) -> Any:
            undo = [{"event_type": PASSING, "requirements": [chosen.pk]}]
            return save(admin_client, template, is_active=True, requirements=[row], penalties=undo)

        assert "is not one of the available choices" in submit(other.requirements.get()).text
        assert submit(template.requirements.get()).status_code == 302
        assert rules.current().resets == {BadgePenalty.objects.get().pk: {template.requirements.get().pk}}

    def test_a_badge_of_any_other_template_may_be_required(self, credly: World, admin_client: Client) -> None:
        account = ProviderAccount.objects.create(provider="accredible", external_id="7", name="Lakeside")
        sailor, _ = (
            BadgeTemplate.objects.create(account=account, external_id=id_, name="Sailor") for id_ in ("sea", "lake")
        )
        template = credly.templates[0]
        text = admin_client.get(page_of(template)).text
        assert f'<option value="{sailor.pk}">Sailor, Lakeside (accredible) [sea]</option>' in text
        assert f'<option value="{template.pk}">' not in text
        assert save(admin_client, template, is_active=True, requirements=[{"badge": sailor.pk}]).status_code == 302
        assert template.requirements.get().badge == sailor
        answer = save(
            admin_client,
            template,
            is_active=True,
            requirements=[row_of(template.requirements.get(), badge=template.pk)],
        )
        assert "nobody could begin with either" in answer.text

    def test_what_its_own_page_says_is_shown_in_words_and_still_contradicts(
        self, credly: World, admin_client: Client
    ) -> None:
        first, second = requirement("one", "OneX"), {"id": "two", "event_type": PASSING, "count": 5}
        more = {"distinct": "course.course_key", "within_days": 30, "expires_days": 9, "since": "2027-01-01"}
        template = credly.configure(requirements=[first, {**second, **more, "after": ["one"]}])
        text = admin_client.get(page_of(template)).text
        assert (
            "5 with different course.course_key, within 30 days, from 2027-01-01 00:00 UTC, after one, counts" in text
        )
        row = row_of(template.requirements.get(key="two"), badge=credly.templates[1].pk, event_type="", count=1)
        answer = save(admin_client, template, is_active=True, requirements=[row])
        assert "within days (on its own page): This is about events, and a badge is required here." in answer.text

    def test_rules_deleted_from_a_list_are_forgotten_at_once(self, credly: World, admin_client: Client) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        rules.current()
        gone = template.requirements.get(key="two")
        admin_client.post(REQUIREMENTS, {"action": "delete_selected", "_selected_action": [gone.pk], "post": "yes"})
        send(passing("ben", "OneX"))
        assert [badge.learner.username for badge in credly.badges()] == ["ben"]

    def test_a_templates_page_costs_as_many_statements_for_many_rules(
        self, template: BadgeTemplate, admin_client: Client
    ) -> None:
        counts = []
        for keys in (range(2), range(2, 12)):
            for key in keys:
                required = BadgeTemplate.objects.create(account=template.account, external_id=key, name=f"Of {key}")
                BadgeRequirement.objects.create(template=template, key=f"b{key}", badge=required)
                first = BadgeRequirement.objects.create(template=template, key=str(key), event_type=PASSING)
                DataRule.objects.create(requirement=first, path="is_passing", value="true")
                second = BadgeRequirement.objects.create(template=template, key=f"a{key}", event_type=PASSING)
                second.after.add(first)
                RequirementGroup.objects.create(template=template, name=str(key))
                undone = BadgePenalty.objects.create(template=template, event_type=PASSING)
                undone.requirements.add(first)
                PenaltyDataRule.objects.create(penalty=undone, path="is_passing", value="false")
            admin_client.get(page_of(template))  # The first visit also fills caches.
            with CaptureQueriesContext(connection) as statements:
                assert admin_client.get(page_of(template)).status_code == 200
            counts.append(len(statements))
        assert counts[0] == counts[1]


class TestWhatIsTold:
    def test_nothing_of_it_can_be_edited(self, template: BadgeTemplate, admin_client: Client) -> None:
        told = BadgeTemplate.objects.filter(pk=template.pk).values_list("name", "external_id", "state", "account")
        before = told.get()
        foreign = {"name": "Mine", "external_id": "mine", "state": "draft", "account": "9"}
        assert save(admin_client, template, is_active=False, requirements=[], **foreign).status_code == 302
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
