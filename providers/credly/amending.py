"""Badges that are out already: taken back, or given another name.

A badge that was replaced stands no longer for anything, so both look for the one that stands for it now.
"""

from collections.abc import Iterable

from credentials_badges.contract.data import IssueOrder, Receipt, RevokeOrder
from credentials_badges.contract.errors import NotFound, OutcomeUnknown, Rejected
from credentials_badges.contract.states import LIVE_STATES, BadgeState
from providers.credly import mapping
from providers.credly.bodies import bears_name, replace_body, revoke_body
from providers.credly.client import CredlyClient
from providers.credly.issuing import held

MOST_REPLACEMENTS = 10
"""A chain that is longer than this does not end."""


def revoke(client: CredlyClient, order: RevokeOrder) -> Receipt:
    """Revoke the badge or the one that replaced it. One that is gone, or revoked already, counts as revoked."""
    badge_id, body = order.external_id, revoke_body(client.account, order)
    for _ in range(MOST_REPLACEMENTS):
        try:
            row = _revoked(client, badge_id, body)
            following = mapping.successor(row)
            if not following:
                return mapping.receipt(row)
        except mapping.UnreadableError as error:
            raise OutcomeUnknown(f"Credly revoked the badge, but its answer cannot be used: {error}") from None
        except NotFound:
            # A wrong organization id is answered in the same way; asking for it raises `Misconfigured` then.
            client.organization()
            return Receipt(external_id=badge_id, state=BadgeState.REVOKED, raw_state="gone")
        badge_id = following
    raise _endless()


def update(client: CredlyClient, order: IssueOrder, external_id: str) -> Receipt:
    """Replace the badge by one with the learner's present name, unless that has happened already.

    The address stays as it was, since Credly offers no way to change it: https://www.credly.com/docs/issued_badges
    """
    rows = {badge.external_id: badge.raw for badge in mapping.receipts(held(client, order))}
    followers = {str(row.get("replaces_badge_id")): id_ for id_, row in rows.items()}
    badge_id = external_id
    for _ in range(MOST_REPLACEMENTS):
        row = rows.get(badge_id) or _read(client, badge_id)
        following = mapping.successor(row) or followers.get(badge_id)
        if not following:
            if row is not None and bears_name(_checked(row, order).raw, order):
                return mapping.receipt(row)
            new = _replaced(client, badge_id, order)
            following = mapping.successor(new)
            if not following:
                return _made(new, order)
        badge_id = following
    raise _endless()


def _replaced(client: CredlyClient, badge_id: str, order: IssueOrder) -> object:
    """The new row; or the refusal, if it names the badge that stands for this one already."""
    try:
        return client.replace(badge_id, replace_body(client.account, order))
    except Rejected as refusal:
        if mapping.successor(refusal.body):
            return refusal.body
        raise


def _made(row: object, order: IssueOrder) -> Receipt:
    try:
        return mapping.receipt_for(row, order)
    except mapping.UnreadableError as error:
        raise OutcomeUnknown(f"Credly replaced the badge, but its answer cannot be used: {error}") from None


def _revoked(client: CredlyClient, badge_id: str, body: dict[str, object]) -> object:
    """The row after revoking. If Credly refuses, what is known of a badge that was revoked or replaced before.

    Raises the refusal if it is neither; how Credly words these two cases is not known.
    """
    try:
        return client.revoke(badge_id, body)
    except NotFound:
        raise
    except Rejected as refusal:
        if mapping.successor(refusal.body):
            return refusal.body
        row = _read(client, badge_id) or _listed(client, badge_id)
        if mapping.successor(row):
            return row
        if row is None or mapping.receipt(row).raw_state != "revoked":
            raise
        return row


def _read(client: CredlyClient, badge_id: str) -> object:
    """The badge's row; None if it is not there, or if single badges cannot be read."""
    try:
        return _named(badge_id, [client.badge(badge_id)])
    except NotFound:
        return None


def _listed(client: CredlyClient, badge_id: str) -> object:
    """The same from the list of all badges, the long way that is always open."""
    return _named(badge_id, client.badges())


def _named(badge_id: str, rows: Iterable[object]) -> object:
    return next((badge.raw for badge in mapping.receipts(rows) if badge.external_id == badge_id), None)


def _checked(row: object, order: IssueOrder) -> Receipt:
    """The badge, if it is live and not known to be of another template or learner; only then it may be replaced."""
    badge = mapping.receipt(row)
    if mapping.contradicts(badge, order):
        raise Rejected("the badge is one of another template or learner at Credly, so its name was left alone")
    if badge.state not in LIVE_STATES:
        raise Rejected(f"the badge is {badge.raw_state} at Credly, so its name cannot be changed")
    return badge


def _endless() -> Rejected:
    return Rejected(f"the badge was replaced more than {MOST_REPLACEMENTS} times at Credly")
