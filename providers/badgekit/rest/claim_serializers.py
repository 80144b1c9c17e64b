"""What is sent and answered about claims."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from providers.badgekit import evidence, reviewing
from providers.badgekit.models import Claim, ClaimEvidence
from providers.badgekit.models.folding import LONGEST
from providers.badgekit.rest.serializers import BriefBadge, BriefBatch, Shape, named

MOST_ID = 2**63 - 1


@extend_schema_field({"type": "string", "enum": Claim.State.values}, component_name="ClaimState")
class ClaimState(serializers.ChoiceField):
    """What became of a claim."""


class EvidenceItem(Shape):
    """What shows what was done."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(ClaimEvidence.Kind.values)
    text = serializers.CharField(help_text="The text; of a link or a file, what is said about it.")
    url = serializers.CharField()
    filename = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Of a file, in bytes.")
    added_at = serializers.DateTimeField()


class OwnStep(Shape):
    """What happened to a claim."""

    at = serializers.DateTimeField()
    state = ClaimState(Claim.State.values)
    words = serializers.CharField()


class Step(OwnStep):
    """The same, with who did it."""

    by = named(of="by.username")


class OwnClaim(Shape):
    """A claim of one's own."""

    id = serializers.IntegerField()
    badge = BriefBadge()
    code = serializers.CharField(source="code.code")
    state = ClaimState(Claim.State.values)
    asks_for = serializers.CharField(source="code.asks_for", help_text="What the evidence is to show.")
    made_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    evidence = EvidenceItem(many=True)
    steps = OwnStep(many=True)


class ClaimedCode(Shape):
    """The code of a claim."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    batch = BriefBatch(allow_null=True)


class ListedClaim(Shape):
    """A claim, as reviewers see it in a list."""

    id = serializers.IntegerField()
    badge = BriefBadge()
    code = ClaimedCode()
    state = ClaimState(Claim.State.values)
    email = serializers.CharField()
    name = serializers.CharField()
    source = serializers.CharField(help_text="Where the link was that led to it; empty: not known.")  # type: ignore[assignment]
    assigned_to = named(of="assigned_to.username", help_text="Who looks after it.")
    decided_by = named(of="decided_by.username")
    decided_at = serializers.DateTimeField(allow_null=True)
    made_at = serializers.DateTimeField()


class ReviewedClaim(ListedClaim):
    """A claim, with all that is needed to decide it."""

    evidence = EvidenceItem(many=True)
    steps = Step(many=True)


class Words(Shape):
    """What a reviewer says to whoever claims."""

    words = serializers.CharField(required=False, default="", allow_blank=True, max_length=reviewing.MOST_WORDS)


class Reason(Shape):
    """Why somebody does not get a badge, or not yet."""

    words = serializers.CharField(max_length=reviewing.MOST_WORDS)


class NewEvidence(Shape):
    """What learners show of their work; all of it may be missing unless the code needs it."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=evidence.LONGEST_TEXT)
    link = serializers.CharField(required=False, allow_blank=True, max_length=evidence.LONGEST_LINK)
    about = serializers.CharField(
        required=False, allow_blank=True, max_length=evidence.LONGEST_ABOUT, help_text="What the link shows."
    )


@extend_schema_field(OpenApiTypes.BINARY)
class _File(serializers.FileField):
    """Bytes, as a form sends them."""


class Files(Shape):
    """Files as evidence, of the kinds that are taken."""

    file = serializers.ListField(child=_File(allow_empty_file=True), required=False, max_length=evidence.MOST_ITEMS)


class NewClaim(NewEvidence):
    """A code that is claimed."""

    code = serializers.CharField(max_length=LONGEST)


class NewClaimForm(Files, NewClaim):
    """The same, with files."""


class Resubmission(NewEvidence):
    """Evidence that is added to a claim, or taken away."""

    remove = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        required=False,
        max_length=100,
        help_text="Ids of evidence that is taken away.",
    )


class ResubmissionForm(Files, Resubmission):
    """The same, with files."""
