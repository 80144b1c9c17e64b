"""The contract, kept for Laurel."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    BadgeChanged,
    BadgeGone,
    Change,
    Hint,
    IssueOrder,
    Option,
    Receipt,
    RevokeOrder,
    TemplateChanged,
    TemplateData,
    TemplateGone,
    UnreadableRow,
)
from credentials_badges.contract.errors import AlreadyIssued, NotFound, OutcomeUnknown, Rejected, Retriable
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import BadgeState
from laurel_badges import mapping
from laurel_badges.client import BASE_URL, LaurelClient

MAIL = Option(
    name="mail",
    label="Mail learners",
    help="Whether Laurel writes to the learner about each wreath.",
    default="yes",
    choices=("yes", "no"),
)

T = TypeVar("T", TemplateData, Receipt)


class LaurelProvider(Provider):
    """Laurel, which takes badges one by one and keeps our own id of the learner."""

    slug = "laurel"
    name = "Laurel"
    base_urls = {"production": BASE_URL}
    webhooks = True
    erases = True
    options = (MAIL,)

    def check(self, account: Account) -> AccountInfo:
        """Read the house that the key opens."""
        try:
            return mapping.account_info(LaurelClient(account).house())
        except mapping.UnreadableError as error:
            raise Retriable(f"Laurel's answer about the house cannot be used: {error}") from None

    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """Every laurel."""
        return _each(LaurelClient(account).pages("laurels"), mapping.template)

    def list_badges(self, account: Account) -> Iterator[Receipt | UnreadableRow]:
        """Every wreath that has not been withdrawn."""
        return _each(LaurelClient(account).pages("wreaths"), mapping.receipt)

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Give a wreath; Laurel refuses a second one of the same laurel with 409."""
        body = mapping.wreath(order, mail=(account.options.get(MAIL.name) or MAIL.default) == "yes")
        try:
            return _written(LaurelClient(account).give(body), order)
        except Rejected as refusal:
            if refusal.status == 409:
                raise AlreadyIssued(str(refusal), status=refusal.status, body=refusal.body) from None
            raise

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """Among the learner's wreaths, by our own id of the learner."""
        wreaths = _each(LaurelClient(account).pages("wreaths", learner=order.recipient.id), mapping.receipt)
        return next((each for each in wreaths if isinstance(each, Receipt) and mapping.fulfils(each, order)), None)

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Delete the wreath: Laurel keeps none that are withdrawn."""
        return _withdrawn(LaurelClient(account), order.external_id)

    def erase(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """The same."""
        return _withdrawn(LaurelClient(account), external_id)

    def update(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Tell Laurel the learner's name and address as they are now, once it has shown whose wreath that is."""
        client = LaurelClient(account)
        try:
            mapping.receipt_for(client.one("wreaths", external_id), order)
        except mapping.UnreadableError as error:
            raise Rejected(f"Laurel's wreath was left alone: {error}") from None
        return _written(client.amend(external_id, mapping.learner(order)), order)

    def read_webhook(self, body: bytes) -> Hint:
        """The id of a notice."""
        return mapping.hint(body)

    def resolve(self, account: Account, hint: Hint) -> list[Change]:
        """Fetch the notice, and then the laurel or the wreath that it is about."""
        client = LaurelClient(account)
        try:
            collection, slug = mapping.notice(client.one("notices", hint.delivery_id))
            return [_template_now(client, slug) if collection == "laurels" else _badge_now(client, slug)]
        except mapping.UnreadableError as error:
            raise Retriable(f"Laurel's answer about the notice cannot be used: {error}") from None


def _template_now(client: LaurelClient, slug: str) -> Change:
    try:
        return TemplateChanged(template=mapping.template(client.one("laurels", slug)))
    except NotFound:
        return TemplateGone(external_id=slug)


def _badge_now(client: LaurelClient, slug: str) -> Change:
    try:
        return BadgeChanged(receipt=mapping.receipt(client.one("wreaths", slug)))
    except NotFound:
        return BadgeGone(external_id=slug)


def _each(pages: Iterator[list[object]], read: Callable[[object], T]) -> Iterator[T | UnreadableRow]:
    """Each thing once, as `read` reads it, and the rows that cannot be read."""
    seen: set[str] = set()
    for page, rows in enumerate(pages, start=1):
        for number, row in enumerate(rows, start=1):
            try:
                thing = read(row)
            except mapping.UnreadableError as error:
                yield UnreadableRow(where=f"page {page}, row {number}", why=str(error))
                continue
            if thing.external_id not in seen:
                seen.add(thing.external_id)
                yield thing


def _withdrawn(client: LaurelClient, slug: str) -> Receipt:
    try:
        client.withdraw(slug)
    except NotFound:
        client.house()  # Raises `Misconfigured` if it is not the wreath but all of Laurel that is not there.
    return Receipt(external_id=slug, state=BadgeState.REVOKED, raw_state="withdrawn")


def _written(row: object, order: IssueOrder) -> Receipt:
    """What was written for the order: with an answer that cannot be used, that is for `find` to see."""
    try:
        return mapping.receipt_for(row, order)
    except mapping.UnreadableError as error:
        raise OutcomeUnknown(f"Laurel wrote the wreath, but its answer cannot be used: {error}") from None
