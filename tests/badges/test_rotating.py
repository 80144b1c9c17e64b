"""Keys of encrypted columns are changed in three steps, while the service runs, and no secret is lost."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.core.management import CommandError, call_command
from django.db import connection

from credentials_badges.badges.models import ProviderAccount
from credentials_badges.badges.models.fields import cipher
from providers.badgekit.models import Consumer, System

pytestmark = pytest.mark.django_db

SECRETS = 3
"""An account's key and its webhook token, and a consumer's secret."""


@pytest.fixture
def account(settings: Any) -> ProviderAccount:
    settings.FIELD_ENCRYPTION_KEYS = ["old"]
    system = System.objects.create(slug="harbour", name="Harbour", url="https://harbour.example.org")
    Consumer.objects.create(system=system, api_key="reader", api_secret="the consumer's secret")
    ProviderAccount.objects.all().delete()
    return ProviderAccount.objects.create(provider="credly", external_id="one", api_key="the account's key")


def stored(column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM badges_provideraccount")  # noqa: S608 (A name from this file.)
        return str(cursor.fetchone()[0])


def rotate() -> str:
    out = StringIO()
    call_command("rotate_field_keys", stdout=out)
    return out.getvalue()


def test_after_the_three_steps_the_old_key_is_not_needed(account: ProviderAccount, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["new", "old"]
    token = account.webhook_token
    assert rotate().startswith(f"{SECRETS} encrypted anew, 0 were")
    assert rotate().startswith(f"0 encrypted anew, {SECRETS} were")
    settings.FIELD_ENCRYPTION_KEYS = ["new"]
    account.refresh_from_db()
    assert (account.api_key, account.webhook_token) == ("the account's key", token)
    assert Consumer.objects.get().api_secret == "the consumer's secret"
    with pytest.raises(InvalidToken):
        cipher(("old",)).decrypt(stored("api_key").encode())


def test_what_no_key_reads_is_named_and_left_as_it_is(account: ProviderAccount, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another"]
    before = stored("api_key")
    with pytest.raises(CommandError, match=f"badges.ProviderAccount {account.pk} api_key"):
        rotate()
    assert stored("api_key") == before
