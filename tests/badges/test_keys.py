"""Keys grow old: their end is known, shown, and warned about in time; options are chosen for each account."""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import accounts, tasks
from credentials_badges.badges.models import ProviderAccount
from tests.badges.test_admin import run
from tests.badges.world import KEY, World

CREDLY = "/admin/badges/credlyorganization/"


def add_credly(world: World, *arguments: str) -> ProviderAccount:
    call_command("add_account", "credly", "--external-id", world.organization, *arguments, stdout=StringIO())
    return ProviderAccount.objects.get()


def expires(account: ProviderAccount, **after: float) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(key_expires_at=timezone.now() + timedelta(**after))
    account.refresh_from_db()


def days_left(account: ProviderAccount) -> float:
    assert account.key_expires_at is not None
    return (account.key_expires_at - timezone.now()).total_seconds() / 86_400


def test_the_provider_tells_when_the_key_ends(credly: World) -> None:
    assert 179 < days_left(add_credly(credly, "--api-key", KEY)) <= 180


def test_where_it_does_not_tell_the_age_of_the_key_counts(credly: World) -> None:
    credly.sandbox.tokens_readable = False
    assert add_credly(credly, "--api-key", KEY).key_expires_at is None  # Nobody knows how old this one is.
    ProviderAccount.objects.update(api_key="another")
    account = add_credly(credly, "--api-key", KEY)
    assert 179 < days_left(account) <= 180
    ProviderAccount.objects.update(key_set_at=timezone.now() - timedelta(days=100))
    assert 79 < days_left(add_credly(credly, "--api-key", KEY)) <= 80
    credly.sandbox.organizations[credly.organization].key = "new-key"
    credly.sandbox.organizations[credly.organization].tokens[0]["token"] = "new-key"
    assert 179 < days_left(add_credly(credly, "--api-key", "new-key")) <= 180


def test_each_warning_is_given_once_and_none_is_skipped_over(credly: World) -> None:
    account, now = credly.account, timezone.now()
    given = []
    expires(account, days=40)
    for day in range(45):
        if warning := accounts.watch_key(account, now + timedelta(days=day, minutes=1)):
            given.append((day, warning))
        account.refresh_from_db()
    assert [day for day, _ in given] == [10, 26, 33, 39]
    assert "expires in 29 days" in given[0][1]
    expires(account, days=3)
    ProviderAccount.objects.update(key_warned_days=None)
    account.refresh_from_db()
    assert "expires in 2 days" in accounts.watch_key(account, now + timedelta(minutes=1))


def test_a_new_key_is_warned_about_anew(credly: World) -> None:
    expires(credly.account, days=0.5)
    assert accounts.watch_key(credly.account, timezone.now())
    account = add_credly(credly, "--api-key", KEY)
    assert accounts.watch_key(account, timezone.now()) == ""
    account.refresh_from_db()
    assert account.key_warned_days is None


def test_every_key_is_checked_each_day_and_its_end_is_logged(credly: World, caplog: pytest.LogCaptureFixture) -> None:
    token = credly.sandbox.organizations[credly.organization].tokens[0]
    token["expires_at"] = (timezone.now() + timedelta(days=5)).isoformat()
    with caplog.at_level(logging.WARNING):
        tasks.watch_keys()
    assert "the key of Harbour Point (credly) expires in 4 days" in caplog.text
    assert KEY not in caplog.text
    caplog.clear()
    tasks.watch_keys()
    assert caplog.text == ""


def test_a_stale_key_is_found_before_anything_is_sent(credly: World) -> None:
    credly.sandbox.expired_keys.add(KEY)
    tasks.watch_keys()
    assert "401" in ProviderAccount.objects.get().paused_reason


def test_options_are_kept_checked_and_sent(credly: World) -> None:
    account = add_credly(credly, "--api-key", KEY, "--option", "locale=fr", "--option", "notify=yes")
    assert account.options == {"locale": "fr"}
    assert account.as_data().options["notify"] == "yes"
    assert add_credly(credly, "--api-key", KEY).options == {"locale": "fr"}
    assert add_credly(credly, "--api-key", KEY, "--option", "locale=").options == {}


@pytest.mark.parametrize(("option", "words"), [("locale=xx", "cannot be 'xx'"), ("colour=red", "no option 'colour'")])
def test_a_wrong_option_is_one_sentence(credly: World, option: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        add_credly(credly, "--api-key", KEY, "--option", option)


def test_the_api_may_be_named(credly: World) -> None:
    account = add_credly(credly, "--api-key", KEY, "--base-url", "production")
    assert account.as_data().base_url == "https://api.credly.com/v1/"
    account.base_url = "sandbox"
    assert account.as_data().base_url == "https://sandbox-api.credly.com/v1/"


class TestAdmin:
    def form(self, world: World, **changed: str) -> dict[str, str]:
        plain = {"name": "", "external_id": world.organization, "api_key": "", "base_url": "", "option_notify": "yes"}
        return {**plain, "option_locale": "", "option_client_id": "", "option_token_url": "", **changed}

    def page(self, world: World) -> str:
        return f"{CREDLY}{world.account.pk}/change/"

    def test_the_page_tells_the_webhook_address_and_the_options(self, credly: World, admin_client: Client) -> None:
        text = admin_client.get(self.page(credly)).text
        assert f"http://127.0.0.1:8000{credly.account.webhook_path}" in text
        assert "Language" in text
        assert "Notify learners" in text

    def test_an_option_is_chosen(self, credly: World, admin_client: Client) -> None:
        answer = admin_client.post(self.page(credly), self.form(credly, option_locale="fr"))
        assert answer.status_code == 302
        account = ProviderAccount.objects.get()
        assert (account.options, account.api_key) == ({"locale": "fr"}, KEY)

    def test_an_option_that_cannot_be_is_a_form_error(self, credly: World, admin_client: Client) -> None:
        answer = admin_client.post(self.page(credly), self.form(credly, option_locale="xx"))
        assert "option_locale" in answer.context["adminform"].form.errors
        assert ProviderAccount.objects.get().options == {}

    def test_a_stored_key_is_not_sent_to_a_new_token_address(self, credly: World, admin_client: Client) -> None:
        changed = {"option_client_id": "client", "option_token_url": "https://collector.example/token"}
        answer = admin_client.post(self.page(credly), self.form(credly, **changed))
        assert "Enter the key again" in answer.context["adminform"].form.errors["api_key"][0]
        assert ProviderAccount.objects.get().options == {}

    def test_no_transaction_is_open_while_the_provider_is_asked(
        self, transactional_db: None, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from django.db import connection

        from tests.badges.world import world

        seen: list[bool] = []
        with world() as credly:
            real = type(credly.account.adapter).check

            def look(self: Any, account: Any) -> Any:
                seen.append(connection.in_atomic_block)
                return real(self, account)

            monkeypatch.setattr(type(credly.account.adapter), "check", look)
            assert admin_client.post(self.page(credly), self.form(credly, api_key=KEY)).status_code == 302
            run(admin_client, CREDLY, "check_keys", credly.account)
        assert seen == [False, False]
