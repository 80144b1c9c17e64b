"""The contract, kept for Credly."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    Change,
    Hint,
    IssueOrder,
    Receipt,
    RevokeOrder,
    TemplateData,
    UnreadableRow,
)
from credentials_badges.contract.errors import Misconfigured, ProviderError, Rejected, Retriable
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import TemplateState
from providers.credly import amending, erasing, issuing, mapping, webhooks
from providers.credly.batch import SIZE, issue_many
from providers.credly.client import BASE_URL, CredlyClient
from providers.credly.options import CLIENT_ID, OPTIONS, chosen

T = TypeVar("T", TemplateData, Receipt)

KEY_DAYS = 180
"""For which an authorization token works: https://credlyissuer.zendesk.com/hc/en-us/articles/28143019451035"""


class CredlyProvider(Provider):
    """Credly, where badges belong to an organization and wait for the learner to accept them."""

    slug = "credly"
    name = "Credly"
    base_urls = {"production": BASE_URL, "sandbox": "https://sandbox-api.credly.com/v1/"}
    # Credly does not say how soon its list shows a new badge; this is a guess on the safe side.
    lag = 5.0
    batch = SIZE
    webhooks = True
    erases = True
    options = OPTIONS

    def check(self, account: Account) -> AccountInfo:
        """Read the organization; without an id, the only one that the key can see.

        Raises `Misconfigured` also if there is none with the account's id, or if an id is needed to tell several apart.
        """
        client = CredlyClient.of(account)
        try:
            info = mapping.account_info(client.organization() if account.external_id else _only_organization(client))
        except mapping.UnreadableError as error:
            raise Retriable(f"Credly's answer about the organization cannot be used: {error}") from None
        if chosen(account, CLIENT_ID):
            return info
        ends = _key_expires_at(replace(account, external_id=info.external_id))
        return replace(info, key_expires_at=ends, key_days=KEY_DAYS)

    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """Every active template. The state is checked on each row, whatever Credly made of the filter."""
        for row in _each_once(CredlyClient.of(account).template_pages(), mapping.template):
            if isinstance(row, UnreadableRow) or row.state is TemplateState.ACTIVE:
                yield row

    def list_badges(self, account: Account) -> Iterator[Receipt | UnreadableRow]:
        """Every badge, through Credly's search for high volumes where it may be used."""
        return _each_once(CredlyClient.of(account).badge_pages(), mapping.receipt)

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Issue one badge; Credly mails the learner, who may accept it."""
        return issuing.issue(CredlyClient.of(account), order)

    def issue_many(self, account: Account, orders: Sequence[IssueOrder]) -> list[Receipt | ProviderError]:
        """In one call, unless some of them stand in each other's way."""
        return issue_many(CredlyClient.of(account), orders)

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """By our own id of the learner, or by address."""
        return issuing.find(CredlyClient.of(account), order)

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Revoke the badge, or the one that replaced it: the receipt names that one."""
        return amending.revoke(CredlyClient.of(account), order)

    def update(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Replace the badge by one that bears the learner's name. Credly offers no way to change the address."""
        return amending.update(CredlyClient.of(account), order, external_id)

    def erase(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Delete the badge, those that it replaced, and those that replaced it."""
        return erasing.erase(CredlyClient.of(account), order, external_id)

    def changes(self, account: Account, since: datetime) -> Iterator[Change]:
        """From Credly's events; from all badges, if this key may not read events."""
        try:
            told = webhooks.changes(CredlyClient.of(account), since)
        except (Misconfigured, Rejected):
            yield from super().changes(account, since)
        else:
            yield from told

    def read_webhook(self, body: bytes) -> Hint:
        """The id of an event and what it is said to be about."""
        return webhooks.read_webhook(body)

    def resolve(self, account: Account, hint: Hint) -> list[Change]:
        """Fetch the event, and read the template or badge that it is about."""
        return webhooks.resolve(CredlyClient.of(account), hint)


def _each_once(pages: Iterable[tuple[int, list[object]]], read: Callable[[object], T]) -> Iterator[T | UnreadableRow]:
    seen: set[str] = set()
    for page, rows in pages:
        for number, row in enumerate(rows, start=1):
            try:
                held = read(row)
            except mapping.UnreadableError as error:
                yield UnreadableRow(where=f"page {page}, row {number}", why=str(error))
                continue
            if held.external_id not in seen:
                seen.add(held.external_id)
                yield held


def _only_organization(client: CredlyClient) -> object:
    seen = client.organizations()
    if len(seen) != 1:
        raise Misconfigured(f"this key can see {len(seen)} organizations at Credly; name one by its id")
    return seen[0]


def _key_expires_at(account: Account) -> datetime | None:
    """When the key ends; None if Credly does not tell us, which is no reason to doubt the key."""
    try:
        return mapping.key_expires_at(CredlyClient.of(account).authorization_tokens(), account.api_key)
    except ProviderError:
        return None
