"""What is sent to the REST API of endorsements, and what it answers."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from credentials_badges.badges import showing
from credentials_badges.badges.models.addresses import LONGEST_ADDRESS
from credentials_badges.endorsements import marking_down
from credentials_badges.endorsements.asking import LONGEST_NAME, LONGEST_REASON, MOST_AT_ONCE
from credentials_badges.endorsements.models import LONGEST_TEXT, Endorsement

Shape = serializers.Serializer[Any]
LONGEST_IDENT = 100
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@extend_schema_field({"type": "string", "enum": Endorsement.Kind.values}, component_name="EndorsementKind")
class Kind(serializers.ChoiceField):
    """What is endorsed."""


@extend_schema_field({"type": "string", "enum": Endorsement.State.values}, component_name="EndorsementState")
class State(serializers.ChoiceField):
    """What became of a request."""


class EndorsementDocuments(Shape):
    """Where software finds it, to be checked."""

    open_badges_3 = serializers.CharField()
    open_badges_3_jwt = serializers.CharField()
    open_badges_2 = serializers.CharField()


class PublicEndorsement(Shape):
    """What an endorser says in public."""

    uuid = serializers.UUIDField()
    kind = Kind(Endorsement.Kind.values)
    in_name_of = serializers.CharField()
    url = serializers.CharField(help_text="The website of whoever says it; empty: none.")
    text = serializers.CharField(help_text="Markdown, as it was written.")
    html = serializers.SerializerMethodField(help_text="The same, safe to be shown.")
    answered_at = serializers.DateTimeField()
    documents = serializers.SerializerMethodField(help_text="Null: it is not public.")

    def get_html(self, row: Endorsement) -> str:
        """Of Markdown."""
        return marking_down.html(row.text)

    @extend_schema_field(EndorsementDocuments(allow_null=True))
    def get_documents(self, row: Endorsement) -> dict[str, str] | None:
        """Their addresses."""
        if row.state != Endorsement.State.ACCEPTED:
            return None
        return {
            "open_badges_3": showing.whole(f"/ob/v3/endorsements/{row.uuid}"),
            "open_badges_3_jwt": showing.whole(f"/ob/v3/endorsements/{row.uuid}.jwt"),
            "open_badges_2": showing.whole(f"/ob/v2/endorsements/{row.uuid}"),
        }


class AskedEndorsement(PublicEndorsement):
    """A request and what became of it, for those who ask."""

    state = State(Endorsement.State.values)
    answered_at = serializers.DateTimeField(allow_null=True)
    endorser_name = serializers.CharField()
    endorser_email = serializers.CharField()
    language = serializers.CharField()
    message = serializers.CharField()
    reason = serializers.CharField(help_text="Why it was declined, cancelled or revoked.")
    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    viewed_at = serializers.DateTimeField(allow_null=True)
    reminded_at = serializers.DateTimeField(allow_null=True)
    reminders = serializers.IntegerField()
    ended_at = serializers.DateTimeField(allow_null=True)


class EndorsementPage(Shape):
    """A page of them."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = AskedEndorsement(many=True)


class AskedPerson(Shape):
    """Somebody who is to be asked."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    email = serializers.CharField(max_length=LONGEST_ADDRESS)
    language = serializers.ChoiceField(LANGUAGES, required=False, help_text="Of the mail; without it, the service's.")


class NewRequest(Shape):
    """Whom to ask for what."""

    kind = Kind(Endorsement.Kind.values)
    target = serializers.CharField(
        max_length=LONGEST_IDENT,
        help_text="The UUID of a template or a badge; of a programme or an issuer, the account's id, a hyphen, and "
        "the issuer's key, as in `7-system-1`, or `7-account` where badges are given elsewhere.",
    )
    people = serializers.ListField(child=AskedPerson(), min_length=1, max_length=MOST_AT_ONCE)
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST_TEXT)


class RequestsMade(Shape):
    """What came of asking."""

    made = AskedEndorsement(many=True)
    already = AskedPerson(many=True, help_text="Whom nobody asks again: they were asked, or have said yes.")


class WhyCancelled(Shape):
    """Why nobody asks any longer; the endorser is told."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)
