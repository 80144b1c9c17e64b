"""Badges are given to addresses, and taken back.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/issuing.md
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import IntegrityError
from django.db.models import Prefetch
from django.http import HttpResponse

from credentials_badges.badges.locking import in_transaction
from providers.badgekit import answers, claims, giving, instances
from providers.badgekit.api import finding
from providers.badgekit.api.calls import Call, answer, listed
from providers.badgekit.api.columns import Column, Email, Moment, Text, Wrong, check, read
from providers.badgekit.api.errors import already_used, conflict, detail, invalid, refusal, taken
from providers.badgekit.api.organisations import Slug
from providers.badgekit.api.routes import Route
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode
from providers.badgekit.models.folding import address

MARKS = (
    Column(name="issuedOn", kind=Moment()),
    Column(name="expires", kind=Moment()),
    Column(name="comment", kind=Text()),
)
FIELDS = (
    Column(name="email", kind=Email(), required=True),
    Column(name="claimCode", kind=Text(most=255)),
    Column(name="slug", kind=Slug(1, 255), empty=""),
    *MARKS,
)
MOST_AT_ONCE = 1000
"""Addresses in one call."""


def list_instances(call: Call) -> HttpResponse:
    """Who holds a badge."""
    badge = finding.badge(call)
    rows = badge.instances.select_related("claim_code").order_by("pk")
    shown = answers.badge(badge)
    return listed(call, "instances", rows, lambda row: {**_shown(call, row), "badge": shown})


def get_instance(call: Call) -> HttpResponse:
    """What an address holds of a badge; of several, the oldest."""
    badge = finding.badge(call)
    held = finding.instances(call, badge)
    return answer({"instance": _shown(call, held[0], badge)})


def list_held(call: Call) -> HttpResponse:
    """What an address holds of all badges of the system, issuer or program."""
    finding.context(call)
    theirs = {"address": address(finding.plain(call.params["email"]))}
    rows = BadgeInstance.objects.filter(**theirs, badge__in=finding.badges(call).values("pk"))
    rows = rows.select_related("claim_code").prefetch_related(Prefetch("badge", answers.whole(Badge.objects.all())))
    return listed(call, "instances", rows.order_by("pk"), lambda row: _shown(call, row, row.badge))


def create_instance(call: Call) -> HttpResponse:
    """Give the badge to an address, which may use a claim code up."""
    badge = finding.badge(call)
    sent = _sent(call)
    values = read(FIELDS, sent)
    code = _code(badge, values.pop("claim_code"))
    award = Award(base_url=call.absolute("/"), **values)
    give = partial(claims.award_with, code, award) if code else partial(instances.give, badge, award)
    try:
        instance = in_transaction(give, again_on=IntegrityError)
    except instances.Held as held:
        told = {"assertionUrl": call.absolute(held.instance.assertion_path)}
        raise conflict(f"User {award.email} has already been awarded badge {badge.slug}", told) from None
    except claims.Spent:
        raise already_used(code.code if code else "") from None
    except giving.NotTheirs as error:
        raise invalid([detail("claimCode", sent["claimCode"], str(error))]) from None
    except IntegrityError:
        if not BadgeInstance.objects.filter(slug=award.slug).exists():
            raise  # It was no slug that stood in the way.
        raise taken("badge instance", {**sent, "badgeId": badge.pk}) from None
    headers = {"Location": instance.assertion_path}
    return answer({"status": "created", "instance": _created(call, instance, sent)}, 201, headers)


def _sent(call: Call) -> dict[str, Any]:
    """The body's fields. What is left empty in a form counts as not sent, unless it has to be there."""
    return {name: value for name, value in call.fields.items() if value != "" or name == "email"}


def _code(badge: Badge, text: str | None) -> ClaimCode | None:
    """The badge's code of that text. Raises ApiError (404)."""
    if text is None:
        return None
    code = badge.claim_codes.filter(code_key=finding.key(text)).first()
    if code is None:
        raise finding.no_such_code(text)
    return code


