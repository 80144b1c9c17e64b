"""What can be earned."""

import uuid
from collections import Counter
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.base import ModelBase
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.goals import MOST, Policy
from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.contract.states import TemplateState

AT_LEAST_ONE = [MinValueValidator(1), MaxValueValidator(MOST)]


class RulesVersion(models.Model):
    """A single row that counts changes of the rules, so that each process knows when to compile them anew."""

    number = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("rules version")
        verbose_name_plural = _("rules versions")

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        """The number of the rules as they stand."""
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @classmethod
    def bump(cls) -> None:
        """Tell every process that the rules have changed. Whoever writes rules past `RuleModel.save` calls this."""
        if not cls.objects.filter(pk=1).update(number=models.F("number") + 1):
            _, made = cls.objects.get_or_create(pk=1, defaults={"number": 1})
            if not made:  # By another process, a moment ago.
                cls.objects.filter(pk=1).update(number=models.F("number") + 1)


class RuleModel(models.Model):
    """A row by which events are judged: saving or deleting it makes every process compile the rules anew."""

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Save, then say so."""
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)
        RulesVersion.bump()

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete, then say so."""
        deleted = super().delete(using=using, keep_parents=keep_parents)
        RulesVersion.bump()
        return deleted


class BadgeTemplate(RuleModel):
    """A badge template (Credly), group (Accredible) or badge (BadgeKit). It arrives inactive and is never deleted."""

    class State(models.TextChoices):
        """Whether the provider lets it be issued."""

        DRAFT = TemplateState.DRAFT.value, pgettext_lazy("template", "Draft")
        ACTIVE = TemplateState.ACTIVE.value, pgettext_lazy("template", "Active")
        ARCHIVED = TemplateState.ARCHIVED.value, pgettext_lazy("template", "Archived")

    class Award(models.TextChoices):
        """What follows the first badge of a learner."""

        ONCE = Policy.ONCE.value, _("Once")
        AGAIN_AFTER_REVOKE = Policy.AGAIN_AFTER_REVOKE.value, _("Again after a revocation")
        AGAIN_AFTER_EXPIRY = Policy.AGAIN_AFTER_EXPIRY.value, _("Again after a revocation, or when it expires")
        EVERY_TIME = Policy.EVERY_TIME.value, _("Every time")

    account = models.ForeignKey(
        ProviderAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="templates"
    )
    external_id = ExactCharField(_("external id"), max_length=255)
    uuid = models.UUIDField(_("UUID"), default=uuid.uuid4, unique=True, editable=False)
    name = ExactCharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    image_url = models.TextField(_("image URL"), blank=True)
    url = models.TextField(_("URL"), blank=True, help_text=_("The provider's page about it."))
    criteria = models.JSONField(
        _("criteria"), default=list, blank=True, help_text=_("What has to be done for it, line by line.")
    )
    skills = models.JSONField(_("skills"), default=list, blank=True)
    level = models.TextField(_("level"), blank=True)
    duration = models.TextField(_("duration"), blank=True, help_text=_("How long it takes to earn."))
    cost = models.TextField(_("cost"), blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.ACTIVE)
    is_active = models.BooleanField(
        pgettext_lazy("template", "is active"), default=False, help_text=_("Whether events are counted towards it.")
    )
    award = models.CharField(_("award"), max_length=32, choices=Award, default=Award.AGAIN_AFTER_REVOKE)
    expires_days = models.PositiveIntegerField(
        _("expires days"), null=True, blank=True, validators=AT_LEAST_ONE, help_text=_("How long a badge is valid.")
    )
    renew_days = models.PositiveIntegerField(
        _("renew days"),
        default=0,
        validators=[MaxValueValidator(MOST)],
        help_text=_("How many days before its end it can be earned again, with “when it expires”."),
    )
    limit = models.PositiveIntegerField(
        _("limit"), null=True, blank=True, validators=AT_LEAST_ONE, help_text=_("At most so many learners may hold it.")
    )
    raw = models.JSONField(_("raw"), default=dict, blank=True, editable=False)
    synced_at = models.DateTimeField(_("synced at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("badge template")
        verbose_name_plural = _("badge templates")
        ordering = ("account", "name", "id")
        constraints = (models.UniqueConstraint(fields=("account", "external_id"), name="one_template_per_external_id"),)
        indexes = (models.Index(fields=("is_active", "state"), name="template_active"),)

    def __str__(self) -> str:
        return str(self.name or self.external_id)

    def clean(self) -> None:
        """Refuse to activate what cannot be issued, and ends that contradict one another."""
        errors = self.contradictions()
        if self.is_active and self.state != self.State.ACTIVE:
            errors["is_active"] = gettext("It is %(state)s at the provider, so it cannot be issued.") % {
                "state": self.get_state_display().lower()
            }
        if errors:
            raise ValidationError(errors)

    def contradictions(self) -> dict[str, str]:
        """What cannot be meant, by field."""
        if self.award == self.Award.AGAIN_AFTER_EXPIRY and not self.expires_days:
            return {"expires_days": gettext("“Again when it expires” needs a number of days after which it does.")}
        if self.renew_days and (not self.expires_days or self.renew_days >= self.expires_days):
            return {"renew_days": gettext("It has to be less than the days that the badge is valid.")}
        return {}

    def cannot_be_active(self) -> str:
        """Why nobody could earn it, if so; to be asked of a saved template."""
        if self.state != self.State.ACTIVE:
            said = gettext("it is %(state)s at the provider, so it cannot be issued")
            return said % {"state": self.get_state_display().lower()}
        sizes = Counter(requirement.group for requirement in self.requirements.all())
        if not sizes:
            return gettext("it has no requirement")
        for group in self.groups.all():
            if group.needed > sizes[group.name]:
                said = ngettext(
                    "group %(group)s needs %(needed)d requirement, and has %(has)d",
                    "group %(group)s needs %(needed)d requirements, and has %(has)d",
                    group.needed,
                )
                return said % {"group": group.name, "needed": group.needed, "has": sizes[group.name]}
        return ""
