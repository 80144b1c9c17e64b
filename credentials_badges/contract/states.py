"""The few words in which every provider's states are told; their own word is always kept beside ours."""

from enum import StrEnum


class TemplateState(StrEnum):
    """Whether the provider lets a template be issued."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class BadgeState(StrEnum):
    """What the provider says about one issued badge."""

    UNKNOWN = "unknown"
    """A word that the adapter's table does not know: read the raw state."""
    PENDING = "pending"
    """It is there, and waits for the learner (or for a person at the provider)."""
    ACCEPTED = "accepted"
    """The learner has it."""
    REJECTED = "rejected"
    """The learner declined it."""
    EXPIRED = "expired"
    REVOKED = "revoked"


LIVE_STATES = frozenset({BadgeState.UNKNOWN, BadgeState.PENDING, BadgeState.ACCEPTED, BadgeState.REJECTED})
"""States in which a badge found at the provider can be the one that we were about to issue."""
