"""The shapes of what the API answers, as OpenAPI 3.0 has them; what each field means stands in `answers`.

A key that is not required may be missing; what may be null says so.
"""

from collections.abc import Mapping
from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
TIME: Shape = {"type": "string", "format": "date-time"}
BOOLEAN: Shape = {"type": "boolean"}
FLAG: Shape = {"type": "integer", "enum": [0, 1]}
SENT: Shape = {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}
"""What is told as it was sent, be it a text or not."""
ANYTHING: Shape = {}


def ref(name: str) -> Shape:
    """The shape of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(shape: Shape) -> Shape:
    """The shape, or null."""
    return {"type": "object", "allOf": [shape], "nullable": True} if "$ref" in shape else {**shape, "nullable": True}


def many(shape: Shape) -> Shape:
    """A list."""
    return {"type": "array", "items": shape}


def thing(fields: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with these fields, and maybe the optional ones."""
    shape: Shape = {"type": "object", "properties": {**fields, **(optional or {})}}
    return {**shape, "required": list(fields)} if fields else shape  # OpenAPI 3.0 has no empty list there.


def done(*words: str, **fields: Shape) -> Shape:
    """What came of a change, in one of these words."""
    return thing({"status": {"type": "string", "enum": list(words)}, **fields})


def paged(name: str, row: str, **besides: Shape) -> Shape:
    """A list, and which page of it, if a page was asked for."""
    return thing({name: many(ref(row)), **besides}, {"pageData": ref("PageData")})


def _organisation(name: str) -> Mapping[str, Shape]:
    key, told = name.lower(), ref(name)
    return {
        f"{name}s": paged(f"{key}s", name),
        name: thing({key: told}),
        f"{name}Created": done("created", **{key: told}),
        f"{name}Changed": done("updated", "deleted", **{key: told}),
    }


_ORGANISATION = {
    "id": NUMBER,
    "slug": TEXT,
    "url": TEXT,
    "name": TEXT,
    "email": maybe(TEXT),
    "imageUrl": maybe(TEXT),
}
_BADGE = {
    "id": NUMBER,
    "slug": TEXT,
    "name": TEXT,
    "strapline": maybe(TEXT),
    "earnerDescription": TEXT,
    "consumerDescription": TEXT,
    "issuerUrl": maybe(TEXT),
    "rubricUrl": maybe(TEXT),
    "timeValue": maybe(NUMBER),
    "timeUnits": maybe(TEXT),
    "evidenceType": maybe(TEXT),
    "limit": maybe(NUMBER),
    "unique": FLAG,
    "created": TIME,
    "type": TEXT,
    "archived": BOOLEAN,
    "criteriaUrl": TEXT,
    "milestones": many(ref("Milestone")),
    "criteria": many(ref("Criterion")),
    "alignments": many(ref("Alignment")),
    "categories": many(TEXT),
    "tags": many(ref("Tag")),
}
_SURROUNDINGS = {"imageUrl": TEXT, "system": ref("System"), "issuer": ref("Issuer"), "program": ref("Program")}
_CLAIM_CODE = {"id": NUMBER, "code": TEXT, "claimed": BOOLEAN, "email": maybe(TEXT), "multiuse": BOOLEAN}
_INSTANCE = {
    "slug": TEXT,
    "email": TEXT,
    "expires": maybe(TIME),
    "issuedOn": TIME,
    "claimCode": maybe(TEXT),
    "assertionUrl": TEXT,
    "badge": maybe(ref("Badge")),
}
_NEW_INSTANCE = thing(
    {name: SENT if name == "issuedOn" else shape for name, shape in _INSTANCE.items() if name != "claimCode"},
    {"claimCode": TEXT},
)
_REFUSAL = {"code": TEXT, "message": TEXT}

