"""Badges of learners who have been retired: deleted, with all that was replaced on the way to them.

Each replacement is a badge of its own at Credly, and bears the name that the learner had then.
"""

from credentials_badges.contract.data import IssueOrder, Receipt
from credentials_badges.contract.errors import NotFound
from credentials_badges.contract.states import BadgeState
from providers.credly import mapping
from providers.credly.client import CredlyClient
from providers.credly.issuing import held


def erase(client: CredlyClient, order: IssueOrder, badge_id: str) -> Receipt:
    """Delete the badge, those that it replaced, and those that replaced it; itself last, so that a try that broke off
    is taken up again.
    """
    others = [each for each in _chain(client, order, badge_id) if each != badge_id]
    was_there = [_delete(client, each) for each in (*others, badge_id)][-1]
    word = "deleted" if was_there else "gone"
    return Receipt(external_id=badge_id, state=BadgeState.REVOKED, raw_state=word)


def _delete(client: CredlyClient, badge_id: str) -> bool:
    """Whether it was there."""
    try:
        client.erase(badge_id)
    except NotFound:
        client.organization()  # A wrong organization id is answered in the same way; this raises `Misconfigured` then.
        return False
    return True


def _chain(client: CredlyClient, order: IssueOrder, badge_id: str) -> set[str]:
    """The badge and all that are tied to it by replacements, as far as rows that bear our own id of the learner say."""
    rows = [badge.raw for badge in mapping.receipts(held(client, order))]
    links = [(str(row["id"]), str(row["replaces_badge_id"])) for row in rows if row.get("replaces_badge_id")]
    chain, known = {badge_id}, set[str]()
    while chain != known:
        known = set(chain)
        chain |= {each for link in links if known.intersection(link) for each in link}
    return chain
