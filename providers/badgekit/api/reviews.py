"""Applications are reviewed, criterion by criterion. A review gives nobody anything: the system's site is told of it.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/assessment.md
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.http import HttpResponse

from credentials_badges.badges.locking import in_transaction
from providers.badgekit import answers, calling
from providers.badgekit.api import finding
from providers.badgekit.api.applications import ONE as APPLICATION
from providers.badgekit.api.applications import locked
from providers.badgekit.api.calls import Call, answer, listed
from providers.badgekit.api.columns import UNEXPECTED, Boolean, Column, Email, Integer, Text, check
from providers.badgekit.api.errors import detail, invalid, not_found
from providers.badgekit.api.items import check_items, items_schema
from providers.badgekit.api.routes import Route
from providers.badgekit.models import Application, Badge, Criterion, Review, ReviewItem

SENT = (Column(name="author", kind=Email(), required=True), Column(name="comment", kind=Text()))
ITEM = (
    Column(name="criterionId", kind=Integer(least=1), required=True),
    Column(name="satisfied", kind=Boolean(strict=True), required=True),
    Column(name="comment", kind=Text()),
)
MOST_ITEMS = 1000

Items = Sequence[Mapping[str, Any]]


def list_reviews(call: Call) -> HttpResponse:
    """All reviews of an application."""
    application = finding.application(call, finding.badge(call))
    rows = application.reviews.prefetch_related("items").order_by("pk")
    return listed(call, "reviews", rows, answers.review)


def get_review(call: Call) -> HttpResponse:
    """One review."""
    review = finding.review(call, finding.application(call, finding.badge(call)))
    return answer({"review": answers.review(review)})


def create_review(call: Call) -> HttpResponse:
    """A review under a slug that nobody can guess."""
    badge = finding.badge(call)
    application = finding.application(call, badge)
    values, items = _read(call)

    def write(application: Application) -> Review:
        return Review.objects.create(application=application, slug=secrets.token_hex(16), **values)

    review = _save(call, badge, application, items, write)
    return answer({"status": "created", "review": review}, 201)


def update_review(call: Call) -> HttpResponse:
    """Only what is sent changes, except that the review's items go if none are sent."""
    badge = finding.badge(call)
    application = finding.application(call, badge)
    found = finding.review(call, application)
    values, items = _read(call, partly=True)

    def write(_: Application) -> Review:
        review = Review.objects.filter(pk=found.pk).first()
        if review is None:
            raise not_found("review", "slug", call.params["review"])
        for name, value in values.items():
            setattr(review, name, value)
        review.save(update_fields=values)
        review.items.all().delete()
        return review

    return answer({"status": "updated", "review": _save(call, badge, application, items, write)})


def delete_review(call: Call) -> HttpResponse:
    """Nobody is told of it. BadgeKit calls the review a badge here, so it is sent under both names."""
    application = finding.application(call, finding.badge(call))
    found = finding.review(call, application)

    def work() -> None:
        locked(call, application)
        if not Review.objects.filter(pk=found.pk).delete()[0]:
            raise not_found("review", "slug", call.params["review"])

    told = {**answers.review(found), "reviewItems": []}
    in_transaction(work)
    return answer({"status": "deleted", "review": told, "badge": told})


def _read(call: Call, *, partly: bool = False) -> tuple[dict[str, Any], Items]:
    """The review's own values, and what it says of each criterion. Raises ApiError (400)."""
    values, details = check(SENT, call.fields, partly=partly)
    items, wrong = check_items("reviewItems", ITEM, call.fields, MOST_ITEMS)
    if details or wrong:
        raise invalid([*details, *wrong])
    return values, items


def _save(
    call: Call, badge: Badge, found: Application, items: Items, write: Callable[[Application], Review]
) -> answers.Json:
    """Write the review, and what the system's webhook is to be told of it; returns the review as it is shown.

    A badge can get other criteria at any moment, so they are read with the review, and once more if they went while it
    was written.
    """

    def work() -> answers.Json:
        application = locked(call, found)
        criteria = list(Criterion.objects.filter(badge=badge))
        _check_criteria(call, badge, items)
        review = write(application)
        ReviewItem.objects.bulk_create([ReviewItem(review=review, **item) for item in items])
        told = {
            "application": answers.application(application, answers.badge(badge), evidence=False),
            "review": answers.review(review),
            "approved": _is_approved(criteria, items),
        }
        calling.tell(badge.system, "review", application.slug, told)
        return answers.review(review)

    return in_transaction(work, again_on=IntegrityError)


def _check_criteria(call: Call, badge: Badge, items: Items) -> None:
    """Raise ApiError (400) unless each item is about another criterion, be it another badge's: BadgeKit takes those."""
    asked = {item["criterion_id"] for item in items}
    known = Criterion.objects.filter(badge__system=badge.system_id, pk__in=asked)
    left = set(known.values_list("pk", flat=True))
    for item in items:
        if item["criterion_id"] not in left:
            raise invalid([detail("reviewItems", call.fields["reviewItems"], UNEXPECTED)])
        left.remove(item["criterion_id"])


def _is_approved(criteria: Sequence[Criterion], items: Items) -> bool:
    """Whether all is satisfied that the badge requires."""
    satisfied = {item["criterion_id"] for item in items if item["satisfied"]}
    return satisfied.issuperset(criterion.pk for criterion in criteria if criterion.required)


ALSO = (("reviewItems", items_schema(ITEM, MOST_ITEMS)),)
PATH = f"{APPLICATION}/reviews"
ONE = f"{PATH}/{{review}}"
ROUTES = (
    Route("GET", PATH, list_reviews, "List the reviews of an application", answers="Reviews", paged=True),
    Route(
        *("POST", PATH, create_review, "Review an application"),
        answers="ReviewCreated",
        takes=SENT,
        also_takes=ALSO,
        status=201,
        refusals=(400,),
    ),
    Route("GET", ONE, get_review, "Get a review", answers="Review"),
    Route(
        *("PUT", ONE, update_review, "Change a review, and replace its items"),
        answers="ReviewChanged",
        takes=SENT,
        also_takes=ALSO,
        refusals=(400,),
    ),
    Route("DELETE", ONE, delete_review, "Delete a review", answers="ReviewDeleted"),
)
