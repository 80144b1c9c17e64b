"""A template of any provider is made claimable by code, and a claimed code gives its badge."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client

from credentials_badges.badges import delivering, events, syncing
from credentials_badges.badges.models import (
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    LearningEvent,
    ProviderAccount,
    RequirementGroup,
    RulesVersion,
)
from providers.badgekit import claimable
from providers.badgekit import models as stored
from providers.badgekit.claimable import NotClaimable, make_claimable
from providers.badgekit.models import BadgeInstance, ClaimCode, System
from tests.badges.admin_by_hand import messages, staff
from tests.badges.world import World, passing, requirement, send, world
from tests.providers.badgekit.api import Caller

CREDLY = "/admin/badges/credlybadgetemplate/"
CODER = "/admin/badges/badgekitbadgetemplate/"
THREADS = 6


@pytest.fixture
def credly(api: Caller) -> Iterator[World]:
    """A Credly organization with three templates, beside the small store."""
    with world() as built:
        yield built


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    return credly.templates[0]


@pytest.fixture
def city(credly: World) -> System:
    return System.objects.get(slug="city")


def coder() -> BadgeTemplate:
    """The store's own badge, as a template of ours."""
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
    syncing.pull(account)
    return BadgeTemplate.objects.get(account=account, external_id="coder")


def groups(template: BadgeTemplate) -> dict[str, str]:
    return dict(template.requirements.order_by("pk").values_list("key", "group"))


def claim(api: Caller, template: BadgeTemplate, code: ClaimCode, email: str) -> int:
    slug = claimable.slug_of(template)
    return api.post(f"/systems/city/badges/{slug}/codes/{code.code}/claim", {"email": email})[0]


def process() -> None:
    while events.process_waiting():
        pass


class TestTheStandIn:
    def test_it_is_a_badge_of_the_store_that_looks_like_the_template(
        self, template: BadgeTemplate, city: System
    ) -> None:
        template.criteria = ["Sail around the harbour.", "Come back."]
        template.image_url, template.url = "https://images.example/knots.png", "https://credly.example/knots"
        template.save()
        code = make_claimable(template, city)
        badge = code.badge
        assert (badge.slug, badge.type, badge.system) == (f"claim-{template.uuid}", "claimable", city)
        assert (badge.name, badge.earner_description) == (template.name, template.description)
        assert [each.description for each in badge.criteria.all()] == template.criteria
        assert badge.criteria_url == template.url
        assert badge.image is not None
        assert badge.image.shown_at == template.image_url
        assert (code.multiuse, code.limit, len(code.code)) == (True, None, 12)

    @pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://x.example/" + "x" * 2048])
    def test_addresses_that_are_none_are_left_out(self, template: BadgeTemplate, city: System, url: str) -> None:
        BadgeTemplate.objects.filter(pk=template.pk).update(image_url=url, url=url)
        badge = make_claimable(template, city).badge
        assert (badge.image, badge.criteria_url) == (None, "")

    def test_asking_again_makes_a_further_code_and_no_further_badge(
        self, template: BadgeTemplate, city: System
    ) -> None:
        first = make_claimable(template, city)
        second = make_claimable(template, System.objects.get(slug="village"))
        third = make_claimable(template, None)
        assert len({first.code, second.code, third.code}) == 3
        assert {first.badge_id, second.badge_id, third.badge_id} == {first.badge_id}
        assert template.requirements.count() == 1
        assert template.requirements.get().rules.count() == 1

    def test_one_that_was_deleted_is_made_anew(self, template: BadgeTemplate, city: System) -> None:
        template.image_url = "https://images.example/knots.png"
        template.save()
        first = make_claimable(template, city)
        first.badge.hide()
        second = make_claimable(template, city)
        assert second.badge_id != first.badge_id
        assert second.badge.slug == first.badge.slug
        assert template.requirements.count() == 1

    def test_without_a_system_nothing_is_made(self, template: BadgeTemplate) -> None:
        with pytest.raises(NotClaimable, match="Choose a BadgeKit system"):
            make_claimable(template, None)
        assert not template.requirements.exists()

    def test_a_badge_of_the_store_gets_a_code_of_its_own(self, api: Caller) -> None:
        template = coder()
        code = make_claimable(template, None)
        assert code.badge.slug == "coder"
        assert not template.requirements.exists()
        stored.Badge.objects.get(slug="coder").hide()
        with pytest.raises(NotClaimable, match="has no badge 'coder' any more"):
            make_claimable(template, None)


