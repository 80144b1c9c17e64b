"""Learners apply for badges, with evidence of what they did.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/assessment.md
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse

from credentials_badges.badges.locking import in_transaction
from providers.badgekit import answers
from providers.badgekit.api import finding
from providers.badgekit.api.calls import Call, answer, listed, tidy
from providers.badgekit.api.columns import (
    Choice,
    Column,
    Email,
    Integer,
    Moment,
    Text,
    Url,
    check,
)
from providers.badgekit.api.errors import ApiError, invalid, not_found
from providers.badgekit.api.items import check_items, items_schema
from providers.badgekit.api.routes import Route
from providers.badgekit.models import Application, Badge, Evidence

SENT = (
    Column(name="learner", kind=Email(), required=True),
    Column(name="assignedTo", kind=Email()),
    Column(name="assignedExpiration", kind=Moment()),
)
CHANGED = (*SENT, Column(name="processed", kind=Moment()))
EVIDENCE = (
    Column(name="id", kind=Integer(least=1)),
    Column(name="url", kind=Url()),
    Column(name="mediaType", kind=Choice(("image", "link"))),
    Column(name="reflection", kind=Text()),
)
MOST_EVIDENCE = 100
LONGEST_EMAIL = 255
UNPROCESSED = {"true": False, "1": False, "false": True, "0": True, "any": None, "": None}
"""What the parameter `processed` asks for: whether `processed` is null; None for either."""


def list_all(call: Call) -> HttpResponse:
    """The applications for all badges of the system, issuer or program."""
    finding.context(call)
    rows = Application.objects.filter(badge__in=finding.badges(call).values("pk"))
    return _list(call, rows.prefetch_related(Prefetch("badge", answers.whole(Badge.objects.all()))))


def list_applications(call: Call) -> HttpResponse:
    """The applications for one badge."""
    return _list(call, finding.badge(call).applications.all())


def _list(call: Call, rows: QuerySet[Application]) -> HttpResponse:
    """The rows that the query asks for; each knows its badge with all that an answer needs."""
    rows = _filtered(call, rows).prefetch_related("evidence").order_by("badge", "created", "pk")
    return listed(call, "applications", rows, lambda row: answers.application(row, answers.badge(row.badge)))


def _filtered(call: Call, rows: QuerySet[Application]) -> QuerySet[Application]:
    processed, email = (call.request.GET.get(name, "") for name in ("processed", "email"))
    if processed not in UNPROCESSED:
        message = "Invalid `processed` parameter. Expecting one of 'true', 'false' or 'any'."
        raise ApiError(400, {"code": "InvalidParameter", "parameter": "processed", "message": message})
    if (is_null := UNPROCESSED[processed]) is not None:
        rows = rows.filter(processed__isnull=is_null)
    if len(email) > LONGEST_EMAIL or "\0" in email:
        return rows.none()  # Nobody has such an address, and not every database can look it up.
    return rows.filter(learner__iexact=email) if email else rows


def get_application(call: Call) -> HttpResponse:
    """One application, with its badge."""
    badge = finding.badge(call)
    application = finding.application(call, badge)
    return answer({"application": answers.application(application, answers.badge(badge))})


def create_application(call: Call) -> HttpResponse:
    """An application under a slug that nobody can guess."""
    badge = finding.badge(call)
    values, evidence = _read(call, SENT)

    def work() -> Application:
        row = Application.objects.create(badge=badge, slug=secrets.token_hex(16), **values)
        _replace_evidence(row, evidence or [])
        return row

    row = in_transaction(work)
    headers = {"Location": f"{quote(tidy(call.request.path))}/{row.slug}"}
    return answer({"status": "created", "application": _bare(row, badge)}, 201, headers)


def update_application(call: Call) -> HttpResponse:
    """Only what is sent changes; a list of evidence takes the place of the old one."""
    badge = finding.badge(call)
    found = finding.application(call, badge)
    values, evidence = _read(call, CHANGED, partly=True)

    def work() -> Application:
        row = locked(call, found)
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=values)
        if evidence is not None:
            _replace_evidence(row, evidence)
        return row

    return answer({"status": "updated", "application": _bare(in_transaction(work), badge)})


def delete_application(call: Call) -> HttpResponse:
    """The application goes with its evidence and its reviews."""
    found = finding.application(call, finding.badge(call))
    in_transaction(lambda: locked(call, found).delete())
    return answer({"status": "deleted", "application": answers.application(found, None, evidence=False)})


def locked(call: Call, found: Application) -> Application:
    """The application as it is now, locked till the end of the transaction.

    Whoever changes it, its evidence or its reviews takes turns by this. Raises ApiError (404) if it has gone meanwhile.
    """
    row = Application.objects.select_for_update().filter(pk=found.pk).first()
    if row is None:
        raise not_found("application", "slug", call.params["application"])
    return row


def _bare(row: Application, badge: Badge) -> answers.Json:
    return answers.application(row, answers.badge(badge, bare=True))


def _read(
    call: Call, columns: Sequence[Column], *, partly: bool = False
) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    """The application's own values, and its evidence; None if none was sent. Raises ApiError (400)."""
    values, details = check(columns, call.fields, partly=partly)
    evidence, wrong = check_items("evidence", EVIDENCE, call.fields, MOST_EVIDENCE, partly=True)
    if details or wrong:
        raise invalid([*details, *wrong])
    return values, evidence if "evidence" in call.fields else None


def _replace_evidence(row: Application, evidence: Sequence[Mapping[str, Any]]) -> None:
    """Make this the application's evidence: what has an id of its own is changed in place, and the rest is new."""
    old = {each.pk: each for each in row.evidence.all()}
    kept, new = [], []
    for values in evidence:
        attributes = {name: value for name, value in values.items() if name != "id"}
        each = old.pop(values.get("id") or 0, None)
        if each is None:
            new.append(Evidence(application=row, **attributes))
            continue
        for name, value in attributes.items():
            setattr(each, name, value)
        kept.append(each)
    Evidence.objects.filter(pk__in=old).delete()
    Evidence.objects.bulk_update(kept, ("url", "media_type", "reflection"))
    Evidence.objects.bulk_create(new)


ALSO = (("evidence", items_schema(EVIDENCE, MOST_EVIDENCE)),)
QUERY = (
    ("processed", {"type": "string", "enum": ["true", "false", "any"]}),
    ("email", {"type": "string", "maxLength": LONGEST_EMAIL}),
)
PATH = "{context}/badges/{badge}/applications"
ONE = f"{PATH}/{{application}}"
ROUTES = (
    Route(
        *("GET", "{context}/applications", list_all, "List the applications for all badges"),
        answers="Applications",
        paged=True,
        query=QUERY,
        refusals=(400,),
    ),
    Route(
        *("GET", PATH, list_applications, "List the applications for a badge"),
        answers="Applications",
        paged=True,
        query=QUERY,
        refusals=(400,),
    ),
    Route(
        *("POST", PATH, create_application, "Apply for a badge"),
        answers="ApplicationCreated",
        takes=SENT,
        also_takes=ALSO,
        status=201,
        refusals=(400,),
    ),
    Route("GET", ONE, get_application, "Get an application", answers="Application"),
    Route(
        *("PUT", ONE, update_application, "Change an application"),
        answers="ApplicationChanged",
        takes=CHANGED,
        also_takes=ALSO,
        refusals=(400,),
    ),
    Route("DELETE", ONE, delete_application, "Delete an application with its reviews", answers="ApplicationChanged"),
)
