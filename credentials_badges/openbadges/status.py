"""Which credentials hold no longer, as a list of bits: whoever reads one does not tell us which badge they look at.

A credential's bit is found by the number of its row, so that nothing is written when a badge is signed or revoked.
Source: https://www.w3.org/TR/vc-bitstring-status-list/
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from openbadgeslib.ob3.status_list import build_status_list_credential, status_entry

from credentials_badges.badges import showing
from credentials_badges.badges.models import Badge
from credentials_badges.contract.states import BadgeState
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges import issuers

SIZE = 131_072
"""Bits of a list, the least that the standard allows."""
GOOD_FOR = timedelta(days=1)
CLOCKS_DIFFER = timedelta(minutes=5)
KEPT_MILLISECONDS = 300_000
BADGES, ENDORSEMENTS = "badges", "endorsements"


def entry(kind: str, row: Model, issuer: tuple[str, str], form: str = "") -> dict[str, Any]:
    """Where a credential says its bit is; a token's list is a token itself."""
    return status_entry(_address(kind, row.pk // SIZE, issuer, form), "revocation", row.pk % SIZE)


def bits(kind: str, provider: str, number: int) -> Iterable[int]:
    """Those that are set in the list of that number. Bits of other issuers' rows are among them, and harm nobody."""
    gone = _badges(provider) if kind == BADGES else Endorsement.objects.filter(state=Endorsement.State.REVOKED)
    first = number * SIZE
    rows = gone.filter(pk__gte=first, pk__lt=first + SIZE).order_by("pk").values_list("pk", flat=True)
    return (pk - first for pk in rows)


def status_list(kind: str, number: int, issuer: tuple[str, str], now: datetime, form: str = "") -> dict[str, Any]:
    """The list as a credential, to be signed by the issuer."""
    return build_status_list_credential(
        issuers.did(*issuer),
        _address(kind, number, issuer, form),
        "revocation",
        bits(kind, issuer[0], number),
        SIZE,
        issued=now - CLOCKS_DIFFER,
        valid_until=now + GOOD_FOR,
        ttl=KEPT_MILLISECONDS,
    )


def _badges(provider: str) -> QuerySet[Badge]:
    """What was taken back, has ended, or was of somebody who is retired."""
    ended = Q(external_state__in=(BadgeState.REVOKED, BadgeState.EXPIRED))
    gone = Q(status=Badge.Status.REVOKED) | Q(learner__retired_at__isnull=False) | ended
    return Badge.objects.filter(gone, account__provider=provider)


def _address(kind: str, number: int, issuer: tuple[str, str], form: str) -> str:
    return showing.whole(reverse("ob3_status" + ("_token" if form else ""), args=[*issuer, kind, number]))
