"""What is sent and what is answered."""

from typing import Any

from rest_framework import serializers

from providers.badgekit import batches, receipts
from providers.badgekit.batches import TERMS
from providers.badgekit.desk.mailing import MOST_BYTES
from providers.badgekit.members import Role
from providers.badgekit.models import ClaimCode
from providers.badgekit.models.codes import LONGEST_LABEL
from providers.badgekit.models.folding import LONGEST

Shape = serializers.Serializer[Any]
ROLES = [each.value for each in Role]


def named(**options: Any) -> Any:
    """The username of somebody; null: nobody, or not known."""
    return serializers.CharField(source=options.pop("of"), default=None, allow_null=True, **options)


class OrganisersSystem(Shape):
    """A system that one works for."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(ROLES, help_text="What the caller may do there.")
    badges = serializers.IntegerField(help_text="How many badges it has.")
    codes = serializers.IntegerField(help_text="How many codes it has that are not deleted.")
    waiting = serializers.IntegerField(help_text="How many claims wait for a reviewer.")


class BriefBadge(Shape):
    """A badge, in brief."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()


class OrganisersBadge(BriefBadge):
    """A badge of a system."""

    type = serializers.CharField()
    description = serializers.CharField(source="earner_description")
    criteria = serializers.CharField(source="criteria_url", help_text="Where it is said what has to be done.")
    archived = serializers.BooleanField(help_text="Whether it gets no new codes.")


class BriefBatch(Shape):
    """A batch, in brief."""

    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]


class CodeTerms(serializers.ModelSerializer[ClaimCode]):
    """What an organiser chooses of a code."""

    class Meta:
        model = ClaimCode
        fields: Any = TERMS
        extra_kwargs = {
            "limit": {"min_value": 1, "max_value": 2**31 - 1},
            "multiuse": {"help_text": "Whether many people can claim it."},
            "asks_for": {"max_length": 500},
        }


class Code(CodeTerms):
    """A claim code."""

    badge = BriefBadge()
    batch = BriefBatch(allow_null=True)
    state = serializers.ChoiceField(ClaimCode.State.values, help_text="What can be done with it now.")
    made_by = named(of="made_by.username")
    link = serializers.SerializerMethodField(help_text="Where it is claimed.")

    class Meta(CodeTerms.Meta):
        fields = ("id", "code", "badge", "batch", "state", "uses", *TERMS, "made_by", "made_at", "link")

    def get_link(self, code: ClaimCode) -> str:
        """The address of its page."""
        return receipts.public(receipts.claim_path(code.code))


class NewCode(CodeTerms):
    """A code that is to be made."""

    badge = serializers.IntegerField(min_value=1, help_text="The badge's id.")
    code = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST, help_text="Its words; empty: they are made up."
    )

    class Meta(CodeTerms.Meta):
        fields = ("badge", "code", *TERMS)


class NewBatch(CodeTerms):
    """Codes that are to be made at once, all with the same terms."""

    badge = serializers.IntegerField(min_value=1, help_text="The badge's id.")
    label = serializers.CharField(max_length=LONGEST_LABEL, help_text="What they are for.")  # type: ignore[assignment]
    number = serializers.IntegerField(min_value=1, max_value=batches.MOST_CODES, help_text="How many.")

    class Meta(CodeTerms.Meta):
        fields = ("badge", "number", *TERMS)


class HandOut(Shape):
    """Where, or to whom, a code was handed out."""

    handed_out_to = serializers.CharField(max_length=255)
    handed_out_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Without it: now.")


class Sharing(Shape):
    """How a code is passed on."""

    links = serializers.DictField(child=serializers.CharField(), help_text="Its link, by where it is to be put.")
    share = serializers.DictField(child=serializers.CharField(), help_text="Where it is shared, by network.")
    embed = serializers.CharField(help_text="HTML for any page.")


class BatchMade(Shape):
    """Codes that were made at once."""

    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    badge = BriefBadge()
    made_by = named(of="made_by.username")
    made_at = serializers.DateTimeField()


class Batch(BatchMade):
    """The same, in numbers."""

    made = serializers.IntegerField(help_text="How many codes were made.")
    claimed = serializers.IntegerField(help_text="How many of them have been claimed.")
    free = serializers.IntegerField(help_text="How many of them can be claimed now.")


class ImportQuery(Shape):
    """What a list of codes is for."""

    badge = serializers.IntegerField(min_value=1, help_text="The badge's id.")
    label = serializers.CharField(max_length=LONGEST_LABEL, help_text="What they are for.")  # type: ignore[assignment]
    preview = serializers.BooleanField(default=False, help_text="Whether nothing is stored.")


class ImportRow(Shape):
    """A row of a list of codes."""

    line = serializers.IntegerField()
    code = serializers.CharField(help_text="Empty: it is made up.")
    error = serializers.CharField(help_text="What is wrong with it; empty: nothing.")


class Imported(Shape):
    """What came of a list of codes, or would come of it."""

    batch = serializers.IntegerField(allow_null=True, help_text="The new batch's id; null: none was made.")
    made = serializers.IntegerField(help_text="Of how many rows codes were made, or would be.")
    rows = ImportRow(many=True, help_text="Those that were left out; in a preview, all.")


class Letter(Shape):
    """A mail with a code to each of many people."""

    addresses = serializers.CharField(
        max_length=MOST_BYTES,
        trim_whitespace=False,
        help_text="One in each line; or a table whose first line is “email,name”.",
    )
    subject = serializers.CharField(max_length=200)
    message = serializers.CharField(max_length=5_000, help_text="Plain text; the code is added below.")


class Mailed(Shape):
    """What has been mailed."""

    mailed = serializers.IntegerField(help_text="To how many people.")
    left_out = serializers.ListField(
        child=serializers.CharField(), help_text="Addresses that have been sent a code of the batch before."
    )


class SystemMember(Shape):
    """Somebody who works for a system."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.full_name")
    email = serializers.CharField(source="user.email")
    role = serializers.ChoiceField(ROLES)


class MembersRole(Shape):
    """What somebody may do in a system."""

    role = serializers.ChoiceField(ROLES)
