"""A template of any provider is made claimable by code, and a claimed code gives its badge."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from credentials_badges.badges import delivering, events
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
from tests.badges.world import World, passing, requirement, send
from tests.providers.badgekit.api import Caller

THREADS = 6


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

    def test_a_badge_of_the_store_gets_a_code_of_its_own(self, own_template: BadgeTemplate) -> None:
        code = make_claimable(own_template, None)
        assert code.badge.slug == "coder"
        assert not own_template.requirements.exists()
        stored.Badge.objects.get(slug="coder").hide()
        with pytest.raises(NotClaimable, match="has no badge 'coder' any more"):
            make_claimable(own_template, None)


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
