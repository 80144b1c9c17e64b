"""Our rows as BadgeKit shows them. Times are ISO 8601 in UTC with milliseconds, as JavaScript writes them.

What has no value is null, except that a badge has no key for an organisation or a picture that it lacks.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from providers.badgekit.models import (
    Application,
    Badge,
    BadgeInstance,
    ClaimCode,
    Issuer,
    Milestone,
    Program,
    Review,
    System,
)
from providers.badgekit.models.organisations import Organisation, shown

Json = dict[str, Any]


def time(moment: datetime | None) -> str | None:
    """The moment as JavaScript writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def system(row: System, issuers: Iterable[Issuer] = (), *, nested: bool = False) -> Json:
    """A system; BadgeKit never shows its description. Nested, it shows neither picture nor issuers."""
    told = _organisation(row, nested=nested)
    del told["description"]
    return {**told, "issuers": [issuer(each, nested=True) for each in issuers]}


def issuer(row: Issuer, programs: Iterable[Program] = (), *, nested: bool = False) -> Json:
    """An issuer."""
    return {**_organisation(row, nested=nested), "programs": [program(each, nested=True) for each in programs]}


def program(row: Program, *, nested: bool = False) -> Json:
    """A program."""
    return _organisation(row, nested=nested)


def _organisation(row: Organisation, *, nested: bool) -> Json:
    return {
        "id": row.pk,
        "slug": row.slug,
        "url": row.url,
        "name": row.name,
        "description": row.description,
        "email": row.email,
        "imageUrl": row.image.shown_at if not nested and row.image else None,
    }


def whole(rows: QuerySet[Badge]) -> QuerySet[Badge]:
    """The rows with all that `badge` tells of them, so that it asks nothing more."""
    rows = rows.select_related("image", "system", "issuer", "program").defer("image__data")
    return rows.prefetch_related("criteria", "alignments", "categories", "tags")


def badge(row: Badge, milestones: Iterable[Milestone] = (), *, bare: bool = False) -> Json:
    """A badge with all that describes it; `bare`: its own row only, as inside some other things."""
    told = {
        "id": row.pk,
        "slug": row.slug,
        "name": row.name,
        "strapline": row.strapline,
        "earnerDescription": row.earner_description,
        "consumerDescription": row.consumer_description,
        "issuerUrl": row.issuer_url,
        "rubricUrl": row.rubric_url,
        "timeValue": row.time_value,
        "timeUnits": row.time_units,
        "evidenceType": row.evidence_type,
        "limit": row.limit,
        "unique": int(row.unique),
        "created": time(row.created),
        "type": row.type,
        "archived": row.archived,
        "criteriaUrl": row.criteria_url,
        "milestones": [milestone(each) for each in milestones],
    }
    if bare:
        return {**told, "criteria": [], "alignments": [], "categories": [], "tags": []}
    return {**told, **_surroundings(row), **_lists(row)}


def _surroundings(row: Badge) -> Json:
    """The picture and the organisations that the badge has."""
    told: Json = {"imageUrl": row.image.shown_at} if row.image else {}
    if shown(row.system):
        told["system"] = system(row.system, nested=True)
    if row.issuer and shown(row.issuer):
        told["issuer"] = issuer(row.issuer, nested=True)
    if row.program and shown(row.program):
        told["program"] = program(row.program, nested=True)
    return told


def _lists(row: Badge) -> Json:
    return {
        "criteria": [
            {"id": each.pk, "description": each.description, "required": int(each.required), "note": each.note}
            for each in row.criteria.all()
        ],
        "alignments": [
            {"id": each.pk, "name": each.name, "url": each.url, "description": each.description}
            for each in row.alignments.all()
        ],
        "categories": [each.value for each in row.categories.all()],
        "tags": [{"id": each.pk, "value": each.value} for each in row.tags.all()],
    }


def claim_code(row: ClaimCode) -> Json:
    """A claim code."""
    return {
        "id": row.pk,
        "code": row.code,
        "claimed": row.claimed,
        "email": row.email,
        "multiuse": row.multiuse,
    }


def instance(row: BadgeInstance, of: Badge | None, url: str) -> Json:
    """A badge that somebody holds; `url` is where its assertion is."""
    return {
        "slug": row.slug,
        "email": row.email,
        "expires": time(row.expires),
        "issuedOn": time(row.issued_on),
        "claimCode": row.claim_code.code if row.claim_code else None,
        "assertionUrl": url,
        "badge": badge(of) if of else None,
    }


def application(row: Application, of: Json | None, *, evidence: bool = True) -> Json:
    """An application for the badge `of`, which is shown in one way or another, with its evidence."""
    return {
        "id": row.pk,
        "slug": row.slug,
        "learner": row.learner,
        "created": time(row.created),
        "assignedTo": row.assigned_to,
        "assignedExpiration": time(row.assigned_expiration),
        "badge": of,
        "processed": time(row.processed),
        "evidence": [
            {"url": each.url, "mediaType": each.media_type, "reflection": each.reflection}
            for each in (row.evidence.all() if evidence else ())
        ],
    }


def review(row: Review) -> Json:
    """A review, with what it says of each criterion."""
    return {
        "id": row.pk,
        "slug": row.slug,
        "author": row.author,
        "comment": row.comment,
        "reviewItems": [
            {"criterionId": each.criterion_id, "satisfied": int(each.satisfied), "comment": each.comment}
            for each in row.items.all()
        ],
    }


def milestone(row: Milestone) -> Json:
    """A milestone, with its badges."""
    return {
        "id": row.pk,
        "action": row.action,
        "numberRequired": row.number_required,
        "primaryBadge": badge(row.primary_badge, bare=True),
        "supportBadges": [badge(each, bare=True) for each in row.support_badges.all()],
    }
