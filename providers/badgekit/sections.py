"""What a file of the form ``badgekit-fixture/1`` may hold: which list of rows becomes which table."""

from dataclasses import dataclass, field

from django.db.models import Model

from providers.badgekit.models import (
    Alignment,
    Application,
    Badge,
    BadgeInstance,
    Category,
    ClaimCode,
    Consumer,
    Criterion,
    Evidence,
    Image,
    Issuer,
    Milestone,
    MilestoneBadge,
    Program,
    Review,
    ReviewItem,
    System,
    Tag,
    Webhook,
)

ORGANISATION = ("slug", "name", "url", "description", "email")
BADGE = (
    *("slug", "name", "strapline", "earnerDescription", "consumerDescription"),
    *("issuerUrl", "rubricUrl", "criteriaUrl", "timeValue", "timeUnits"),
    *("evidenceType", "limit", "unique", "archived", "type"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """How one list of the file becomes rows of one table."""

    model: type[Model]
    columns: tuple[str, ...]
    times: tuple[str, ...] = ()
    parents: dict[str, type[Model]] = field(default_factory=dict)
    """What a row belongs to, by the name under which the file tells its id or its slug."""


SECTIONS = {
    "images": Section(Image, ("slug", "url", "mimetype", "data")),
    "systems": Section(System, ORGANISATION, parents={"image": Image}),
    "consumers": Section(Consumer, ("apiKey", "apiSecret", "description"), parents={"system": System}),
    "webhooks": Section(Webhook, ("url", "secret"), parents={"system": System}),
    "issuers": Section(Issuer, ORGANISATION, parents={"image": Image, "system": System}),
    "programs": Section(Program, ORGANISATION, parents={"image": Image, "issuer": Issuer}),
    "badges": Section(
        *(Badge, BADGE, ("created",)),
        parents={"image": Image, "system": System, "issuer": Issuer, "program": Program},
    ),
    "criteria": Section(Criterion, ("description", "required", "note"), parents={"badge": Badge}),
    "alignments": Section(Alignment, ("name", "url", "description"), parents={"badge": Badge}),
    "categories": Section(Category, ("value",), parents={"badge": Badge}),
    "tags": Section(Tag, ("value",), parents={"badge": Badge}),
    "claimCodes": Section(ClaimCode, ("code", "claimed", "email", "multiuse", "limit"), parents={"badge": Badge}),
    "badgeInstances": Section(BadgeInstance, ("slug", "email"), ("issuedOn", "expires"), parents={"badge": Badge}),
    "applications": Section(
        *(Application, ("slug", "learner", "assignedTo"), ("created", "assignedExpiration", "processed")),
        parents={"badge": Badge},
    ),
    "evidence": Section(Evidence, ("url", "mediaType", "reflection"), parents={"application": Application}),
    "reviews": Section(Review, ("slug", "author", "comment"), parents={"application": Application}),
    "reviewItems": Section(ReviewItem, ("satisfied", "comment"), parents={"review": Review, "criterion": Criterion}),
    "milestones": Section(Milestone, ("numberRequired", "action"), parents={"system": System, "primaryBadge": Badge}),
    "milestoneBadges": Section(MilestoneBadge, (), parents={"milestone": Milestone, "badge": Badge}),
}
"""What the store keeps, each section after those that it points at."""
