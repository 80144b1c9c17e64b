"""The guest keeps the contract that all adapters keep, and has the abilities that it claims."""

import json
from dataclasses import replace

import pytest
from laurel_badges.provider import LaurelProvider
from laurel_badges.sandbox import LaurelSandbox
from werkzeug.wrappers import Response

from credentials_badges.contract.data import (
    Account,
    BadgeChanged,
    BadgeGone,
    Recipient,
    RevokeOrder,
    TemplateData,
    TemplateGone,
    UnreadableRow,
)
from credentials_badges.contract.errors import Misconfigured, Rejected, Retriable
from credentials_badges.contract.provider import Provider
from tests.contract_remote import RemoteProviderContract
from tests.contract_webhooks import WebhookContract
from tests.providers.guest.conftest import LaurelStage


class TestLaurel(RemoteProviderContract, WebhookContract):
    """Played against its sandbox."""

    @pytest.fixture
    def several(self, stage: LaurelStage) -> bool:
        """Laurel refuses a second wreath of a laurel, whatever is asked."""
        return False


def test_the_option_and_our_key_go_out(provider: LaurelProvider, account: Account, stage: LaurelStage) -> None:
    provider.issue(replace(account, options={"mail": "no"}), stage.order())
    (_, _, body) = stage.sandbox.requests[-1]
    assert (body["mail"], body["reference"]) == (False, stage.order().key)


def test_a_badge_can_be_corrected_any_number_of_times(
    provider: LaurelProvider, account: Account, stage: LaurelStage
) -> None:
    issued = provider.issue(account, stage.order())
    order = replace(stage.order(), recipient=Recipient(id="learner-1", email="new@learners.example", full_name="Mira"))
    for _ in range(2):
        assert provider.update(account, order, issued.external_id).external_id == issued.external_id
    assert stage.sandbox.wreaths[issued.external_id]["name"] == "Mira"
    assert stage.sandbox.requests[-1][2]["learner"]["email"] == "new@learners.example"


def test_a_notice_leads_to_what_is_there_or_gone(
    provider: LaurelProvider, account: Account, stage: LaurelStage
) -> None:
    issued = provider.issue(account, stage.order())
    hint = provider.read_webhook(stage.webhook())
    notice = stage.sandbox.notices[hint.delivery_id]
    notice.update(collection="wreaths", slug=issued.external_id)
    (seen,) = provider.resolve(account, hint)
    assert isinstance(seen, BadgeChanged)
    assert replace(seen.receipt, raw={}) == replace(issued, raw={})
    stage.sandbox.wreaths.clear()
    assert provider.resolve(account, hint) == [BadgeGone(external_id=issued.external_id)]
    notice.update(collection="laurels", slug="never-was")
    assert provider.resolve(account, hint) == [TemplateGone(external_id="never-was")]


def test_a_row_that_cannot_be_read_leaves_the_others(
    provider: LaurelProvider, account: Account, stage: LaurelStage
) -> None:
    stage.sandbox.laurels["tide-watch-3"]["slug"] = "../house"
    rows = list(provider.list_templates(account))
    assert [row for row in rows if isinstance(row, UnreadableRow)] == [
        UnreadableRow(where="page 2, row 1", why="it has no slug")
    ]
    assert {row.external_id for row in rows if isinstance(row, TemplateData)} == stage.template_ids - {"tide-watch-3"}


def test_a_wrong_address_is_not_taken_for_a_badge_that_is_gone(
    provider: Provider, account: Account, stage: LaurelStage
) -> None:
    issued = provider.issue(account, stage.order())
    order = RevokeOrder(key="6f1c1b62-0000-4000-8000-00000000000f", external_id=issued.external_id, reason="No longer")
    with pytest.raises(Misconfigured, match="address"):
        provider.revoke(replace(account, base_url="https://api.laurel.example/v0/"), order)
    assert stage.held(stage.order()) == 1


def test_an_id_that_bends_a_path_is_never_sent(provider: Provider, account: Account, stage: LaurelStage) -> None:
    with pytest.raises(Rejected):
        provider.update(account, stage.order(), "../house")
    assert stage.calls() == 0


def test_a_list_that_does_not_end_is_left(
    provider: Provider, account: Account, stage: LaurelStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laurel_badges.client.MOST_PAGES", 2)
    with pytest.raises(Retriable, match="does not end after 2 pages"):
        list(provider.list_templates(account))
    assert stage.calls() == 2


@pytest.mark.parametrize("page", [{}, {"laurels": {}}, {"laurels": [], "next": 3}])
def test_a_list_that_is_cut_short_is_not_taken_for_all(
    provider: Provider, account: Account, monkeypatch: pytest.MonkeyPatch, page: dict[str, object]
) -> None:
    monkeypatch.setattr(LaurelSandbox, "read_page", lambda *_, **__: Response(json.dumps(page)))
    with pytest.raises(Retriable, match="no page of a list"):
        list(provider.list_templates(account))
