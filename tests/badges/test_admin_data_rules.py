"""The administrator's pages of single requirements and penalties: they suggest what is known, and refuse what cannot be
meant.
"""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Learner,
    PenaltyDataRule,
    RulesVersion,
)
from tests.badges.test_admin_rules import inline, page_of, row_of, save
from tests.badges.world import PASSING, World, requirement

pytestmark = pytest.mark.once

CCX = "org.openedx.learning.ccx.course.passing.status.updated.v1"
ENROLLED = "org.openedx.learning.course.enrollment.created.v1"
HARBOUR = "course-v1:Harbour+OneX+2026"


def own_page(row: BadgeRequirement | BadgePenalty) -> str:
    return f"/admin/badges/{row._meta.model_name}/{row.pk}/change/"


def submit(client: Client, parent: Any, rules: list[dict[str, Any]], **changed: Any) -> Any:
    """Submit the page of a requirement or penalty with these data rules; returns the answer."""
    data = {"event_type": parent.event_type, "count": 1, **changed}
    return client.post(own_page(parent), data | inline("rules", rules))


def rule(path: str, value: str, operator: str = "eq", **more: Any) -> dict[str, Any]:
    return {"path": path, "operator": operator, "value": value, **more}


def as_sent(kept: DataRule, **changed: Any) -> dict[str, Any]:
    """What a browser sends for a data rule that is there already: line ends become two characters."""
    value = kept.value.replace("\n", "\r\n")
    return rule(kept.path, value, kept.operator, id=kept.pk, requirement=kept.requirement_id) | changed


def errors(answer: Any) -> list[dict[str, list[str]]]:
    """What is said about each data rule."""
    assert answer.status_code == 200
    return [dict(each) for each in answer.context["inline_admin_formsets"][0].formset.errors]


def warnings(answer: Any) -> list[str]:
    """The warnings after a page was submitted."""
    assert answer.status_code == 302
    return [str(told) for told in get_messages(answer.wsgi_request) if told.level_tag == "warning"]


@pytest.fixture
def one(credly: World) -> BadgeRequirement:
    """A requirement that has two data rules."""
    return credly.configure(requirements=[requirement("one", "OneX")]).requirements.get()


class TestSuggestions:
    def test_the_page_offers_the_paths_of_its_event_type(self, one: BadgeRequirement, admin_client: Client) -> None:
        text = admin_client.get(own_page(one)).text
        assert 'name="rules-0-path" value="is_passing" class="vTextField" list="known-paths"' in text
        suggested = (
            '<option value="course.course_key" '
            'label="course.course_key (key, such as course-v1:OpenedX+DemoX+Demo_Course)"></option>'
        )
        assert text.count(suggested) == 1
        assert "<summary>Paths of org.openedx.learning.course.passing.status.updated.v1</summary>" in text
        assert "<td><code>is_passing</code></td><td>bool</td><td><code>true</code></td>" in text
        assert 'name="distinct" class="vLargeTextField" list="known-paths"' in text

    def test_every_event_type_field_offers_the_known_types_once_a_page(
        self, one: BadgeRequirement, admin_client: Client
    ) -> None:
        undone = BadgePenalty.objects.create(template=one.template, event_type=PASSING)
        for address, fields in ((own_page(one), 1), (own_page(undone), 1), (page_of(one.template), 4)):
            text = admin_client.get(address).text
            assert text.count('list="event-types"') == fields  # With the empty ones that "Add another" copies.
            assert text.count('<datalist id="event-types">') == 1
            assert text.count(f'<option value="{CCX}"></option>') == 1

    def test_another_events_paths_are_free(self, one: BadgeRequirement, admin_client: Client) -> None:
        rows = [as_sent(each, DELETE="on") for each in one.rules.all()]
        answer = submit(admin_client, one, [*rows, rule("pages.read", "lots")], event_type="com.example.read.v1")
        assert answer.status_code == 302
        assert [str(each) for each in one.rules.all()] == ["pages.read = lots"]
        text = admin_client.get(own_page(one)).text
        assert "Nothing is known about events of type com.example.read.v1" in text
        assert 'id="known-paths"' not in text


