"""What third parties were asked to say, and have said, of a badge or of those who give it."""

from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Badge, BadgeTemplate, Learner, ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField

LONGEST_TEXT = 5_000


class Endorsement(models.Model):
    """A request to one endorser about one thing, and their answer.

    What is public is their text, and in whose name it is given; the address, the message and the reasons are not.
    """

    class Kind(models.TextChoices):
        """What is endorsed."""

        TEMPLATE = "template", _("Badge template")
        PROGRAMME = "programme", _("Programme")
        ISSUER = "issuer", _("Issuer")
        BADGE = "badge", _("Badge of one learner")

    class State(models.TextChoices):
        """Unanswered or rejected ones are never public; of all, only those accepted are."""

        REQUESTED = "requested", _("Requested")
        VIEWED = "viewed", _("Viewed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        CANCELLED = "cancelled", _("Cancelled")
        REVOKED = "revoked", _("Revoked by the endorser")
        HIDDEN = "hidden", _("Hidden by whoever asked")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    account = models.ForeignKey(ProviderAccount, models.CASCADE, verbose_name=_("account"), related_name="endorsements")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    template = models.ForeignKey(BadgeTemplate, models.CASCADE, verbose_name=_("template"), null=True, blank=True)
    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), null=True, blank=True)
    issuer_key = ExactCharField(
        _("issuer key"), max_length=64, blank=True, help_text=_("Of a programme or an issuer: its key.")
    )
    organisation = models.CharField(_("organisation"), max_length=255, help_text=_("Who asks, as the endorser reads."))
    asked_by = models.ForeignKey(
        Learner, models.SET_NULL, verbose_name=_("asked by"), null=True, blank=True, related_name="+"
    )
    endorser_name = models.CharField(_("endorser’s name"), max_length=255)
    endorser_email = models.CharField(_("endorser’s address"), max_length=254, blank=True)
    message = models.TextField(_("message"), blank=True, max_length=LONGEST_TEXT)
    language = models.CharField(_("language"), max_length=16)

    state = models.CharField(_("state"), max_length=16, choices=State, default=State.REQUESTED)
    open_key = ExactCharField(
        max_length=128,
        null=True,
        unique=True,
        editable=False,
        help_text=_("Of one that is open or accepted, so that nobody is asked twice about the same thing."),
    )
    in_name_of = models.CharField(_("in the name of"), max_length=255, blank=True)
    url = models.CharField(_("website"), max_length=500, blank=True)
    voice_provider = ExactCharField(max_length=32, blank=True, help_text=_("Of an organisation here: its store."))
    voice_key = ExactCharField(max_length=64, blank=True, help_text=_("Of an organisation here: its key there."))
    text = models.TextField(_("public text"), blank=True, max_length=LONGEST_TEXT, help_text=_("Markdown."))
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    asked_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("expires at"))
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    viewed_at = models.DateTimeField(_("viewed at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    ended_at = models.DateTimeField(
        _("ended at"), null=True, blank=True, help_text=_("When it was cancelled, revoked or hidden, or expired.")
    )

    class Meta:
        verbose_name = _("endorsement")
        verbose_name_plural = _("endorsements")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                name="endorsement_is_of_one_thing",
                condition=Q(kind="template", template__isnull=False, badge=None, issuer_key="")
                | Q(kind="badge", template=None, badge__isnull=False, issuer_key="")
                | (Q(kind__in=("programme", "issuer"), template=None, badge=None) & ~Q(issuer_key="")),
            ),
        )
        indexes = (
            models.Index(fields=("account", "issuer_key", "state"), name="endorsement_of_issuer"),
            models.Index(fields=("state", "expires_at"), name="endorsement_lapsing"),
        )

    def __str__(self) -> str:
        return f"{self.endorser_name}, {self.get_state_display()}"

    @property
    def voice(self) -> tuple[str, str]:
        """Provider and key of the issuer in whose name it is given; of somebody outside, one that is theirs alone."""
        return (self.voice_provider, self.voice_key) if self.voice_key else (OUTSIDE, self.uuid.hex)


OUTSIDE = "endorser"
"""Takes the place of a provider in addresses of endorsers who are nobody's here."""


def of_outside(key: str) -> Endorsement | None:
    """The accepted endorsement of an endorser from outside who has that key, also if it was revoked or hidden since."""
    try:
        uuid = UUID(hex=key)
    except ValueError:
        return None
    if uuid.hex != key:
        return None
    spoken = Endorsement.objects.filter(answered_at__isnull=False, voice_key="").exclude(state="declined")
    return spoken.filter(uuid=uuid).first()