THINGS: Mapping[str, Shape] = {
    "System": thing({**_ORGANISATION, "issuers": many(ref("Issuer"))}),
    "Issuer": thing({**_ORGANISATION, "description": maybe(TEXT), "programs": many(ref("Program"))}),
    "Program": thing({**_ORGANISATION, "description": maybe(TEXT)}),
    "Badge": thing(_BADGE, _SURROUNDINGS),
    "Criterion": thing({"id": NUMBER, "description": TEXT, "required": FLAG, "note": TEXT}),
    "Alignment": thing({"id": NUMBER, "name": TEXT, "url": TEXT, "description": TEXT}),
    "Tag": thing({"id": NUMBER, "value": TEXT}),
    "ClaimCode": thing(_CLAIM_CODE),
    "BadgeInstance": thing(_INSTANCE),
    "Application": thing(
        {
            "id": NUMBER,
            "slug": TEXT,
            "learner": TEXT,
            "created": TIME,
            "assignedTo": maybe(TEXT),
            "assignedExpiration": maybe(TIME),
            "badge": maybe(ref("Badge")),
            "processed": maybe(TIME),
            "evidence": many(ref("Evidence")),
        }
    ),
    "Evidence": thing({"url": maybe(TEXT), "mediaType": maybe(TEXT), "reflection": maybe(TEXT)}),
    "Review": thing(
        {"id": NUMBER, "slug": TEXT, "author": TEXT, "comment": maybe(TEXT), "reviewItems": many(ref("ReviewItem"))}
    ),
    "ReviewItem": thing({"criterionId": maybe(NUMBER), "satisfied": FLAG, "comment": maybe(TEXT)}),
    "Milestone": thing(
        {
            "id": NUMBER,
            "action": TEXT,
            "numberRequired": NUMBER,
            "primaryBadge": ref("Badge"),
            "supportBadges": many(ref("Badge")),
        }
    ),
    "PageData": thing({"page": NUMBER, "count": NUMBER, "total": NUMBER}),
    "Error": thing(_REFUSAL, {"parameter": TEXT}),
    "ValidationError": thing(
        {**_REFUSAL, "details": many(thing({"field": TEXT}, {"value": ANYTHING, "message": TEXT}))}
    ),
    "ConflictError": thing({**_REFUSAL, "error": TEXT, "details": {"type": "object"}}),
}
ANSWERS: Mapping[str, Shape] = {
    "Health": thing({"app": TEXT, "version": TEXT}),
    **_organisation("System"),
    **_organisation("Issuer"),
    **_organisation("Program"),
    "Badges": paged("badges", "Badge"),
    "Badge": thing({"badge": ref("Badge")}),
    "BadgeCreated": done("created", badge=ref("Badge")),
    "BadgeChanged": done("updated", "deleted", badge=ref("Badge")),
    "ClaimCodes": paged("claimCodes", "ClaimCode", badge=ref("Badge")),
    "ClaimCode": thing({"claimCode": ref("ClaimCode"), "badge": ref("Badge")}),
    "ClaimCodeCreated": done(
        "created",
        claimCode=thing(
            {name: SENT if name == "code" else shape for name, shape in _CLAIM_CODE.items() if name != "email"},
            {"email": maybe(TEXT)},
        ),
        badge=ref("Badge"),
    ),
    "ClaimCodeChanged": done(
        *("updated", "deleted"), claimCode=thing({**_CLAIM_CODE, "email": maybe(SENT)}), badge=ref("Badge")
    ),
    "ClaimedBadge": thing({"badge": thing({**_BADGE, "claimed": FLAG}, _SURROUNDINGS)}),
    "Instances": paged("instances", "BadgeInstance"),
    "Instance": thing({"instance": ref("BadgeInstance")}),
    "InstanceCreated": done("created", instance=_NEW_INSTANCE),
    "InstancesCreated": done("created", instances=many(_NEW_INSTANCE)),
    "Milestones": paged("milestones", "Milestone"),
    "Milestone": thing({"milestone": ref("Milestone")}),
    "MilestoneChanged": done("created", "updated", milestone=ref("Milestone")),
    "MilestoneDeleted": done("deleted"),
    "Applications": paged("applications", "Application"),
    "Application": thing({"application": ref("Application")}),
    "ApplicationCreated": done("created", application=ref("Application")),
    "ApplicationChanged": done("updated", "deleted", application=ref("Application")),
    "Reviews": paged("reviews", "Review"),
    "Review": thing({"review": ref("Review")}),
    "ReviewCreated": done("created", review=ref("Review")),
    "ReviewChanged": done("updated", review=ref("Review")),
    "ReviewDeleted": done("deleted", review=ref("Review"), badge=ref("Review")),
    "BadgeList": thing({"badgelist": many(thing({"location": TEXT}))}),
    "Assertion": thing(
        {
            "uid": TEXT,
            "recipient": thing({"identity": TEXT, "type": {"type": "string", "enum": ["email"]}, "hashed": BOOLEAN}),
            "badge": TEXT,
            "verify": thing({"url": TEXT, "type": {"type": "string", "enum": ["hosted"]}}),
            "issuedOn": NUMBER,
        },
        {"expires": NUMBER},
    ),
    "BadgeClass": thing(
        {
            "name": TEXT,
            "description": TEXT,
            "criteria": TEXT,
            "alignment": many(thing({"name": TEXT, "url": TEXT, "description": TEXT})),
            "issuer": TEXT,
        },
        {"image": TEXT},
    ),
    "Organisation": thing({}, {"name": TEXT, "url": TEXT, "description": TEXT, "email": TEXT}),
    "ImageElsewhere": thing({"location": TEXT}),
}
"""By the names that routes give them; in the description they end in ``Answer``."""