class TestDataRules:
    @pytest.mark.parametrize(
        ("row", "field", "words"),
        [
            (rule("is_passing", "maybe"), "value", "'maybe' is not true, yes, +, false, no or -."),
            (rule("is_passing", "maybe"), "value", "At is_passing, these events have a bool, such as true."),
            (rule("is_passing", "true", "lt"), "operator", "of which “<” cannot be asked. Choose one of: =, ≠, is one"),
            (rule("course.course_key", "DemoX"), "value", "'DemoX' is not a key"),
            (rule("course.course_key", f"{HARBOUR}\r\nDemoX", "in"), "value", "'DemoX' is not a key"),
            (rule("course.course_key.any_run", "DemoX"), "value", "'DemoX' is not a key"),
            (rule("user.id", "ada"), "value", "'ada' is not a number"),
            (rule("is_passing", ""), "value", "“=” needs a value."),
            (rule("is_passing", "true", "exists"), "value", "“exists” takes no value. Leave it empty."),
            (rule("course.display_name", "(", "matches"), "value", "The pattern cannot be used"),
            (rule("anything", "much", "ge"), "value", "“≥” needs a number or a moment, not 'much'."),
        ],
    )
    def test_what_cannot_be_meant_is_refused_where_it_stands(
        self, one: BadgeRequirement, admin_client: Client, row: dict[str, Any], field: str, words: str
    ) -> None:
        undone = BadgePenalty.objects.create(template=one.template, event_type=PASSING)
        kept = [as_sent(each) for each in one.rules.all()]
        for parent, others in ((one, kept), (undone, [])):
            (*fine, wrong) = errors(submit(admin_client, parent, [*others, row]))
            assert fine == [{}] * len(others)
            assert list(wrong) == [field]
            assert words in wrong[field][0]
        assert one.rules.count() == 2
        assert not PenaltyDataRule.objects.exists()

    @pytest.mark.parametrize(
        "row",
        [
            rule("course.display_name", "", "exists"),
            rule("course.display_name", "", "missing"),
            rule("course.course_key.org", "Harbour"),
            rule("user.id", "30", "ge"),
            rule("anything", "at all"),
        ],
        ids=str,
    )
    def test_what_can_be_meant_is_saved(self, one: BadgeRequirement, admin_client: Client, row: dict[str, Any]) -> None:
        version = RulesVersion.current()
        assert submit(admin_client, one, [*map(as_sent, one.rules.all()), row]).status_code == 302
        assert one.rules.filter(**row).exists()
        assert RulesVersion.current() > version

    def test_a_new_event_type_has_to_suit_the_rules_that_stay(
        self, one: BadgeRequirement, admin_client: Client
    ) -> None:
        DataRule.objects.filter(path="course.course_key").delete()
        clash = DataRule.objects.create(requirement=one, path="mode", value="30", operator="ge")
        rows = [as_sent(each) for each in one.rules.all()]
        (fine, wrong) = errors(submit(admin_client, one, [rows[0], {**rows[1], "value": "honor"}], event_type=ENROLLED))
        assert (fine, list(wrong)) == ({}, ["value"])
        changed = {**rows[1], "operator": "eq", "value": "honor"}
        assert submit(admin_client, one, [rows[0], changed], event_type=ENROLLED).status_code == 302
        clash.refresh_from_db()
        assert str(clash) == "mode = honor"

    def test_the_templates_page_refuses_an_event_type_that_does_not_suit_the_rules(
        self, one: BadgeRequirement, admin_client: Client
    ) -> None:
        DataRule.objects.create(requirement=one, path="mode", value="30", operator="in")
        DataRule.objects.create(requirement=one, path="is_active", value="perhaps")
        row = row_of(one, event_type=ENROLLED)
        answer = save(admin_client, one.template, is_active=True, requirements=[row])
        (wrong,) = errors(answer)
        assert list(wrong) == ["event_type"]
        (told,) = wrong["event_type"]
        assert told.startswith(
            "Its data rule “is_active = perhaps” does not suit events of this type. 'perhaps' is not"
        )
        assert told.endswith("Change both together, on its own page.")
        one.refresh_from_db()
        assert one.event_type == PASSING

    def test_the_same_rule_twice_is_refused(self, one: BadgeRequirement, admin_client: Client) -> None:
        rows = [as_sent(each) for each in one.rules.all()]
        (_, _, wrong) = errors(submit(admin_client, one, [*rows, rule("is_passing", "true")]))
        assert "The same rule stands above already" in wrong["__all__"][0]
        replaced = [{**rows[0], "DELETE": "on"}, rows[1], rule("is_passing", "true")]
        assert submit(admin_client, one, replaced).status_code == 302

    def test_a_list_that_nobody_touched_is_not_changed_by_being_sent_back(
        self, one: BadgeRequirement, admin_client: Client
    ) -> None:
        DataRule.objects.create(requirement=one, path="course.display_name", operator="in", value="One\nTwo ")
        rows = [as_sent(each) for each in one.rules.all()]
        assert submit(admin_client, one, rows, description="New").status_code == 302
        assert DataRule.objects.get(operator="in").value == "One\nTwo "
        rows[2]["value"] = " One\r\nThree "
        assert submit(admin_client, one, rows).status_code == 302
        assert DataRule.objects.get(operator="in").value == "One\nThree"

    def test_with_a_badge_there_are_none(self, credly: World, one: BadgeRequirement, admin_client: Client) -> None:
        rows = [as_sent(each) for each in one.rules.all()]
        wanted = {"event_type": "", "badge": credly.templates[1].pk}
        answer = submit(admin_client, one, rows, **wanted)
        assert "A badge is required here, so there is no event that data rules could look at." in answer.text
        answer = save(admin_client, one.template, is_active=True, requirements=[row_of(one, **wanted)])
        assert list(errors(answer)[0]) == ["badge"]
        one.refresh_from_db()
        assert one.badge is None
        assert submit(admin_client, one, [{**row, "DELETE": "on"} for row in rows], **wanted).status_code == 302
        one.refresh_from_db()
        assert one.badge == credly.templates[1]

    def test_whoever_may_only_look_at_them_cannot_slip_another_event_type_under_them(
        self, one: BadgeRequirement, client: Client
    ) -> None:
        DataRule.objects.create(requirement=one, path="is_active", value="perhaps")
        staff = Learner.objects.create_user("staff", is_staff=True)
        wanted = ("change_badgerequirement", "view_datarule")
        staff.user_permissions.set(Permission.objects.filter(codename__in=wanted))
        client.force_login(staff)
        rows = [{"id": each.pk, "requirement": one.pk} for each in one.rules.all()]
        answer = submit(client, one, rows, event_type=ENROLLED)
        assert answer.status_code == 200
        assert "&#x27;perhaps&#x27; is not true" in answer.text
        assert submit(client, one, rows, description="Mine").status_code == 302
        one.refresh_from_db()
        assert (one.event_type, one.description, one.rules.count()) == (PASSING, "Mine", 3)


