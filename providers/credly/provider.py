"""The contract, kept for Credly."""

from collections.abc import Iterator

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    IssueOrder,
    Receipt,
    RevokeOrder,
    TemplateData,
    UnreadableRow,
)
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Retriable,
)
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import BadgeState, TemplateState
from providers.credly import mapping
from providers.credly.client import BASE_URL, CredlyClient


class CredlyProvider:
    """Credly, where badges belong to an organization and wait for the learner to accept them."""

    slug = "credly"
    name = "Credly"
    default_base_url = BASE_URL
    # Credly does not say how soon its list shows a new badge; this is a guess on the safe side.
    lag = 3.0

    def check(self, account: Account) -> AccountInfo:
        """Read the organization; without an id, the only one that the key can see.

        Raises `Misconfigured` also if there is none with the account's id, or if an id is needed to tell several apart.
        """
        client = CredlyClient.of(account)
        try:
            if account.external_id:
                return mapping.account_info(client.organization())
            seen = client.organizations()
            if len(seen) != 1:
                raise Misconfigured(f"this key can see {len(seen)} organizations at Credly; name one by its id")
            return mapping.account_info(seen[0])
        except mapping.UnreadableError as error:
            raise Retriable(f"Credly's answer about the organization cannot be used: {error}") from None

    def list_templates(self, account: Account) -> Iterator[TemplateData | UnreadableRow]:
        """Every active template. The state is checked on each row, whatever Credly made of the filter."""
        seen: set[str] = set()
        for page, rows in CredlyClient.of(account).template_pages():
            for number, row in enumerate(rows, start=1):
                try:
                    template = mapping.template(row)
                except mapping.UnreadableError as error:
                    yield UnreadableRow(where=f"page {page}, row {number}", why=str(error))
                    continue
                if template.state is TemplateState.ACTIVE and template.external_id not in seen:
                    seen.add(template.external_id)
                    yield template

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Issue one badge; Credly mails the learner, who may accept it."""
        try:
            return mapping.receipt(CredlyClient.of(account).issue(mapping.issue_body(order)))
        except mapping.UnreadableError as error:
            raise OutcomeUnknown(f"Credly issued the badge, but its answer cannot be used: {error}") from None
        except Rejected as error:
            if error.status == 422 and mapping.says_duplicate(error.body):
                raise AlreadyIssued(str(error), status=error.status, body=error.body) from None
            raise

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """Look by our own id of the learner; then by address, for badges that were issued by other means."""
        client = CredlyClient.of(account)
        learner = order.recipient
        by_id = client.badges(issuer_earner_id=learner.id, badge_template_id=order.template_id)
        by_address = client.badges(recipient_email_all=learner.email.lower(), badge_template_id=order.template_id)
        return mapping.pick(list(by_id), order) or mapping.pick(list(by_address), order)

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Revoke the badge; one that Credly no longer has, or has revoked already, counts as revoked."""
        client = CredlyClient.of(account)
        try:
            return mapping.receipt(client.revoke(order.external_id, order.reason))
        except mapping.UnreadableError as error:
            raise OutcomeUnknown(f"Credly revoked the badge, but its answer cannot be used: {error}") from None
        except NotFound:
            # A wrong organization id is answered in the same way; asking for it raises `Misconfigured` then.
            client.organization()
            return Receipt(external_id=order.external_id, state=BadgeState.REVOKED, raw_state="gone")
        except Rejected as refusal:
            return _revoked_before(client, order.external_id, refusal)


def _revoked_before(client: CredlyClient, badge_id: str, refusal: Rejected) -> Receipt:
    """The badge, if it turns out to be revoked; else raises the refusal. How Credly words this case is unknown."""
    try:
        badge = mapping.receipt(client.badge(badge_id))
    except (NotFound, mapping.UnreadableError):
        raise refusal from None
    if badge.state is not BadgeState.REVOKED:
        raise refusal
    return badge


_: Provider = CredlyProvider()
