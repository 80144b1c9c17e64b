"""What an adapter has to prove besides, if its provider sends webhooks: inherit `WebhookContract` as well."""

from dataclasses import replace
from typing import Protocol

import pytest

from credentials_badges.contract.data import Account, TemplateChanged
from credentials_badges.contract.errors import NotFound
from credentials_badges.contract.provider import Provider
from tests.contract_remote import RemoteStage


class WebhookStage(RemoteStage, Protocol):
    """A provider that sends webhooks."""

    def webhook(self) -> bytes:
        """The body of a webhook about a template that was changed a moment ago."""

    def calls(self) -> int:
        """How many calls the provider has received."""


class WebhookContract:
    """What a provider with webhooks has to prove besides; here `stage` is a `WebhookStage`."""

    def test_reading_a_webhook_is_the_same_each_time_and_asks_nobody(
        self, provider: Provider, account: Account, stage: WebhookStage
    ) -> None:
        assert provider.webhooks
        body, before = stage.webhook(), stage.calls()
        hint = provider.read_webhook(body)
        assert hint == provider.read_webhook(body)
        assert hint.account_id == account.external_id
        assert hint.delivery_id
        assert stage.calls() == before

    @pytest.mark.parametrize(
        "body", [b"", b"junk", b"[]", b"null", b"{}", b'{"id": 5}', b"\xff\xfe", b"[" * 100_000, b'{"id": "\\u0000"}']
    )
    def test_a_body_that_is_no_webhook_says_so(self, provider: Provider, body: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 (The words are the adapter's own.)
            provider.read_webhook(body)

    def test_a_webhook_leads_to_what_is_true(self, provider: Provider, account: Account, stage: WebhookStage) -> None:
        changes = list(provider.resolve(account, provider.read_webhook(stage.webhook())))
        assert [type(change) for change in changes] == [TemplateChanged]

    def test_a_webhook_that_the_provider_does_not_know_of_is_not_found(
        self, provider: Provider, account: Account, stage: WebhookStage
    ) -> None:
        hint = provider.read_webhook(stage.webhook())
        with pytest.raises(NotFound):
            list(provider.resolve(account, replace(hint, delivery_id="6f1c1b62-0000-4000-8000-0000000000aa")))
