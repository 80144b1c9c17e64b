"""A world in which every call of the BadgeKit API has something to do, and what to send for it."""

from typing import Any

from django.utils import timezone

from providers.badgekit import instances
from providers.badgekit.instances import Award
from providers.badgekit.models import (
    Alignment,
    Application,
    Badge,
    Category,
    Criterion,
    Evidence,
    Image,
    Issuer,
    Milestone,
    Program,
    Review,
    ReviewItem,
    System,
    Tag,
)
from tests.providers.badgekit.api import ADA, PNG, make, store

ID = 2_000_000_001
"""Of rows that bodies name: higher than any database has counted by then."""
NAMES = {
    "system": "city",
    "issuer": "library",
    "program": "club",
    "badge": "coder",
    "code": "single use",
    "email": ADA,
    "application": "request",
    "review": "opinion",
    "milestone": str(ID),
    "image": "pic",
    "slug": "held",
}
"""What the paths name, in the world below."""
CODES = "{context}/badges/{badge}/codes"
INSTANCES = "{context}/badges/{badge}/instances"
APPLICATIONS = "{context}/badges/{badge}/applications"
REVIEWS = f"{APPLICATIONS}/{{application}}/reviews"
MILESTONES = "/systems/{system}/milestones"
PROGRAMS = "/systems/{system}/issuers/{issuer}/programs"
ORGANISATION = {"slug": "new", "name": "New", "url": "https://new.example", "description": None, "email": ADA}
BADGE = {
    "slug": "new",
    "name": "New",
    "type": "skill",
    "unique": False,
    "timeValue": 2,
    "timeUnits": "hours",
    "earnerDescription": "Do it.",
    "consumerDescription": "Has done it.",
    "criteriaUrl": "https://new.example/how",
    "image": "https://new.example/badge.png",
    "criteria": [{"description": "Do it twice.", "required": True}],
    "alignments": [{"name": "Logic", "url": "https://example.com/logic"}],
    "categories": ["computers", "games"],
    "tags": ["software"],
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/systems"): ORGANISATION,
    ("PUT", "/systems/{system}"): {"description": "Another city."},
    ("POST", "/systems/{system}/issuers"): ORGANISATION,
    ("PUT", "/systems/{system}/issuers/{issuer}"): {"image": "https://library.example/picture.png"},
    ("POST", PROGRAMS): ORGANISATION,
    ("PUT", f"{PROGRAMS}/{{program}}"): {"slug": "society", "email": None},
    ("POST", "{context}/badges"): BADGE,
    ("PUT", "{context}/badges/{badge}"): {"archived": True, "tags": ["hardware", "wires"], "image": None},
    ("POST", CODES): {"code": "new", "claimed": False, "multiuse": True, "email": "eve@example.com"},
    ("POST", f"{CODES}/random"): {"multiuse": True},
    ("POST", f"{CODES}/{{code}}/claim"): {"email": "eve@example.com"},
    ("POST", INSTANCES): {"email": "eve@example.com", "claimCode": "single use", "expires": 2000000000},
    ("POST", f"{INSTANCES}/bulk"): {"emails": ["eve@example.com", ADA, "bob@example.com"], "comment": "Well done."},
    ("POST", APPLICATIONS): {"learner": ADA, "evidence": [{"url": "https://example.com", "mediaType": "link"}]},
    ("PUT", f"{APPLICATIONS}/{{application}}"): {"assignedTo": "eve@example.com", "processed": "2026-11-21T12:00:00Z"},
    ("POST", REVIEWS): {"author": "eve@example.com", "reviewItems": [{"criterionId": ID, "satisfied": True}]},
    ("PUT", f"{REVIEWS}/{{review}}"): {"comment": "Better.", "reviewItems": [{"criterionId": ID, "satisfied": False}]},
    ("POST", MILESTONES): {"primaryBadgeId": ID, "numberRequired": 1, "supportBadges": [ID + 1]},
    ("PUT", f"{MILESTONES}/{{milestone}}"): {"numberRequired": 1},
    ("POST", f"{MILESTONES}/{{milestone}}/add-badge"): {"badgeId": ID},
    ("POST", f"{MILESTONES}/{{milestone}}/remove-badge"): {"badgeId": ID + 1},
}
"""A body that succeeds, for each call that takes one."""


def world() -> None:
    """The store, with one of everything that a path can name, and no list in it empty."""
    store()
    Program.objects.create(slug="other", name="Other", issuer=Issuer.objects.get(slug="library"))
    city, coder = System.objects.get(slug="city"), Badge.objects.get(slug="coder")
    speaker = Badge.objects.create(pk=ID, slug="speaker", name="Speaker", system=city, type="skill")
    listener = Badge.objects.create(pk=ID + 1, slug="listener", name="Listener", system=city, type="skill")
    criterion = Criterion.objects.create(pk=ID, badge=coder, description="Read it aloud.")
    Alignment.objects.create(badge=coder, name="Logic", url="https://example.com/logic", description="Thinking.")
    Category.objects.create(badge=coder, value="computers")
    Tag.objects.create(badge=coder, value="software")
    Image.objects.create(slug="bytes", mimetype="image/png", data=PNG)
    make("single use", email="bob@example.com")
    make("for all", multiuse=True)
    milestone = Milestone.objects.create(pk=ID, system=city, primary_badge=speaker, number_required=2)
    milestone.support_badges.set([listener, coder])
    Milestone.objects.create(system=city, primary_badge=coder, number_required=1).support_badges.set([speaker])
    instances.give(coder, Award(email=ADA, slug="held", base_url="https://badges.example"))
    coder.instances.update(claim_code=make("used", claimed=True), expires=timezone.now())
    application = Application.objects.create(slug="request", badge=coder, learner=ADA)
    Evidence.objects.create(application=application, url="https://example.com/program", media_type="link")
    review = Review.objects.create(slug="opinion", application=application, author="eve@example.com")
    ReviewItem.objects.create(review=review, criterion=criterion, satisfied=True, comment="It works.")
