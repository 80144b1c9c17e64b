"""BadgeKit's pages in the administration: our side of it, and the store itself."""

from providers.badgekit.admin import (
    access,
    assessment,
    badges,
    claimable,
    claims,
    codes,
    known_as,
    organisations,
    ours,
    waiting,
)

__all__ = [
    "access",
    "assessment",
    "badges",
    "claimable",
    "claims",
    "codes",
    "known_as",
    "organisations",
    "ours",
    "waiting",
]
