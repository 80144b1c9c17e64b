"""Badges of retired learners are erased at their providers, and looked for first where nobody knows if they are there.

The provider is asked by our own id of the learner, which says nothing to anybody else, and stays.
"""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from credentials_badges.badges.models import Badge, ExternalState, Issuance
from credentials_badges.contract.data import IssueOrder, Receipt, RevokeOrder
from credentials_badges.contract.errors import NotYet, Rejected

RETIRED = "The learner has been retired."
ERASED = "erased"
"""The raw state of a badge that has been erased at its provider."""
LAGS = 12
"""What a provider does not show so many times its `lag` after the last try that may have arrived, is not there."""


def erase(issuance: Issuance, order: IssueOrder) -> Receipt | None:
    """Erase the badge there, or revoke it where nothing can be erased; None if it is not there."""
    adapter, account = issuance.account.adapter, issuance.account.as_data()
    external_id = issuance.badge.external_id
    if not external_id:
        found = adapter.find(account, order)
        if found is None:
            _wait_out_doubts(issuance)
            return None
        if found.recipient_id not in {"", order.recipient.id}:
            raise Rejected("the provider showed a badge of another learner, which was left alone")
        external_id = found.external_id
    if adapter.erases:
        return adapter.erase(account, order, external_id)
    return adapter.revoke(account, RevokeOrder(key=str(issuance.key), external_id=external_id, reason=RETIRED))


def _wait_out_doubts(issuance: Issuance) -> None:
    """Raises NotYet while a try of which nobody knows whether it arrived may still come to light."""
    tries = Issuance.objects.filter(badge=issuance.badge_id, action=Issuance.Action.ISSUE)
    last = max(issuance.created_at, tries.aggregate(last=Max("doubted_at"))["last"] or issuance.created_at)
    wait = (last + timedelta(seconds=LAGS * issuance.account.adapter.lag) - timezone.now()).total_seconds()
    if wait > 0:
        raise NotYet("an earlier try may have issued the badge, and the provider may not show it yet", after=wait)


def left_there(issuance: Issuance, receipt: Receipt | None) -> str:
    """What a person has to be told of an erasure that was all that could be done; empty if nothing is left there."""
    adapter = issuance.account.adapter
    if adapter.erases or receipt is None:
        return ""
    return f"{adapter.name} deletes nothing: {receipt.external_id} was revoked there. Ask {adapter.name} to erase it."


def settle(issuance: Issuance, receipt: Receipt | None) -> None:
    """Forget what the provider said of the badge, in the transaction that ends the erasure.

    Nothing older of it is under way by then, so nothing is written there afterwards.
    """
    told = {"external_state": "", "external_state_raw": ERASED, "external_as_of": None, "external_url": ""}
    if left_there(issuance, receipt):  # By its id, the provider can be asked.
        told["external_state_raw"] = "revoked"
    else:
        told["external_id"] = None
    Badge.objects.filter(pk=issuance.badge_id).update(**told)
    ExternalState.objects.filter(badge=issuance.badge_id).delete()
    Issuance.objects.filter(badge=issuance.badge_id).update(receipt=None)
    Issuance.objects.filter(badge=issuance.badge_id).exclude(pk=issuance.pk).update(last_error="")
