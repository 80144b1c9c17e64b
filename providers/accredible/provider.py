"""Accredible as a `Provider`: groups are templates, credentials are badges."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    BadgeChanged,
    Change,
    IssueOrder,
    Receipt,
    RevokeOrder,
    TemplateChanged,
    TemplateData,
    UnreadableRow,
)
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    NotFound,
    NotYet,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Retriable,
)
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import LIVE_STATES, BadgeState
from providers.accredible import bulk, mapping
from providers.accredible.client import BASE_URLS, NAME, Client
from providers.accredible.options import REVOKE_BY, TIME_ZONE, deletes, last_days, today, zone

CATCH_UP = 60.0
"""Seconds after which the search is trusted to show every credential; a guess on the safe side, like `lag`."""


class AccredibleProvider(Provider):
    """The adapter for https://docs.api.accredible.com."""

    slug = "accredible"
    name = NAME
    base_urls = BASE_URLS
    lag = 5.0
    """A guess on the safe side: the search of credentials reads an index that follows writes after a moment."""
    batch = 30
    erases = True
    options = (TIME_ZONE, REVOKE_BY)

    def check(self, account: Account) -> AccountInfo:
        """The issuer to whom the key belongs, which the caller compares with the account's own id."""
        return mapping.account_info(Client(account).issuer())

    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """All groups. Their images come from one pass over all designs, never from a call for each group."""
        return _templates(Client(account, patient=True))

    def list_badges(self, account: Account) -> Iterator[Receipt | UnreadableRow]:
        """All credentials, found by the day of their last change, since a search has to name something."""
        return _badges(Client(account, patient=True), mapping.EVERY_DAY, today(account))

    def changes(self, account: Account, since: datetime) -> Iterator[Change]:
        """Groups and credentials that changed since the day before, because Accredible knows days without a zone."""
        client, day = Client(account, patient=True), mapping.day_before(since)
        for template in _templates(client, updated_since=day):
            if isinstance(template, TemplateData):
                yield TemplateChanged(template=template)
        for badge in _badges(client, day, today(account)):
            if isinstance(badge, Receipt):
                yield BadgeChanged(receipt=badge)

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Create a credential under our own id. Without credits left it waits unpublished: that is `PENDING`.

        A group that takes several credentials of a learner may take the same one twice: there a doubt is waited out.
        """
        client, day = Client(account), today(account)
        if order.waiting_id and (known := _released(client, order, day) or self.find(account, order)):
            return known
        wait = CATCH_UP - order.doubted_for if order.again and order.doubted_for is not None else 0.0
        if wait > 0:
            raise NotYet(f"an earlier try may have stored the credential, and {NAME} may not show it yet", after=wait)
        credential = mapping.credential(order, zone(account))
        try:
            row = client.create(credential)
        except Rejected as error:
            if not mapping.says_taken(error.body):
                raise
            # Otherwise the earlier try may be in the way, and only not be shown yet; with `again` it would be by now.
            if order.again or order.doubted_for is None:
                any_badge = replace(order, taken=frozenset())  # An earlier badge of the learner's may be in the way.
                _look_at_what_is_in_the_way(_ours(client, any_badge, day), order, last_days(account)[0])
            raise AlreadyIssued(str(error), status=error.status, body=error.body) from None
        if mapping.contradicts(row, order):
            raise OutcomeUnknown(f"{NAME} answered with a credential of another group, award or learner")
        return mapping.promised(row, order, day)

    def issue_many(self, account: Account, orders: Sequence[IssueOrder]) -> list[Receipt | ProviderError]:
        """Create them in one call, but for those that it cannot take; none, if it refuses to tell them apart."""
        said: dict[str, Receipt | ProviderError] = {}
        if together := bulk.together(orders):
            credentials = [mapping.credential(order, zone(account)) for order in together]
            with suppress(Rejected):
                results = bulk.outcomes(together, Client(account).create_many(credentials), today(account))
                said = {order.key: result for order, result in zip(together, results, strict=True)}
        return [said.get(order.key, Retriable("not sent together with the others")) for order in orders]

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """Look under our own id, which needs no index, then search.

        Whatever the searches name is read once more by its id: that is up to date, and has the public address.
        """
        ours = _ours(Client(account), order, today(account))
        return next((receipt for receipt in ours if receipt.state in LIVE_STATES), None)

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Let the credential expire, or delete it: Accredible knows no revocation."""
        if deletes(account):
            return _deleted(account, order.external_id)
        try:
            return _expired(Client(account), order.external_id, *last_days(account))
        except NotFound:
            return _gone(order.external_id, "gone")

    def erase(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Delete the credential and its page, which cannot be undone."""
        return _deleted(account, external_id)

    def update(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Put name and address right, on the same credential.

        One that has nothing but its old address cannot be told from a stranger's: a person has to change that.
        """
        client = Client(account)
        row = _own(client, order, external_id)
        if row is None:
            raise Rejected(f"the credential {external_id} does not say that it is this learner's; change it at {NAME}")
        if not mapping.says(row, order):
            row = client.update(external_id, mapping.holder(order))
        return mapping.promised(row, order, today(account))


def _templates(client: Client, updated_since: date | None = None) -> Iterator[TemplateData | UnreadableRow]:
    """Groups, each one once; designs are asked for only if there is a group."""
    images: dict[str, str] | None = None
    seen: set[str] = set()
    for page, rows in client.group_pages(updated_since):
        if images is None:
            images = _images(client)
        for number, row in enumerate(rows, start=1):
            template = mapping.template(row, images, where=f"page {page}, row {number}")
            if isinstance(template, TemplateData):
                # Pages have no stated order, so a group created meanwhile can push a row onto the next one.
                if template.external_id in seen:
                    continue
                seen.add(template.external_id)
            yield template


def _images(client: Client) -> dict[str, str]:
    """Image addresses by design id, or none if designs cannot be listed, since a template is usable without one."""
    try:
        return mapping.images(client.designs())
    except (Rejected, Misconfigured):
        return {}


def _badges(client: Client, updated_since: date, today: date) -> Iterator[Receipt | UnreadableRow]:
    """Credentials that were written on that day or later, each one once."""
    seen: set[str] = set()
    for page, rows in client.credential_pages(mapping.updated_since(updated_since)):
        for number, row in enumerate(rows, start=1):
            badge = mapping.listed(row, today, where=f"page {page}, row {number}")
            if isinstance(badge, Receipt):
                if badge.external_id in seen:
                    continue
                seen.add(badge.external_id)
            yield badge


def _released(client: Client, order: IssueOrder, today: date) -> Receipt | None:
    """The credential, published if it only waits for that; None if it is gone, or another learner's.

    It is read first: one that has expired meanwhile is left alone, since publishing takes a credit and sends a mail.
    """
    try:
        row = _own(client, order, order.waiting_id)
        if row and mapping.receipt(row, today).waiting:
            row = client.update(order.waiting_id, mapping.publication())
    except NotFound:
        return None
    return mapping.promised(row, order, today) if row else None


def _own(client: Client, order: IssueOrder, credential_id: str) -> dict[str, Any] | None:
    """The credential of that id; None if it is not the order's."""
    row = client.credential(credential_id)
    return row if mapping.identifier(row["id"]) == credential_id and mapping.is_ours(row, order) else None


def _ours(client: Client, order: IssueOrder, today: date) -> Iterator[Receipt]:
    """The order's credentials, live or over. One that may be among them, but cannot be read, is raised at the end."""
    refusal: Rejected | None = None
    for credential_id in _candidates(client, order):
        try:
            row = client.credential(credential_id)
        except NotFound:
            continue
        except Rejected as error:
            # What a search names is there; our own id may be refused because nothing has it.
            refusal = refusal if credential_id == order.key else error
            continue
        receipt = mapping.promised(row, order, today)
        if mapping.is_ours(row, order) and receipt.external_id not in order.taken:
            yield receipt
    if refusal:
        raise refusal


def _look_at_what_is_in_the_way(held: Iterator[Receipt], order: IssueOrder, over_since: date) -> None:
    """Calm if one of them is live and may be the order's. Raises what to do about those that are not.

    Whether an expired credential is in the way is not documented; until its last day is over everywhere, it may be.
    """
    over: list[Receipt] = []
    others = False
    for receipt in held:
        if receipt.state not in LIVE_STATES:
            over.append(receipt)
        elif order.again and receipt.external_id in order.taken:
            others = True
        else:
            return
    for receipt in over if not others else ():
        last_day = mapping.date_of(receipt.raw.get("expired_on"))
        if last_day and last_day > over_since:
            raise NotYet(
                f"{NAME} takes no new credential until {receipt.external_id} has expired for a day", after=3600
            )
    if order.again and order.taken:
        raise Rejected(
            f"the group takes no second credential of a learner: switch on duplicate credentials for it at {NAME}, and "
            f"then retry"
        )
    if over:
        raise Rejected(
            f"{NAME} takes no new credential beside the expired {over[0].external_id}: delete that one there, and from "
            f"now on choose to revoke by 'delete'"
        )


def _candidates(client: Client, order: IssueOrder) -> Iterator[str]:
    """Ids under which the badge may be, the surest first; each search is made only if all before it were in vain."""
    yield order.key
    seen = set(order.taken)
    for query in mapping.searches(order):
        for _, rows in client.credential_pages(query):
            for row in rows:
                credential_id = mapping.identifier(row.get("id")) if isinstance(row, dict) else ""
                if credential_id and credential_id not in seen:
                    seen.add(credential_id)
                    yield credential_id


def _expired(client: Client, credential_id: str, day: date, *later: date) -> Receipt:
    """Let the credential expire, which keeps its evidence (https://help.accredible.com/what-happens-when-credentials-expire).

    The day is one that is over, since it is not documented that today's takes effect at once. It may be refused for a
    credential that was issued after it; then a later day is tried, today's at last, and tomorrow it will have expired.
    """
    try:
        row = client.update(credential_id, mapping.expiry(day))
    except Rejected:
        if not later:
            raise
        return _expired(client, credential_id, *later)
    receipt = mapping.receipt(row, day + timedelta(days=1))
    if receipt.state is not BadgeState.EXPIRED:
        raise OutcomeUnknown(f"{NAME} was told to let the credential {credential_id} expire, and it has not")
    return receipt


def _deleted(account: Account, credential_id: str) -> Receipt:
    try:
        Client(account).delete(credential_id)
    except NotFound:
        return _gone(credential_id, "gone")
    return _gone(credential_id, "deleted")


def _gone(credential_id: str, raw_state: str) -> Receipt:
    return Receipt(external_id=credential_id, state=BadgeState.REVOKED, raw_state=raw_state)
