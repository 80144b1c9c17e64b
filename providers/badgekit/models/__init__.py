"""The tables of our own claim-code store, with the columns that BadgeKit's REST API answers with."""

from providers.badgekit.models.access import Consumer, Member, Webhook, WebhookCall
from providers.badgekit.models.assessment import Application, Evidence, Review, ReviewItem
from providers.badgekit.models.badges import Alignment, Badge, Category, Criterion, Milestone, MilestoneBadge, Tag
from providers.badgekit.models.claims import Claim, ClaimEvidence, ClaimStep
from providers.badgekit.models.codes import BadgeInstance, Batch, ClaimCode
from providers.badgekit.models.organisations import Image, Issuer, Program, System
from providers.badgekit.models.proxies import BadgeKitAccount, BadgeKitBadgeTemplate, BadgeKitIssuedBadge
from providers.badgekit.models.visits import CodeVisits

__all__ = [
    "Alignment",
    "Application",
    "Badge",
    "BadgeInstance",
    "BadgeKitAccount",
    "BadgeKitBadgeTemplate",
    "BadgeKitIssuedBadge",
    "Batch",
    "Category",
    "Claim",
    "ClaimCode",
    "ClaimEvidence",
    "ClaimStep",
    "CodeVisits",
    "Consumer",
    "Criterion",
    "Evidence",
    "Image",
    "Issuer",
    "Member",
    "Milestone",
    "MilestoneBadge",
    "Program",
    "Review",
    "ReviewItem",
    "System",
    "Tag",
    "Webhook",
    "WebhookCall",
]
