"""Accredible as a `Provider`: groups are templates, credentials are badges."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    IssueOrder,
    Receipt,
    RevokeOrder,
    TemplateData,
    UnreadableRow,
)
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, NotFound, Rejected
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import LIVE_STATES, BadgeState
from providers.accredible import mapping
from providers.accredible.client import DEFAULT_BASE_URL, NAME, Client


class AccredibleProvider:
    """The adapter for https://docs.api.accredible.com."""

    slug = "accredible"
    name = NAME
    default_base_url = DEFAULT_BASE_URL
    lag = 3.0
    """A guess on the safe side: the search of credentials reads an index that follows writes after a moment."""

    def check(self, account: Account) -> AccountInfo:
        """The issuer to whom the key belongs, which the caller compares with the account's own id."""
        return mapping.account_info(Client(account).issuer())

    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """All groups. Their images come from one pass over all designs, never from a call for each group."""
        client = Client(account)
        images = _images(client)
        seen: set[str] = set()
        for page, rows in client.group_pages():
            for number, row in enumerate(rows, start=1):
                template = mapping.template(row, images, where=f"page {page}, row {number}")
                if isinstance(template, TemplateData):
                    # Pages have no stated order, so a group created meanwhile can push a row onto the next one.
                    if template.external_id in seen:
                        continue
                    seen.add(template.external_id)
                yield template

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Create a credential under our own id. Without credits left it waits unpublished: that is `PENDING`."""
        credential = mapping.credential(order)
        try:
            row = Client(account).create(credential)
        except Rejected as error:
            if mapping.says_taken(error.body):
                raise AlreadyIssued(str(error), status=error.status, body=error.body) from None
            raise
        return mapping.receipt(row, _today())

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """Look under our own id, which needs no index, then search.

        Whatever the searches name is read once more by its id: that is up to date, and has the public address.
        """
        client = Client(account)
        for credential_id in _candidates(client, order):
            try:
                row = client.credential(credential_id)
            except NotFound:
                continue
            receipt = mapping.receipt(row, _today())
            if mapping.is_ours(row, order) and receipt.state in LIVE_STATES and receipt.external_id not in order.taken:
                return receipt
        return None

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Let the credential expire, which keeps its evidence: Accredible knows no revocation, only that and deletion.

        The date is yesterday's, since it is not documented that today's takes effect at once
        (https://help.accredible.com/what-happens-when-credentials-expire).
        """
        expiry = mapping.expiry(_today() - timedelta(days=1))
        try:
            row = Client(account).update(order.external_id, expiry)
        except NotFound:
            return Receipt(external_id=order.external_id, state=BadgeState.REVOKED, raw_state="gone")
        return mapping.receipt(row, _today())


def _images(client: Client) -> dict[str, str]:
    """Image addresses by design id, or none if designs cannot be listed, since a template is usable without one.

    A key that is wrong altogether is told by the groups, which are asked for next.
    """
    try:
        return mapping.images(client.designs())
    except (Rejected, Misconfigured):
        return {}


def _candidates(client: Client, order: IssueOrder) -> Iterator[str]:
    """Ids under which the badge may be, the surest first; each search is made only if all before it were in vain."""
    yield order.key
    seen = set(order.taken)
    for query in mapping.searches(order):
        for row in client.search(query):
            credential_id = mapping.identifier(row.get("id")) if isinstance(row, dict) else ""
            if credential_id and credential_id not in seen:
                seen.add(credential_id)
                yield credential_id


def _today() -> date:
    return datetime.now(UTC).date()


_: Provider = AccredibleProvider()
