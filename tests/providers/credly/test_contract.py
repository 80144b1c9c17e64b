"""Credly keeps the contract that all adapters keep; the fixtures stand in ``conftest.py``."""

import pytest

from tests.contract_remote import RemoteProviderContract
from tests.contract_webhooks import WebhookContract
from tests.providers.credly.conftest import CredlyStage


class TestCredly(RemoteProviderContract, WebhookContract):
    """Played against its sandbox."""


class TestCredlyAtItsStrictest(RemoteProviderContract, WebhookContract):
    """Played with the other reading of everything that Credly leaves open."""

    @pytest.fixture(autouse=True)
    def switches(self, stage: CredlyStage) -> None:
        sandbox = stage.sandbox
        sandbox.revoked_blocks_reissue = sandbox.accepts_at_once = sandbox.messages_as_text = True
        sandbox.duplicate_attribute, sandbox.empty_pages, sandbox.replace_status = "user_id", 1, 200
        sandbox.single_badge_get = sandbox.high_volume_available = False
        sandbox.link_drops_filter = sandbox.tokens_readable = sandbox.batch_names_row = False
        sandbox.events_newest_first = sandbox.events_outlive_template = False
        sandbox.html_errors = sandbox.replaced_is_a_state = True