class TestOwnPage:
    def test_all_of_a_requirement_is_edited(self, one: BadgeRequirement, admin_client: Client) -> None:
        dates = {"since_0": "2027-01-01", "since_1": "00:00", "until_0": "2028-01-01", "until_1": "00:00"}
        more = {"group": "A", "count": 5, "distinct": "course.course_key", "within_days": 365, "expires_days": 90}
        rows = [as_sent(each) for each in one.rules.all()]
        assert submit(admin_client, one, rows, **more, **dates).status_code == 302
        one.refresh_from_db()
        assert {name: getattr(one, name) for name in more} == more
        assert (f"{one.since:%Y-%m-%d}", f"{one.until:%Y-%m-%d}") == ("2027-01-01", "2028-01-01")
        assert f'<a href="{page_of(one.template)}">' in admin_client.get(own_page(one)).text
        answer = submit(admin_client, one, rows, streak="week", **more)
        assert list(answer.context["adminform"].form.errors) == ["streak"]

    def test_after_offers_the_others_of_its_template_and_refuses_a_circle(
        self, credly: World, admin_client: Client
    ) -> None:
        three = [{"id": id_, "event_type": PASSING} for id_ in ("a", "b", "c")]
        three[1]["after"], three[2]["after"] = ["a"], ["b"]  # type: ignore[assignment]
        a, b, c = credly.configure(requirements=three).requirements.order_by("key")
        foreign = credly.configure(1, requirements=[{"id": "d", "event_type": PASSING}]).requirements.get()
        offered = admin_client.get(own_page(a)).context["adminform"].form.fields["after"].queryset
        assert set(offered) == {b, c}
        for chosen, words in (
            ([c.pk], "These would wait for one another for ever: "),
            ([foreign.pk], "is not one of the available choices"),
            ([a.pk], "is not one of the available choices"),
        ):
            wrong = submit(admin_client, a, [], after=chosen).context["adminform"].form.errors
            assert words in wrong["after"][0]
        told = submit(admin_client, a, [], after=[c.pk]).context["adminform"].form.errors["after"][0]
        assert any(circle in told for circle in ("a after c after b after a", "b after a after c", "c after b after a"))
        assert not a.after.exists()
        assert submit(admin_client, c, [], after=[a.pk, b.pk]).status_code == 302
        assert set(c.after.all()) == {a, b}

    def test_it_costs_as_many_statements_for_many_rules(
        self, credly: World, one: BadgeRequirement, admin_client: Client
    ) -> None:
        undone = BadgePenalty.objects.create(template=one.template, event_type=PASSING)
        counts: list[list[int]] = []
        for numbers in (range(2), range(2, 12)):
            for number in numbers:
                BadgeTemplate.objects.create(account=credly.account, external_id=number, name=f"Of {number}")
                other = BadgeRequirement.objects.create(template=one.template, key=str(number), event_type=PASSING)
                one.after.add(other)
                undone.requirements.add(other)
                DataRule.objects.create(requirement=one, path=f"path_{number}", value="1")
                PenaltyDataRule.objects.create(penalty=undone, path=f"path_{number}", value="1")
            counts.append([])
            for address in (own_page(one), own_page(undone)):
                admin_client.get(address)  # The first visit also fills caches.
                with CaptureQueriesContext(connection) as statements:
                    assert admin_client.get(address).status_code == 200
                counts[-1].append(len(statements))
        assert counts[0] == counts[1]
