"""The administration of who may call, and of what the systems' own sites are told: secrets stay secret."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from credentials_badges.badges.models import AuditEntry
from providers.badgekit.models import Consumer, System, Webhook, WebhookCall
from tests.badges.admin_by_hand import messages
from tests.badges.test_admin import address_of, run, viewer
from tests.providers.badgekit.admin_pages import OLD, call, change_page, clerk, delete, errors
from tests.providers.badgekit.api import HOOK, Caller

SECRETS = [
    pytest.param(Consumer, "api_secret", {"api_key": "harbour", "description": ""}, id="consumer"),
    pytest.param(Webhook, "secret", {"url": "https://harbour.example/hook"}, id="webhook"),
]

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("webhook")]


@pytest.mark.parametrize(("model", "field", "told"), SECRETS)
class TestSecrets:
    def made(self, model: Any, field: str, told: dict[str, str], secret: str = OLD) -> Any:
        row = {name: value or None for name, value in told.items()}
        return model.objects.create(system=System.objects.get(slug="village"), **row, **{field: secret})

    def sent(self, told: dict[str, str], **more: str) -> dict[str, Any]:
        return {**told, "system": System.objects.get(slug="village").pk, **more}

    def test_one_that_is_entered_is_kept_encrypted(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        answer = admin_client.post(address_of(model, "add"), self.sent(told, **{field: OLD}))
        assert answer.status_code == 302
        assert not [text for text in messages(answer) if OLD in text]
        row = model.objects.get(system__slug="village")
        assert getattr(row, field) == OLD
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {field} FROM {model._meta.db_table} WHERE id = %s", [row.pk])  # noqa: S608
            assert OLD not in str(cursor.fetchone())
        shown = admin_client.get(change_page(row)).text
        assert OLD not in shown
        assert re.search(rf'<input type="password" name="{field}"[^>]*autocomplete="new-password"', shown)
        assert "A secret is stored" in shown

    def test_without_one_a_long_one_is_made_up_and_shown_once(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        admin_client.post(address_of(model, "add"), self.sent(told))
        row = model.objects.get(system__slug="village")
        secret = getattr(row, field)
        assert len(secret) == 64
        page = address_of(model, "changelist")
        shown = [admin_client.get(page).text.count(secret) for _ in range(2)]
        assert shown == [1, 0]
        assert secret not in admin_client.get(change_page(row)).text
        assert secret not in str(AuditEntry.objects.values_list())

    def test_an_empty_field_keeps_the_stored_one(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        row = self.made(model, field, told)
        assert admin_client.post(change_page(row), self.sent(told)).status_code == 302
        row.refresh_from_db()
        assert getattr(row, field) == OLD
        assert "secret" not in str(AuditEntry.objects.get().changes).lower()

    def test_a_new_one_is_made_up_on_demand(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        row = self.made(model, field, told)
        answer = admin_client.post(change_page(row), self.sent(told, make_secret="on"))
        row.refresh_from_db()
        assert getattr(row, field) != OLD
        assert [text for text in messages(answer) if getattr(row, field) in text]

    def test_what_is_wrong_is_told_without_the_secret(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        for wrong, where in (({field: "short"}, field), ({field: HOOK, "make_secret": "on"}, "make_secret")):
            answer = admin_client.post(address_of(model, "add"), self.sent(told, **wrong))
            assert errors(answer).keys() == {where}
            assert not re.search(rf'name="{field}"[^>]* value=', answer.text)
        assert not model.objects.filter(system__slug="village").exists()

    def test_one_that_cannot_be_read_is_not_replaced_unasked(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client, settings: Any
    ) -> None:
        row = self.made(model, field, told)
        keys, settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS, ["another key"]
        assert errors(admin_client.post(change_page(row), self.sent(told))).keys() == {field}
        settings.FIELD_ENCRYPTION_KEYS = keys
        row.refresh_from_db()
        assert getattr(row, field) == OLD

    def test_who_may_only_look_sees_no_field_for_it(self, model: Any, field: str, told: dict[str, str]) -> None:
        row = self.made(model, field, told)
        shown = viewer().get(change_page(row)).text
        assert OLD not in shown
        assert field not in shown
        assert "make_secret" not in shown

    def test_who_may_change_them_may_enter_one(self, model: Any, field: str, told: dict[str, str]) -> None:
        row = self.made(model, field, told)
        assert clerk(model).post(change_page(row), self.sent(told, **{field: HOOK})).status_code == 302
        row.refresh_from_db()
        assert getattr(row, field) == HOOK

    def test_one_that_is_not_needed_any_more_is_deleted(
        self, model: Any, field: str, told: dict[str, str], admin_client: Client
    ) -> None:
        row = self.made(model, field, told)
        if model is Webhook:
            call(row)
        assert delete(admin_client, row) == 302
        assert not model.objects.filter(pk=row.pk).exists()


class TestAccess:
    def test_the_page_of_consumers_says_where_the_master_s_secret_is(self, admin_client: Client) -> None:
        assert "BADGEKIT_MASTER_SECRET" in admin_client.get(address_of(Consumer, "add")).text

    def test_the_master_s_key_is_no_row(self, admin_client: Client) -> None:
        told = {"api_key": "MASTER", "system": System.objects.get(slug="city").pk}
        assert "api_key" in errors(admin_client.post(address_of(Consumer, "add"), told))

    def test_a_made_up_secret_opens_the_api(self, admin_client: Client) -> None:
        told = {"api_key": "harbour", "system": System.objects.get(slug="city").pk}
        admin_client.post(address_of(Consumer, "add"), told)
        secret = Consumer.objects.get(api_key="harbour").api_secret
        assert Caller(key="harbour", secret=secret).get("/systems/city/badges/coder/codes")[0] == 200

    def test_a_dead_call_is_sent_again(self, admin_client: Client) -> None:
        dead, sent = call(status="dead", attempts=12), call(status="sent")
        page = address_of(WebhookCall, "changelist")
        found = [
            admin_client.get(page + query).context["cl"].result_count for query in ("?action=award", "?status=dead")
        ]
        assert found == [2, 1]
        said = run(admin_client, page, "send_again", dead, sent)
        assert [level for level, _ in said] == ["success", "warning"]
        dead.refresh_from_db()
        assert (dead.status, dead.attempts) == ("pending", 0)

    def test_its_body_is_for_those_who_may_change_it(self, admin_client: Client) -> None:
        row = call()
        assert "ada@example.com" in admin_client.get(change_page(row)).text
        assert "ada@example.com" in clerk(WebhookCall).get(change_page(row)).text
        assert "ada@example.com" not in viewer().get(change_page(row)).text
