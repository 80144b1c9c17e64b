"""One badge for one learner: looked for, and issued."""

from collections.abc import Iterator, Mapping
from typing import Any

from credentials_badges.contract.data import IssueOrder, Receipt
from credentials_badges.contract.errors import AlreadyIssued, NotYet, OutcomeUnknown, Rejected
from providers.credly import mapping
from providers.credly.bodies import issue_body
from providers.credly.client import CredlyClient

CATCH_UP = 60.0
"""Seconds after which Credly's list is trusted to show every badge; a guess on the safe side, like `lag`."""


def find(client: CredlyClient, order: IssueOrder) -> Receipt | None:
    """Look by our own id of the learner; then by address, for badges that were issued by other means."""
    return mapping.pick(_by_id(client, order), order) or mapping.pick(_by_address(client, order), order)


def issue(client: CredlyClient, order: IssueOrder) -> Receipt:
    """Issue one badge; if badges that are over, or others of ours, stand in its way, once more with leave for it.

    Credly refuses a second badge unless the template, or our leave, allows it. Then only its list could tell that an
    earlier try arrived, and the list may be late; so until it must have caught up, nothing is sent that Credly would
    not refuse. Leave is given only where it is known which badges are in the way, and none of them may be this one.
    Whether a revoked or expired badge is a duplicate, Credly does not say; one that the learner declined is live:
    https://www.credly.com/docs/issued_badges
    """
    wait = 0.0 if order.doubted_for is None else CATCH_UP - order.doubted_for
    if wait > 0 and not mapping.refuses_duplicates(order.template_raw):
        raise _not_yet(wait)
    body = issue_body(client.account, order)
    try:
        return _send(client, order, body)
    except AlreadyIssued:
        if not mapping.all_over(held(client, order), order):
            raise
    if wait > 0:
        raise _not_yet(wait)
    return _send(client, order, {**body, "duplicate_behavior": "allow"})


def held(client: CredlyClient, order: IssueOrder) -> Iterator[object]:
    """Rows of all badges of the template that the learner has, or somebody with the same address."""
    yield from _by_id(client, order)
    yield from _by_address(client, order)


def named(refusal: Rejected) -> Rejected:
    """The refusal, as `AlreadyIssued` if that is what it says."""
    if refusal.status == 422 and mapping.says_duplicate(refusal.body):
        return AlreadyIssued(str(refusal), status=refusal.status, body=refusal.body)
    return refusal


def _send(client: CredlyClient, order: IssueOrder, body: Mapping[str, Any]) -> Receipt:
    try:
        return mapping.receipt_for(client.issue(body), order)
    except mapping.UnreadableError as error:
        raise OutcomeUnknown(f"Credly issued the badge, but its answer cannot be used: {error}") from None
    except Rejected as refusal:
        raise named(refusal) from None


def _not_yet(wait: float) -> NotYet:
    return NotYet("an earlier try may have issued the badge, and Credly's list may not show it yet", after=wait)


def _by_id(client: CredlyClient, order: IssueOrder) -> Iterator[object]:
    return client.badges(issuer_earner_id=order.recipient.id, badge_template_id=order.template_id)


def _by_address(client: CredlyClient, order: IssueOrder) -> Iterator[object]:
    return client.badges(recipient_email_all=order.recipient.email.lower(), badge_template_id=order.template_id)
