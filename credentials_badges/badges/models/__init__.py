"""Our tables: one for each noun of `docs/architecture.md`."""

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.audit import AuditEntry
from credentials_badges.badges.models.badges import Badge, ExternalState
from credentials_badges.badges.models.inbox import LearningEvent, UnreadableEvent, WebhookDelivery
from credentials_badges.badges.models.learners import Learner
from credentials_badges.badges.models.members import AccountMember
from credentials_badges.badges.models.messages import Mail, Message
from credentials_badges.badges.models.operations import CallCount, Heartbeat
from credentials_badges.badges.models.outbox import Issuance
from credentials_badges.badges.models.pace import CallWindow
from credentials_badges.badges.models.progress import BadgeProgress, Fulfillment
from credentials_badges.badges.models.recomputation import Recomputation
from credentials_badges.badges.models.requirements import (
    BadgePenalty,
    BadgeRequirement,
    DataRule,
    PenaltyDataRule,
    RequirementGroup,
)
from credentials_badges.badges.models.sync import SyncRun
from credentials_badges.badges.models.templates import BadgeTemplate, RulesVersion
from credentials_badges.badges.models.visits import BadgeVisits

__all__ = [
    "AccountMember",
    "AuditEntry",
    "Badge",
    "BadgePenalty",
    "BadgeProgress",
    "BadgeRequirement",
    "BadgeTemplate",
    "BadgeVisits",
    "CallCount",
    "CallWindow",
    "DataRule",
    "ExternalState",
    "Fulfillment",
    "Heartbeat",
    "Issuance",
    "Learner",
    "LearningEvent",
    "Mail",
    "Message",
    "PenaltyDataRule",
    "ProviderAccount",
    "Recomputation",
    "RequirementGroup",
    "RulesVersion",
    "SyncRun",
    "UnreadableEvent",
    "WebhookDelivery",
]
