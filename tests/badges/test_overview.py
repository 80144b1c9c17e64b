"""The administration's first page: its numbers, whom it shows what, and buttons that do what they say."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import heartbeat, needs, overview
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    Issuance,
    LearningEvent,
    ProviderAccount,
    RequirementGroup,
    SyncRun,
    UnreadableEvent,
    WebhookDelivery,
)
from tests.badges.front_page import NOW, bury, page, press, tile, titles
from tests.badges.world import World, passing, requirement, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somebody_at_work")]
EVIL = "<script>alert(1)</script>"


class TestNumbers:
    def test_it_tells_what_came_in_and_what_became_of_it(self, admin_client: Client, setting_up: Any) -> None:
        badges = setting_up(5)
        LearningEvent.objects.update(processed_at=NOW())
        LearningEvent.objects.filter(event_id="0-0").update(processed_at=None, received_at=NOW() - timedelta(hours=3))
        LearningEvent.objects.filter(event_id="0-1").update(error="It crashed.")
        bury(badges[0], days=2)
        Issuance.objects.filter(badge=badges[1]).update(status="delivered", delivered_at=NOW())
        Issuance.objects.filter(badge=badges[2]).update(attempts=3)
        text = page(admin_client)
        told = {
            "Events in": 5,
            "Events waiting": 1,
            "Events failed": 1,
            "Badges awarded": 5,
            "Pushed to providers": 1,
            "Put off after a failure": 1,
            "Given up": 1,
        }
        assert {title: tile(text, title) for title in told} == told
        assert "The oldest for 3\xa0hours" in text
        (row,) = admin_client.get("/admin/").context["rows"]
        assert (row.promises.open.number, row.promises.dead.number, row.today) == (3, 1, 1)

    def test_what_happened_on_a_day_stands_on_that_day(self, setting_up: Any) -> None:
        badges, now = setting_up(4), NOW()
        for badge, days in zip(badges, (0, 1, 13, 14), strict=True):
            Badge.objects.filter(pk=badge.pk).update(awarded_at=overview.first_day(now) + timedelta(13 - days))
        told = overview.awarded(now)[badges[0].account_id]
        assert [told[day] for day in overview.days(now)] == [1, *[0] * 11, 1, 1]

    def test_charts_are_pictures_with_titles_and_a_table_and_no_style(
        self, admin_client: Client, setting_up: Any
    ) -> None:
        setting_up(2)
        text = page(admin_client)
        assert f"<title>{NOW().date().isoformat()}, Quay 0 (credly): 2</title>" in text
        assert text.count("<details>") == text.count('role="img"') == 2
        assert "style=" not in text

    def test_it_takes_as_many_statements_for_many_as_for_few(self, admin_client: Client, setting_up: Any) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as asked:
                page(admin_client)
            return len(asked)

        bury(setting_up(2)[0])
        few = statements()
        for _ in range(8):
            bury(setting_up(6)[0], "exhausted")
        assert statements() == few
        assert few <= 40

    def test_what_is_no_longer_of_these_days_is_not_counted(self, admin_client: Client, setting_up: Any) -> None:
        setting_up(1)
        LearningEvent.objects.update(received_at=NOW() - timedelta(20), processed_at=NOW())
        Badge.objects.update(awarded_at=NOW() - timedelta(20))
        text = page(admin_client)
        assert [tile(text, title) for title in ("Events in", "Badges awarded")] == [0, 0]


class TestWhatNeedsSomebody:
    def test_where_nothing_does_it_says_so(self, admin_client: Client, credly: World) -> None:
        credly.configure(requirements=[requirement("one", "OneX")])
        send(passing("ada", "OneX"))
        credly.deliver()
        answer = admin_client.get("/admin/")
        assert [need.weight for need in answer.context["needs"]] == [needs.LATER]  # The other templates have no rules.
        assert "nobody has to do anything" in answer.text

    def test_it_names_what_is_wrong(self, admin_client: Client, setting_up: Any) -> None:
        badge, now = setting_up(1)[0], NOW()
        bury(badge)
        soon = {"paused_reason": "The key is wrong.", "key_expires_at": now + timedelta(7)}
        ProviderAccount.objects.update(**soon)
        Badge.objects.update(external_state="revoked", external_id="7")
        BadgeTemplate.objects.create(account=badge.account, external_id="2", name="Empty", is_active=True)
        LearningEvent.objects.update(processed_at=now, error="It crashed.")
        UnreadableEvent.objects.create(source="s", where="line 1", reason="r", body="b", received_at=now)
        WebhookDelivery.objects.create(
            provider="credly", account=badge.account, status="dead", not_before=now, received_at=now
        )
        SyncRun.objects.create(account=badge.account, started_at=now, finished_at=now, failure="provider", error="no")
        heartbeat.beat(now - timedelta(hours=1))
        assert sorted(titles(admin_client)) == [
            "Disagreements with credly",
            "Failed events",
            "Given up at Quay 0 (credly): Rejected by the provider",
            "Nobody is at work",
            "Quay 0 (credly) is paused",
            "Requirements without data rules",
            "The key of Quay 0 (credly) expires soon",
            "The last sync of Quay 0 (credly) failed",
            "Unreadable events",
            "Webhooks that failed",
            "“Empty” is active, but nobody can earn it",
        ]

    def test_every_link_leads_to_a_page_that_shows_as_many(self, admin_client: Client, setting_up: Any) -> None:
        badges = setting_up(3)
        for badge in badges[:2]:
            bury(badge)
        LearningEvent.objects.filter(event_id="0-0").update(processed_at=NOW(), error="It crashed.")
        Badge.objects.filter(pk=badges[0].pk).update(external_state="revoked", external_id="7")
        found = [need for need in admin_client.get("/admin/").context["needs"] if need.link and need.number]
        assert len(found) == 4
        for need in found:
            answer = admin_client.get(need.link)
            assert answer.status_code == 200, need.link
            assert answer.context["cl"].result_count == need.number, need.title

    def test_templates_are_found_that_cannot_be_active(self, credly: World) -> None:
        one, two, three = credly.templates
        BadgeRequirement.objects.create(template=one, event_type="x", key="one", group="a")
        BadgeRequirement.objects.create(template=two, event_type="x", key="one", group="a")
        RequirementGroup.objects.create(template=two, name="a", needed=2)
        BadgeTemplate.objects.filter(pk=three.pk).update(state="archived")
        found = set(BadgeTemplate.objects.filter(needs.unearnable()))
        assert found == {each for each in BadgeTemplate.objects.all() if each.cannot_be_active()} == {two, three}

    def test_a_template_with_many_requirements_is_named_once(self, admin_client: Client, setting_up: Any) -> None:
        template = setting_up(1)[0].template
        BadgeRequirement.objects.create(template=template, event_type="x", key="two")
        BadgeTemplate.objects.update(state="archived")
        assert titles(admin_client).count("“Knots” is active, but nobody can earn it") == 1

    def test_webhooks_of_no_account_are_neither_counted_nor_listed(self, admin_client: Client, setting_up: Any) -> None:
        account, now = setting_up(1)[0].account, NOW()
        for of in (account, None):
            WebhookDelivery.objects.create(
                provider="credly", account=of, delivery_id=str(of), status="dead", not_before=now, received_at=now
            )
        (need,) = [
            each for each in admin_client.get("/admin/").context["needs"] if each.title == "Webhooks that failed"
        ]
        assert need.number == admin_client.get(need.link).context["cl"].result_count == 1
        assert "To be looked into again: 1." in press(admin_client, need.title).text

    def test_an_app_adds_its_own(self, admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(needs, "_asked", [])
        needs.also_needs(lambda sight: [needs.Need(title=f"For {sight.request.user}")])
        assert titles(admin_client) == ["For admin"]

    def test_names_are_escaped(self, admin_client: Client, setting_up: Any) -> None:
        bury(setting_up(1)[0])
        ProviderAccount.objects.update(name=EVIL, paused_reason=EVIL)
        text = page(admin_client)
        assert EVIL not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; (credly) is paused" in text


class TestButtons:
    def test_dead_promises_of_that_account_and_reason_are_tried_again(
        self, admin_client: Client, setting_up: Any
    ) -> None:
        first, second, third = setting_up(3)
        for badge, failure in ((first, "rejected"), (second, "rejected"), (third, "crashed")):
            bury(badge, failure)
        bury(setting_up(1)[0])
        answer = press(admin_client, "Given up at Quay 0 (credly): Rejected by the provider")
        assert "To be tried again: 2." in answer.text
        assert set(Issuance.objects.filter(status="pending").values_list("badge", flat=True)) == {first.pk, second.pk}
        assert AuditEntry.objects.filter(action="did “Retry”").count() == 2

    def test_failed_events_are_processed_again(self, admin_client: Client, setting_up: Any) -> None:
        setting_up(3)
        LearningEvent.objects.update(processed_at=NOW(), error="It crashed.")
        answer = press(admin_client, "Failed events")
        assert "To be processed again: 3." in answer.text
        assert not LearningEvent.objects.exclude(error="").exists()

    def test_the_key_of_a_paused_account_is_checked(self, admin_client: Client, credly: World) -> None:
        ProviderAccount.objects.update(paused_reason="The key is wrong.", paused_until=NOW() + timedelta(1))
        answer = press(admin_client, "Harbour Point (credly) is paused")
        assert "the key works" in answer.text
        assert ProviderAccount.objects.get().paused_reason == ""
