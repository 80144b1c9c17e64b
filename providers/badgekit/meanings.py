"""What the numbers and words of reports mean, as people read them."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credentials_badges.contract.states import BadgeState


class Meaning(NamedTuple):
    """One of the numbers."""

    key: str
    title: str | Promise
    what: str | Promise


WHAT_IS_COUNTED = (
    Meaning(
        "made",
        _("Codes made"),
        _("Also those that were deleted since. Codes kept for one learner are counted nowhere."),
    ),
    Meaning(
        "used", _("Codes used"), _("Of the codes made in this time: those that have been claimed, whenever that was.")
    ),
    Meaning("handed_out", _("Codes handed out"), _("Codes that somebody has marked as handed out.")),
    Meaning("shared", _("Links shared"), _("How often the link of a code was shared.")),
    Meaning(
        "opened", _("Code pages opened"), _("How often the page of a code was looked at; twice by one person is two.")
    ),
    Meaning("claimed", _("Claims"), _("Each use of a code, whatever became of it.")),
    Meaning("waiting", _("Under review"), _("Of these claims: those that wait for a reviewer now.")),
    Meaning(
        "returned",
        pgettext_lazy("claims", "Sent back"),
        _("Of these claims: those that wait for the learner to revise them now."),
    ),
    Meaning(
        "given_up",
        pgettext_lazy("claims", "Withdrawn"),
        _("Of these claims: those that were withdrawn by the learner, or cancelled."),
    ),
    Meaning(
        "rejected", pgettext_lazy("claims", "Rejected"), _("Claims that a reviewer has rejected, on the day of that.")
    ),
    Meaning(
        "approved",
        pgettext_lazy("claims", "Approved"),
        _("Claims that led to a badge, on the day of that: also those that need no review."),
    ),
    Meaning("awarded", _("Badges held"), _("People with an approved claim who hold the badge now.")),
    Meaning("pushed", _("Sent to the provider"), _("Of these: those whose badge is stored at its provider.")),
    Meaning(
        "accepted",
        pgettext_lazy("claims", "Accepted"),
        _("Of these: those who have accepted it there. In this store, all have."),
    ),
    Meaning(
        "visited",
        _("Badge pages visited"),
        _("How often public pages of badges that came by these codes were looked at."),
    ),
    Meaning(
        "clicked", _("Provider’s pages visited"), _("How often somebody went on from there to the provider’s page.")
    ),
    Meaning("passed_on", _("Badge pages shared"), _("How often such a badge was shared from its public page.")),
)
"""What each number means. Things count on the day, in UTC, on which they happened."""
TITLES = {each.key: each.title for each in WHAT_IS_COUNTED}
SOURCES = {
    "": _("Not known"),
    "copy": _("Copied link"),
    "elsewhere": _("Other sites"),
    "embed": _("Embedded in a page"),
    "facebook": "Facebook",
    "linkedin": "LinkedIn",
    "mail": _("Mail"),
    "print": _("Printed"),
    "qr": _("QR code"),
    "x": "X",
}
"""Where links were, in words."""
STATES = {
    BadgeState.UNKNOWN: pgettext_lazy("badge", "Unknown"),
    BadgeState.PENDING: pgettext_lazy("badge", "Pending"),
    BadgeState.ACCEPTED: pgettext_lazy("badge", "Accepted"),
    BadgeState.REJECTED: pgettext_lazy("badge", "Rejected"),
    BadgeState.EXPIRED: pgettext_lazy("badge", "Expired"),
    BadgeState.REVOKED: pgettext_lazy("badge", "Revoked"),
}
"""What the provider says of a badge, in words."""
