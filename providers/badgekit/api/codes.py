"""Claim codes, as their document has them: its texts, its statuses, its fields.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/claim-codes.md
"""

from django.db import IntegrityError, transaction
from django.http import HttpResponse

from providers.badgekit import answers, claims, giving
from providers.badgekit.api import finding
from providers.badgekit.api.calls import Call, answer, listed
from providers.badgekit.api.columns import Boolean, Column, Email, Text, Wrong, read
from providers.badgekit.api.errors import already_used, detail, invalid, taken
from providers.badgekit.api.routes import Route
from providers.badgekit.codes import random_hex
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, ClaimCode

CODE = Column(name="code", kind=Text(least=1, most=255), required=True)
MARKS = (
    Column(name="claimed", kind=Boolean(), empty=False),
    Column(name="multiuse", kind=Boolean(), empty=False),
    Column(name="email", kind=Email()),
)
LONGEST_EMAIL = 1000
"""A claim takes whatever is sent as an address, as BadgeKit does; but not without an end."""
TRIES = 5


def list_codes(call: Call) -> HttpResponse:
    """All codes of a badge."""
    badge = finding.badge(call)
    rows = badge.claim_codes.filter(deleted_at=None).order_by("pk")
    return listed(call, "claimCodes", rows, answers.claim_code, badge=answers.badge(badge))


def get_code(call: Call) -> HttpResponse:
    """One code of a badge."""
    badge = finding.badge(call)
    code = finding.code(call, badge, error=finding.no_such_request(call.params["code"]))
    return answer({"badge": answers.badge(badge), "claimCode": answers.claim_code(code)})


def get_badge(call: Call) -> HttpResponse:
    """The badge that a code is for: of several that have the same code, the one whose code is the oldest."""
    rows = ClaimCode.objects.filter(
        code_key=finding.key(call.params["code"]), badge__in=finding.badges(call).values("pk")
    )
    code = rows.order_by("pk").first()
    if code is None:
        finding.context(call)
        raise finding.no_such_request(call.params["code"])
    badge = answers.whole(Badge.objects.filter(pk=code.badge_id)).get()
    return answer({"badge": {**answers.badge(badge), "claimed": int(code.claimed and not code.multiuse)}})


def create_code(call: Call) -> HttpResponse:
    """A code of the client's choice."""
    badge = finding.badge(call)
    values = read((CODE, *MARKS), call.fields)
    try:
        with transaction.atomic():
            code = ClaimCode.objects.create(badge=badge, **values)
    except IntegrityError:
        raise taken("claimCode", {**call.fields, "badgeId": badge.pk}, by="code") from None
    return _created(call, badge, code, call.fields["code"])


def create_random(call: Call) -> HttpResponse:
    """A code that nobody can guess; one that is sent along is not looked at."""
    badge = finding.badge(call)
    values = read(MARKS, call.fields)
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                code = ClaimCode.objects.create(badge=badge, code=random_hex(), **values)
                break
        except IntegrityError:
            if not tries_left:
                raise
    return _created(call, badge, code, code.code)


def _created(call: Call, badge: Badge, code: ClaimCode, told: object) -> HttpResponse:
    """The code is told as it was sent, be it a number; an address only if one was sent."""
    shown = {**answers.claim_code(code), "code": told}
    if "email" not in call.fields:
        del shown["email"]
    return answer({"status": "created", "claimCode": shown, "badge": answers.badge(badge)}, 201)


def delete_code(call: Call) -> HttpResponse:
    """Nobody can claim it any more, and its text is free. Where a learner was promised it, the promise is off."""
    badge = finding.badge(call)
    code = finding.code(call, badge, error=finding.no_such_code(call.params["code"]))
    if not claims.delete(code):
        raise finding.no_such_code(call.params["code"])
    return answer({"status": "deleted", "claimCode": answers.claim_code(code), "badge": answers.badge(badge)})


def claim_code(call: Call) -> HttpResponse:
    """Use the code up. Whoever is named by an address gets the badge, unless they hold it: then nothing is used."""
    badge = finding.badge(call)
    code = finding.code(call, badge, error=finding.no_such_code(call.params["code"]))
    sent = call.fields.get("email")
    try:
        email = None if sent is None else Text(most=LONGEST_EMAIL).read(sent)
    except Wrong as wrong:
        raise invalid([detail("email", sent, str(wrong))]) from None
    try:
        code = claims.claim(code, Award(email=email or "", base_url=call.absolute("/")), email)
    except claims.Spent:
        raise already_used(code.code) from None
    except giving.NotTheirs as error:
        raise invalid([detail("email", sent, str(error))]) from None
    # Also of whoever holds the badge already, for whom nothing was used: their claim stands.
    shown = {**answers.claim_code(code), "claimed": True, "email": code.email if sent is None else sent}
    return answer({"status": "updated", "claimCode": shown, "badge": answers.badge(badge)})


PATH = "{context}/badges/{badge}/codes"
ROUTES = (
    Route("GET", PATH, list_codes, "List the claim codes of a badge", answers="ClaimCodes", paged=True),
    Route(
        *("POST", PATH, create_code, "Create a claim code"),
        answers="ClaimCodeCreated",
        takes=(CODE, *MARKS),
        status=201,
        refusals=(400, 409),
    ),
    Route(
        *("POST", f"{PATH}/random", create_random, "Create a claim code that nobody can guess"),
        answers="ClaimCodeCreated",
        takes=MARKS,
        status=201,
        refusals=(400,),
    ),
    Route(
        *("POST", f"{PATH}/{{code}}/claim", claim_code, "Claim a code"),
        answers="ClaimCodeChanged",
        takes=(Column(name="email", kind=Text(most=LONGEST_EMAIL)),),
        refusals=(400,),
    ),
    Route("GET", f"{PATH}/{{code}}", get_code, "Get a claim code", answers="ClaimCode"),
    Route("DELETE", f"{PATH}/{{code}}", delete_code, "Delete a claim code", answers="ClaimCodeChanged"),
    Route("GET", "{context}/codes/{code}", get_badge, "Get the badge of a claim code", answers="ClaimedBadge"),
)
