"""What is answered about what came of codes."""

from typing import Any

from rest_framework import serializers

from providers.badgekit.rest.serializers import Shape


def _counts() -> Any:
    return serializers.DictField(child=serializers.IntegerField(), help_text="How many, by what is counted.")


class Source(Shape):
    """Where links were."""

    title = serializers.CharField()
    numbers = _counts()


class Span(Source):
    """A day, a week or a month."""

    day = serializers.DateField(help_text="Its first day.")


class Part(Source):
    """One of the badges or batches that a report is about."""

    id = serializers.IntegerField(allow_null=True, help_text="Null: codes that were made singly.")
    rates = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="Shares in percent; null: of nothing."
    )


class Parts(Shape):
    """A page of them."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = Part(many=True)


class Report(Shape):
    """What came of codes."""

    numbers = _counts()
    over_time = Span(many=True)
    sources = Source(many=True)
    parts = Parts(help_text="Of a system its badges, of a badge its batches.")


class BadgeEarner(Shape):
    """Somebody who earned a badge."""

    name = serializers.CharField()
    address = serializers.CharField()
    badge = serializers.CharField()
    earned_at = serializers.DateTimeField()
    code = serializers.CharField(help_text="What the code is called; never its text.")
    source = serializers.CharField(help_text="Where the link was.")  # type: ignore[assignment]
    state = serializers.CharField(help_text="Of the badge, at its provider.")