class TestTheRequirement:
    def test_where_there_is_none_it_stands_alone(self, template: BadgeTemplate, city: System) -> None:
        before = RulesVersion.current()
        make_claimable(template, city)
        made = template.requirements.get()
        assert (made.key, made.group, made.event_type) == ("claim", "", "badgekit.code.claimed")
        rule = made.rules.get()
        assert (rule.path, rule.operator, rule.value) == ("badge.slug", "eq", claimable.slug_of(template))
        assert RulesVersion.current() > before
        template.refresh_from_db()
        assert not template.is_active

    def test_it_is_an_alternative_to_a_single_one(self, credly: World, city: System) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")])
        make_claimable(template, city)
        assert groups(template) == {"one": claimable.GROUP, "claim": claimable.GROUP}
        send(passing("ada", "OneX"))
        assert [badge.learner.username for badge in credly.badges()] == ["ada"]

    def test_it_joins_the_only_group(self, credly: World, city: System) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX", "A"), requirement("two", "TwoX", "A")])
        RequirementGroup.objects.create(template=template, name="A", needed=1)
        make_claimable(template, city)
        assert groups(template) == {"one": "A", "two": "A", "claim": "A"}

    @pytest.mark.parametrize(
        ("rows", "needed", "why"),
        [
            ([("one", ""), ("two", "")], {}, "Put them into one group first"),
            ([("one", "A"), ("two", "")], {}, "Put them into one group first"),
            ([("one", "A"), ("two", "B")], {}, "Put them into one group first"),
            ([("one", "A"), ("two", "A")], {"A": 2}, "It needs 2 of the group “A”"),
            ([("claim", "A"), ("two", "A")], {}, "has a requirement “claim” already"),
        ],
    )
    def test_where_a_person_has_to_decide_nothing_is_changed(
        self, credly: World, city: System, rows: list[tuple[str, str]], needed: dict[str, int], why: str
    ) -> None:
        template = credly.configure(
            requirements=[requirement(key, f"{key.title()}X", group) for key, group in rows], groups=needed
        )
        before = RulesVersion.current()
        with pytest.raises(NotClaimable, match=why):
            make_claimable(template, city)
        assert groups(template) == dict(rows)
        assert RulesVersion.current() == before
        assert not stored.Badge.objects.filter(type="claimable").exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_each_gets_a_code_of_one_badge() -> None:
    account = ProviderAccount.objects.create(provider="credly", external_id="o", name="O")
    template = BadgeTemplate.objects.create(account=account, external_id="t", name="T")
    city = System.objects.create(slug="city", name="The City")
    start = Barrier(THREADS)

    def race(_: int) -> str:
        start.wait(timeout=10)
        try:
            return str(make_claimable(template, city).code)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        codes = set(pool.map(race, range(THREADS)))
    assert len(codes) == THREADS
    assert stored.Badge.objects.count() == 1
    assert BadgeRequirement.objects.count() == 1


def test_a_claimed_code_gives_the_badge_at_credly_once(credly: World, api: Caller, template: BadgeTemplate) -> None:
    code = make_claimable(template, System.objects.get(slug="city"))
    BadgeTemplate.objects.filter(pk=template.pk).update(is_active=True)
    RulesVersion.bump()

    assert claim(api, template, code, "ada@example.com") == 200
    event = LearningEvent.objects.get()
    assert (event.type, event.payload["badge"]["slug"]) == ("badgekit.code.claimed", claimable.slug_of(template))
    process()
    (badge,) = Badge.objects.filter(template=template)
    assert badge.learner.email == "ada@example.com"
    while delivering.deliver_due():
        pass
    assert [row["recipient_email"] for row in credly.held()] == ["ada@example.com"]

    assert claim(api, template, code, "ada@example.com") == 200
    process()
    while delivering.deliver_due():
        pass
    assert [row["recipient_email"] for row in credly.held()] == ["ada@example.com"]
    assert LearningEvent.objects.count() == BadgeInstance.objects.count() == Badge.objects.count() == 1
    code.refresh_from_db()
    assert code.uses == 1

    assert claim(api, template, code, "ben@example.com") == 200
    process()
    while delivering.deliver_due():
        pass
    assert len(credly.held()) == 2


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

    def test_a_badge_of_the_store_needs_no_system_and_no_activity(self, api: Caller, admin_client: Client) -> None:
        template = coder()
        assert "BadgeKit system" not in choose(admin_client, template, address=CODER).text
        (told,) = messages(choose(admin_client, template, address=CODER, confirmed="yes"))
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
