"""Badges that are out already: taken back, or given another name.

A badge that was replaced stands no longer for anything, so both look for the one that stands for it now.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from credentials_badges.contract.data import IssueOrder, Receipt, RevokeOrder
from credentials_badges.contract.errors import NotFound, NotYet, OutcomeUnknown, Rejected
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
        except NotFound:
            # A wrong organization id is answered in the same way; asking for it raises `Misconfigured` then.
            client.organization()
            return Receipt(external_id=badge_id, state=BadgeState.REVOKED, raw_state="gone")
        following = mapping.successor(row)
        if not following:
            return mapping.receipt(row)
        _check_replaces(_seen(client, following), badge_id)
        badge_id = following
    raise _endless()


def update(client: CredlyClient, order: IssueOrder, external_id: str) -> Receipt:
    """Replace the badge by one with the learner's present name, unless that has happened already.

    The address stays as it was, since Credly offers no way to change it: https://www.credly.com/docs/issued_badges
    """
    rows = {badge.external_id: badge.raw for badge in mapping.receipts(held(client, order))}
    followers = {str(row.get("replaces_badge_id")): id_ for id_, row in rows.items()}
    badge_id, row = external_id, rows.get(external_id) or _seen(client, external_id)
    for _ in range(MOST_REPLACEMENTS):
        following = mapping.successor(row) or followers.get(badge_id)
        if not following:
            if bears_name(_checked(row, order).raw, order):
                return mapping.receipt(row)
            new = _replaced(client, badge_id, order)
            following = mapping.successor(new)
            if not following:
                return _made(new, order)
        row = rows.get(following) or _seen(client, following)
        _check_replaces(row, badge_id)
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


def _revoked(client: CredlyClient, badge_id: str, body: dict[str, object]) -> Mapping[str, Any]:
    """The row after revoking. If Credly refuses, what is known of a badge that was revoked or replaced before.

    Raises the refusal if it is neither; how Credly words these two cases is not known.
    """
    try:
        row = _named(badge_id, [client.revoke(badge_id, body)])
    except NotFound:
        raise
    except Rejected:
        row = _read(client, badge_id) or _listed(client, badge_id)
        if row is None or not (mapping.successor(row) or mapping.receipt(row).raw_state == "revoked"):
            raise
        return row
    if row is None or mapping.receipt(row).state in LIVE_STATES:
        raise OutcomeUnknown("Credly's answer to the revocation does not show this badge as revoked")
    return row


def _seen(client: CredlyClient, badge_id: str) -> Mapping[str, Any]:
    """The badge's row. What Credly does not show is neither replaced nor revoked, since it may be anybody's."""
    row = _read(client, badge_id) or _listed(client, badge_id)
    if row is None:
        raise NotYet("Credly does not show the badge, which may be new or gone")
    return row


def _read(client: CredlyClient, badge_id: str) -> Mapping[str, Any] | None:
    """The badge's row; None if it is not there, or if single badges cannot be read."""
    try:
        return _named(badge_id, [client.badge(badge_id)])
    except NotFound:
        return None


def _listed(client: CredlyClient, badge_id: str) -> Mapping[str, Any] | None:
    """The same from the list of all badges, the long way that is always open."""
    return _named(badge_id, client.badges())


def _named(badge_id: str, rows: Iterable[object]) -> Mapping[str, Any] | None:
    return next((badge.raw for badge in mapping.receipts(rows) if badge.external_id == badge_id), None)


def _check_replaces(row: Mapping[str, Any], badge_id: str) -> None:
    """Refuse to follow to a badge that does not itself say to have replaced that one: it may be another learner's."""
    if row.get("replaces_badge_id") != badge_id:
        raise Rejected("Credly names another badge in its place, which does not say to have replaced it")


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
