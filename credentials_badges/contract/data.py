"""What goes into an adapter and what comes out of it.

All data are frozen, all times are aware, and no secret appears in a repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from credentials_badges.contract.states import BadgeState, TemplateState


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """Something that is chosen for each account of a provider, in the admin or by ``add_account --option``."""

    name: str
    label: str
    help: str
    default: str = ""
    choices: tuple[str, ...] = ()
    """The values that are allowed; none: any text."""
    takes_key: bool = False
    """Whether it is an address to which the key is sent: then a stored key is not sent to a new one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Our credentials at one provider (Credly: organization, Accredible: API config, BadgeKit: system)."""

    external_id: str
    api_key: str = field(repr=False)
    name: str = ""
    base_url: str = ""
    """Where the provider's API is, such as ``https://api.credly.com/v1/``; ends with a slash."""
    options: Mapping[str, str] = field(default_factory=dict)
    """A value for each of the provider's options."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountInfo:
    """What the provider says about the account whose key was checked."""

    external_id: str
    name: str
    key_expires_at: datetime | None = None
    """When the key stops working, if the provider says so."""
    key_days: int = 0
    """Otherwise: for how many days a key of this kind works from the day it was made; 0 if it does not grow old."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateData:
    """One thing that can be earned, as the provider describes it."""

    external_id: str
    name: str
    description: str = ""
    image_url: str = ""
    url: str = ""
    """The provider's public page about it, empty where there is none."""
    state: TemplateState = TemplateState.ACTIVE
    criteria: tuple[str, ...] = ()
    """What has to be done for it, in the provider's words, with an address where there is one."""
    skills: tuple[str, ...] = ()
    level: str = ""
    duration: str = ""
    """How long it takes to earn, in the provider's words."""
    cost: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The provider's own row, kept whole, so that a new field there needs no migration here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadableRow:
    """A row of a template list that cannot be used; the rows around it go on."""

    where: str
    """Such as ``page 2, row 7``."""
    why: str
    """Such as ``it has no id``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """The learner, as the provider needs to know them."""

    id: str
    """Our own id of the learner: it survives a change of address."""
    email: str = field(repr=False)
    full_name: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Something public that shows why the badge was earned."""

    name: str
    url: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueOrder:
    """Give this template to this learner."""

    key: str
    """Our id of this promise (a UUID): the same at every try, and sent along where the provider keeps a reference."""
    template_id: str
    recipient: Recipient
    issued_at: datetime
    """When the badge was awarded here."""
    expires_at: datetime | None = None
    """When the badge ends; without it, whatever the provider's template says."""
    evidence: tuple[Evidence, ...] = ()
    taken: frozenset[str] = frozenset()
    """External ids that belong to other badges of ours: `find` must not return them."""
    again: bool = False
    """The learner may hold other badges of this template, which are those in `taken`: this is one more."""
    template_raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The template's row as it was last pulled, for what the provider allows with it."""
    doubted_for: float | None = None
    """Seconds since an earlier try of `issue` may have arrived; None if none may, or if that is long ago."""
    waiting_id: str = ""
    """External id of the badge if an earlier try stored it, but waiting: then it has only to be released."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeOrder:
    """Take this badge back."""

    key: str
    external_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the provider says about one badge."""

    external_id: str
    state: BadgeState
    raw_state: str
    """The provider's own word, or the words that its answer amounts to."""
    url: str = ""
    """Where the learner sees (or accepts) the badge."""
    as_of: datetime | None = None
    """When the provider last changed it, if it says so."""
    template_id: str = ""
    recipient_id: str = ""
    """Our own id of the learner, where the provider keeps it; empty for a badge that was issued by other means."""
    waiting: str = ""
    """Why the learner cannot see the badge yet though it is stored there; empty if it is out."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A webhook as it was received. Whoever wrote it is unknown, so it says only what to look at."""

    delivery_id: str
    """The same for every repetition of the same notice."""
    account_id: str
    """The external id of the account that it claims to be about."""
    kind: str = ""
    """What it claims to have happened, in the provider's words: to be read by people, not acted on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateChanged:
    """A template is now so."""

    template: TemplateData


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateGone:
    """A template is no longer there."""

    external_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeChanged:
    """A badge is now so."""

    receipt: Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeGone:
    """A badge is no longer there."""

    external_id: str


Change: TypeAlias = TemplateChanged | TemplateGone | BadgeChanged | BadgeGone
