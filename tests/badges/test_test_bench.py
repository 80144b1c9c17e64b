"""The test bench shows what an event would meet, and what each rule found in it; it changes nothing."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import events, rules
from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Learner,
    LearningEvent,
    ProviderAccount,
    RulesVersion,
)
from credentials_badges.badges.trying import try_out
from tests.badges.world import PASSING, World, course_rule, key, passing, penalty, requirement, send

pytestmark = pytest.mark.once
BENCH = "/admin/badges/learningevent/test-bench/"
READ = "com.example.read.v1"


def try_it(client: Client, raw: object, template: BadgeTemplate | str = "") -> Any:
    """Submit an event, for a template or for all."""
    body = raw if isinstance(raw, str) else json.dumps(raw)
    chosen = template.pk if isinstance(template, BadgeTemplate) else template
    return client.post(BENCH, {"event": body, "template": chosen})


def outcome(answer: Any) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Each requirement or penalty that is shown, with its answers."""
    assert answer.status_code == 200
    return [
        (str(each["rule"]), [(said.says, said.found, said.holds) for said in each["trial"].answers])
        for each in answer.context["shown"]
    ]


def staff(*permissions: str) -> Client:
    """Signed in as somebody with these permissions only."""
    person = Learner.objects.create_user("staff", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


class TestOutcome:
    def test_it_says_what_each_rule_says_and_what_the_event_has_there(
        self, credly: World, admin_client: Client
    ) -> None:
        credly.configure(
            requirements=[requirement("two", "TwoX"), requirement("one", "OneX")], penalties=[penalty("TwoX", "two")]
        )
        answer = try_it(admin_client, passing("ada", "OneX"))
        found = f'"{key("OneX")}"'
        one, two = f"course.course_key = {key('OneX')}", f"course.course_key = {key('TwoX')}"
        assert outcome(answer) == [
            ("one", [("is_passing = true", "true", True), (one, found, True)]),
            ("two", [("is_passing = true", "true", True), (two, found, False)]),
            (str(BadgePenalty.objects.get()), [("is_passing = false", "true", False), (two, found, False)]),
        ]
        assert "It would meet 1 of the 3 requirements and penalties" in answer.text
        assert answer.text.count("Not met: requirement") == 1
        assert answer.text.count("Not met: penalty") == 1

    def test_a_rule_that_finds_nothing_and_one_that_asks_for_nothing(self, credly: World, admin_client: Client) -> None:
        rows = [{"path": "grade", "operator": "ge", "value": "30"}, {"path": "user", "operator": "exists"}]
        credly.configure(requirements=[{"id": "one", "event_type": PASSING, "rules": rows}])
        credly.configure(1, requirements=[{"id": "any", "event_type": PASSING}])
        answer = try_it(admin_client, passing("ada", "OneX"))
        (any_, (_, (grade, user))) = outcome(answer)
        assert any_ == ("any", [])
        assert "It has no data rules: every event of the type meets it." in answer.text
        assert grade == ("grade ≥ 30", "", False)
        assert "<td>nothing</td>" in answer.text
        assert user[0] == "user exists"
        assert json.loads(user[1])["pii"]["username"] == "ada"
        assert user[2]

    @pytest.mark.parametrize(
        ("minute", "more"),
        [
            (0, ("happens since 2026-03-01 00:05:00 UTC", "2026-03-01 00:00:00 UTC", False)),
            (5, None),
            (9, None),
            (10, ("happens until 2026-03-01 00:10:00 UTC", "2026-03-01 00:10:00 UTC", False)),
        ],
    )
    def test_the_time_is_shown_where_it_says_no(
        self, credly: World, admin_client: Client, minute: int, more: tuple[str, str, bool] | None
    ) -> None:
        window = {"since": "2026-03-01T00:05:00", "until": "2026-03-01T00:10:00"}
        credly.configure(requirements=[{"id": "one", "event_type": PASSING, **window}])
        assert outcome(try_it(admin_client, passing("ada", "OneX", minute=minute))) == [("one", [more] if more else [])]

    def test_an_event_that_distinct_cannot_tell_apart_does_not_count(self, credly: World, admin_client: Client) -> None:
        for number, path in enumerate(("course.course_key", "user.colour")):
            credly.configure(number, requirements=[{"id": path, "event_type": PASSING, "distinct": path}])
        assert outcome(try_it(admin_client, passing("ada", "OneX"))) == [
            ("course.course_key", []),
            ("user.colour", [("user.colour has a value, which tells events apart", "", False)]),
        ]

    def test_it_agrees_with_the_engine(self, credly: World, db: None) -> None:
        wide = [{"path": "course.course_key", "operator": "in", "value": [key("OneX"), "course-v1:Harbour+TwoX+*"]}]
        both = {"event_type": PASSING, "since": "2026-03-01T00:05:00"}
        credly.configure(
            requirements=[requirement("one", "OneX"), {"id": "wide", "rules": wide, **both}],
            penalties=[penalty("OneX", "one"), penalty("TwoX", "wide")],
        )
        current = rules.current()
        seen = set()
        for course in ("OneX", "TwoX", "ThreeX"):
            for minute in (0, 9):
                for is_passing in (True, False):
                    event = events.read(passing("ada", course, is_passing=is_passing, minute=minute))
                    told = event.type, event.payload, event.occurred_at
                    tried = {(each.is_penalty, each.id) for each in try_out(*told, current) if not each.failing}
                    met = {(False, each.id) for each in current.requirements.match(*told)}
                    met |= {(True, each.id) for each in current.penalties.match(*told)}
                    assert tried == met
                    seen.add(len(met))
        assert seen == {0, 1, 2}


class TestWhichTemplates:
    def test_all_active_ones_or_one_that_need_not_be(self, credly: World, admin_client: Client) -> None:
        active = credly.configure(requirements=[requirement("one", "OneX")])
        asleep = credly.configure(1, requirements=[requirement("later", "OneX")])
        BadgeTemplate.objects.filter(pk=asleep.pk).update(is_active=False)
        RulesVersion.bump()
        event = passing("ada", "OneX")
        for template, names, is_asleep in (("", ["one"], False), (active, ["one"], False), (asleep, ["later"], True)):
            answer = try_it(admin_client, event, template)
            assert [name for name, _ in outcome(answer)] == names
            assert ("This template is not active at present" in answer.text) == is_asleep
        assert "is not one of the available choices" in try_it(admin_client, event, "0").text

    def test_a_stored_event_is_tried_as_it_was_read(self, credly: World, admin_client: Client) -> None:
        nested = [{"path": "course.course_key", "operator": "eq", "value": key("OneX")}]
        credly.configure(
            requirements=[
                {"id": "one", "event_type": PASSING, "rules": course_rule("OneX")},
                {"id": "wrapped", "event_type": READ, "rules": nested},
            ]
        )
        wrapped = passing("ada", "OneX", type=READ)
        wrapped["data"] = {"outer": {"course": {"course_key": key("OneX")}}}
        send(passing("ada", "OneX"), wrapped)
        for event, name in zip(LearningEvent.objects.order_by("pk"), ("one", "wrapped"), strict=True):
            answer = admin_client.get(BENCH, {"event": event.pk})
            ((shown, said),) = outcome(answer)
            assert (shown, all(holds for _, _, holds in said)) == (name, True)
            again = try_it(admin_client, answer.context["form"]["event"].value())
            assert outcome(again) == outcome(answer)
        assert (
            f'href="{BENCH}?event={event.pk}"'
            in admin_client.get(f"/admin/badges/learningevent/{event.pk}/change/").text
        )

    def test_a_template_is_chosen_by_its_pages_link(self, credly: World, admin_client: Client) -> None:
        template = credly.templates[1]
        page = admin_client.get(f"/admin/badges/credlybadgetemplate/{template.pk}/change/").text
        assert f'href="{BENCH}?template={template.pk}"' in page
        assert f'<option value="{template.pk}" selected>' in admin_client.get(BENCH, {"template": template.pk}).text

    @pytest.mark.parametrize("named", [{"event": "1"}, {"template": "0"}, {"event": "²"}, {"template": "9" * 30}])
    def test_what_is_not_there_is_not_found(self, db: None, admin_client: Client, named: dict[str, str]) -> None:
        assert admin_client.get(BENCH, named).status_code == 404


class TestBounds:
    def test_what_matches_comes_first_then_what_lacks_least_and_the_rest_is_counted(
        self, credly: World, admin_client: Client
    ) -> None:
        template = credly.configure(requirements=[requirement("first", "TwoX"), requirement("second", "OneX")])
        BadgeRequirement.objects.bulk_create(
            BadgeRequirement(template=template, key=f"n{number}", event_type=PASSING) for number in range(220)
        )
        DataRule.objects.bulk_create(
            DataRule(requirement=each, path=path, value="0")
            for each in BadgeRequirement.objects.filter(key__startswith="n")
            for path in ("a", "b")
        )
        RulesVersion.bump()
        answer = try_it(admin_client, passing("ada", "OneX"))
        shown = [name for name, _ in outcome(answer)]
        assert shown[:3] == ["second", "first", "n0"]
        assert len(shown) == 200
        assert "1 of the 222 requirements and penalties" in answer.text
        assert "22 more are not shown" in answer.text

    def test_it_costs_as_many_statements_for_many_rules(self, credly: World, admin_client: Client) -> None:
        counts = []
        for numbers in (range(2), range(2, 20)):
            for number in numbers:
                template = BadgeTemplate.objects.create(
                    account=credly.account, external_id=number, name=str(number), is_active=True
                )
                row = BadgeRequirement.objects.create(template=template, key=str(number), event_type=PASSING)
                DataRule.objects.create(requirement=row, path="is_passing", value="true")
                BadgePenalty.objects.create(template=template, event_type=PASSING).requirements.add(row)
            try_it(admin_client, passing("ada", "OneX"))  # The first visit also compiles the rules.
            with CaptureQueriesContext(connection) as statements:
                assert len(outcome(try_it(admin_client, passing("ada", "OneX")))) == 2 * (number + 1)
            counts.append(len(statements))
        assert counts[0] == counts[1]

    def test_nothing_is_stored_or_changed(self, credly: World, admin_client: Client) -> None:
        credly.configure(requirements=[requirement("one", "OneX")])
        send(passing("ben", "OneX"))
        before = {model: model._default_manager.count() for model in apps.get_models()}
        stored = LearningEvent.objects.get()
        with CaptureQueriesContext(connection) as statements:
            try_it(admin_client, passing("ada", "OneX"))
            admin_client.get(BENCH, {"event": stored.pk, "template": credly.templates[0].pk})
        assert {model: model._default_manager.count() for model in apps.get_models()} == before
        assert {statement["sql"].split()[0] for statement in statements} == {"SELECT"}


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("{", "not JSON"),
            ("[]", "an event must be a JSON object"),
            ("{}", "id is missing or is not a text"),
            ('{"id": "1", "source": "/a", "type": "t", "data": 1}', "data must be a JSON object"),
            ("[" * 100_000, "not JSON"),
            ("", "This field is required"),
        ],
    )
    def test_what_is_no_event_is_told_in_the_form(self, db: None, admin_client: Client, body: str, words: str) -> None:
        answer = try_it(admin_client, body)
        assert answer.status_code == 200
        (told,) = answer.context["form"].errors["event"]
        assert words in told
        assert "shown" not in answer.context

    def test_an_event_of_nobody_is_tried_and_told(self, credly: World, admin_client: Client) -> None:
        credly.configure(requirements=[{"id": "any", "event_type": PASSING}])
        answer = try_it(admin_client, {**passing("ada", "OneX"), "data": {}})
        assert outcome(answer) == [("any", [])]
        assert "The event names no learner" in answer.text

    def test_hostile_texts_are_escaped(self, credly: World, admin_client: Client) -> None:
        rule = {"path": "course.course_key", "operator": "contains", "value": "<b>rule"}
        credly.configure(
            requirements=[{"id": "one", "event_type": "<b>type", "description": "<b>what", "rules": [rule]}]
        )
        event = passing("ada", "OneX", type="<b>type")
        event["data"]["course_passing_status"]["course"]["course_key"] = "<b>found"
        BadgeTemplate.objects.update(name="<b>template")
        text = try_it(admin_client, event).text
        assert "<b>" not in text
        for shown in ("rule", "type", "what", "found", "template"):
            assert f"&lt;b&gt;{shown}" in text

    def test_a_form_from_elsewhere_is_refused(self, db: None) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(Learner.objects.create_superuser("root", "root@example.com", "root"))
        assert client.get(BENCH).status_code == 200
        assert try_it(client, passing("ada", "OneX")).status_code == 403

    @pytest.mark.parametrize(
        ("permissions", "status"),
        [
            (("view_learningevent",), 403),
            (("view_credlybadgetemplate",), 403),
            (("view_learningevent", "view_credlybadgetemplate"), 200),
        ],
    )
    def test_it_is_for_those_who_may_look_at_events_and_templates(
        self, db: None, permissions: tuple[str, ...], status: int
    ) -> None:
        client = staff(*permissions)
        assert client.get(BENCH).status_code == status
        assert try_it(client, passing("ada", "OneX")).status_code == status

    def test_other_providers_rules_are_not_shown_to_who_may_not_look_at_them(self, credly: World) -> None:
        credly.configure(requirements=[requirement("one", "OneX")])
        account = ProviderAccount.objects.create(provider="accredible", external_id="7")
        other = BadgeTemplate.objects.create(account=account, external_id="8", name="Lighthouse", is_active=True)
        BadgeRequirement.objects.create(template=other, key="beacon", event_type=PASSING)
        client = staff("view_learningevent", "view_credlybadgetemplate")
        answer = try_it(client, passing("ada", "OneX"))
        assert [name for name, _ in outcome(answer)] == ["one"]
        assert "Lighthouse" not in answer.text
        assert "is not one of the available choices" in try_it(client, passing("ada", "OneX"), other).text
        assert client.get(BENCH, {"template": other.pk}).status_code == 404