def create_instances(call: Call) -> HttpResponse:
    """Give the badge to many addresses, except to those that hold it: to all of these, or to none."""
    badge = finding.badge(call)
    sent = {name: value for name, value in _sent(call).items() if name != "claimCode"}
    emails, values = _many(sent)
    # In the order of the addresses, so that two calls with the same ones do not wait for one another.
    awards = [Award(email=emails[key], base_url=call.absolute("/"), **values) for key in sorted(emails)]
    made = _give_all(badge, awards)
    given = {address(each.email): each for each in made}
    told = [_created(call, given[key], sent) for key in emails if key in given]
    return answer({"status": "created", "instances": told}, 201)


def _give_all(badge: Badge, awards: Sequence[Award]) -> list[BadgeInstance]:
    """Give to all at once; or, where others keep giving the same badge meanwhile, to one after the other."""
    try:
        return in_transaction(lambda: instances.give_all(badge, awards), again_on=IntegrityError)
    except IntegrityError:
        made = []
    for award in awards:
        with suppress(instances.Held):
            made.append(in_transaction(partial(instances.give, badge, award), again_on=IntegrityError))
    return made


def _many(sent: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The addresses, each once by what it is compared by, and what else was sent. Raises ApiError (400)."""
    asked = sent.get("emails")
    if not isinstance(asked, list):
        raise refusal(400, "InvalidContent", 'Invalid value for "emails".  Expected array.')
    if len(asked) > MOST_AT_ONCE:
        raise refusal(400, "InvalidContent", f'Invalid value for "emails".  At most {MOST_AT_ONCE} at a time.')
    values, details = check(MARKS, sent)
    emails: dict[str, str] = {}
    for value in asked:
        try:
            email = Email().read(value)
        except Wrong:
            details.append(detail("emails", value, "Invalid email"))
        else:
            emails.setdefault(address(email), email)
    if details:
        raise invalid(details)
    return emails, values


def delete_instances(call: Call) -> HttpResponse:
    """Take back all that an address holds of a badge; BadgeKit answers without a status here."""
    badge = finding.badge(call)
    held = finding.instances(call, badge)
    shown = _shown(call, held[0], badge)
    claims.withdraw(held)
    return answer({"instance": shown})


def _shown(call: Call, row: BadgeInstance, badge: Badge | None = None) -> answers.Json:
    return answers.instance(row, badge, call.absolute(row.assertion_path))


def _created(call: Call, row: BadgeInstance, sent: Mapping[str, Any]) -> answers.Json:
    """A new instance: its date is told as it was sent, and its code only if one was sent."""
    told = _shown(call, row)
    if sent.get("issuedOn") is not None:
        told["issuedOn"] = sent["issuedOn"]
    if "claimCode" not in sent:
        del told["claimCode"]
    return told


PATH = "{context}/badges/{badge}/instances"
EMAILS = {"type": "array", "items": Email.schema, "maxItems": MOST_AT_ONCE}
ROUTES = (
    Route("GET", PATH, list_instances, "List who holds a badge", answers="Instances", paged=True),
    Route(
        *("POST", PATH, create_instance, "Give a badge to an address"),
        answers="InstanceCreated",
        takes=FIELDS,
        status=201,
        refusals=(400, 409),
    ),
    Route(
        *("POST", f"{PATH}/bulk", create_instances, "Give a badge to many addresses"),
        answers="InstancesCreated",
        takes=MARKS,
        also_takes=(("emails", EMAILS),),
        needs=("emails",),
        status=201,
        refusals=(400,),
    ),
    Route("GET", f"{PATH}/{{email}}", get_instance, "Get what an address holds of a badge", answers="Instance"),
    Route("DELETE", f"{PATH}/{{email}}", delete_instances, "Take a badge back from an address", answers="Instance"),
    Route(
        *("GET", "{context}/instances/{email}", list_held, "List all that an address holds"),
        answers="Instances",
        paged=True,
    ),
)
