"""Batches: many codes that are made at once, and mailed one to each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges.rest import Conflict
from providers.badgekit import batches, invitations, models
from providers.badgekit.batches import Terms
from providers.badgekit.desk import printing
from providers.badgekit.desk.mailing import MailForm
from providers.badgekit.models import System
from providers.badgekit.rest.base import OfSystem, check
from providers.badgekit.rest.openapi import told
from providers.badgekit.rest.serializers import Batch, BatchMade, Letter, Mailed, NewBatch

MOST_TOLD = 100
"""Lines of a list of addresses whose faults are told."""


def _of(system: System) -> QuerySet[models.Batch]:
    return models.Batch.objects.filter(badge__system=system).select_related("badge", "made_by").order_by("-pk")


def _told(rows: Sequence[models.Batch]) -> list[Any]:
    """The batches with their numbers; one statement."""
    numbers = batches.numbers(rows)
    return [{**BatchMade(each).data, **numbers[each.pk]} for each in rows]


class Batches(OfSystem):
    """All of them."""

    @told("List batches", Batch(many=True))
    def get(self, request: Request, system: int) -> Response:
        """The newest first."""
        pages = self.pagination_class()
        return pages.get_paginated_response(_told(pages.paginate_queryset(_of(self.system), request, self) or ()))

    @told("Make a batch of codes", Batch, status=201, takes=NewBatch)
    def post(self, request: Request, system: int) -> Response:
        """Up to 10,000 codes that nobody can guess."""
        asked = self.read(NewBatch)
        badge, number = self.badge(asked.pop("badge")), asked.pop("number")
        made = batches.make_batch(badge, asked["label"], number, Terms(**asked), self.user)
        return Response(_told([made])[0], status=status.HTTP_201_CREATED)


class OneBatch(OfSystem):
    """One of them."""

    @told("Look at a batch", Batch)
    def get(self, request: Request, system: int, batch: int) -> Response:
        """With its numbers."""
        return Response(_told([get_object_or_404(_of(self.system), pk=batch)])[0])


class MailBatch(OfSystem):
    """Sends codes to people."""

    @told("Mail the codes of a batch", Mailed, takes=Letter, refuses=[409])
    def post(self, request: Request, system: int, batch: int) -> Response:
        """Mail each of the people a code of their own; or nobody, if a line is wrong or there are too few codes."""
        found = printing.find(self.system, batch)
        form = MailForm(found, self.read(Letter))
        check(form)
        if wrong := [f"Line {guest.line}: {guest.error}" for guest in form.guests if guest.error]:
            raise ValidationError({"addresses": wrong[:MOST_TOLD]})
        try:
            sent = invitations.send(found, form.good, form.letter)
        except invitations.TooFew:
            missing = invitations.plan(found, form.good).missing
            raise Conflict(
                f"Nothing was sent: {missing:,} codes are missing. Make more, or name fewer people."
            ) from None
        return Response({"mailed": len(sent.given), "left_out": [guest.email for guest in sent.had]})
