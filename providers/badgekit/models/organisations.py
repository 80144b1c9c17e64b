"""Who issues: a system holds issuers, an issuer holds programs.

Nothing goes because something above it is deleted, and what is deleted is only hidden: what learners hold stays true.
Source: https://github.com/mozilla/badgekit-api/blob/master/docs/data-model.md
"""

from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import ExactCharField
from providers.badgekit.models.folding import FoldedField, folded


class Image(models.Model):
    """A picture: the address of one that is elsewhere, or the bytes of one that was uploaded."""

    slug = ExactCharField(_("slug"), max_length=255, unique=True)
    url = models.CharField(_("url"), max_length=2048, blank=True)
    mimetype = models.CharField(_("mimetype"), max_length=255, blank=True)
    data = models.BinaryField(null=True, blank=True)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self) -> str:
        return str(self.slug)

    @property
    def shown_at(self) -> str:
        """Its address; that of an uploaded one is a path here."""
        return self.url or f"/images/{self.slug}"


class Named(models.Model):
    """What is found by its slug, which BadgeKit compares without regard to case."""

    slug = ExactCharField(_("slug"), max_length=255)
    slug_key = FoldedField(of="slug", until="deleted_at")
    name = models.CharField(_("name"), max_length=255)
    image = models.ForeignKey(Image, models.PROTECT, verbose_name=_("image"), null=True, blank=True, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    WITHIN: ClassVar[tuple[str, ...]] = ()
    """The columns within whose values the slug is unique."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a slug that another row has: a form cannot see it, since the column that is compared is not in it."""
        within = {f"{column}_id": getattr(self, f"{column}_id") for column in self.WITHIN}
        others = type(self).objects.filter(slug_key=folded(self.slug), **within).exclude(pk=self.pk)
        if self.deleted_at is None and others.exists():
            words = _("%(kind)s with this slug already exists") % {"kind": self._meta.verbose_name}
            raise ValidationError({"slug": words})

    def hide(self) -> None:
        """Delete it, as the API says: nobody finds it any more, and its slug is free."""
        self.deleted_at = timezone.now()
        self.save(update_fields=("deleted_at", "slug_key"))


class Organisation(Named):
    """The columns that systems, issuers and programs share."""

    url = models.CharField(_("url"), max_length=2048, blank=True)
    description = models.TextField(_("description"), null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    email = models.CharField(_("email"), max_length=255, null=True, blank=True)  # noqa: DJ001

    class Meta:
        abstract = True


class System(Organisation):
    """The outermost context: one account of ours is one system."""

    banner = models.ForeignKey(
        Image,
        models.PROTECT,
        verbose_name=_("banner"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("At the head of mails to lists."),
    )

    class Meta:
        verbose_name = _("system")
        verbose_name_plural = _("systems")
        constraints = [models.UniqueConstraint(fields=["slug_key"], name="badgekit_system_slug")]


class Issuer(Organisation):
    """Who issues badges within a system."""

    system = models.ForeignKey(System, models.PROTECT, verbose_name=_("system"), related_name="issuers")

    WITHIN = ("system",)

    class Meta:
        verbose_name = _("issuer")
        verbose_name_plural = _("issuers")
        constraints = [models.UniqueConstraint(fields=["system", "slug_key"], name="badgekit_issuer_slug")]


class Program(Organisation):
    """What an issuer's badges are part of. BadgeKit has programs without an issuer: no address leads to them."""

    issuer = models.ForeignKey(
        Issuer, models.PROTECT, verbose_name=_("issuer"), null=True, blank=True, related_name="programs"
    )

    WITHIN = ("issuer",)

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        constraints = [models.UniqueConstraint(fields=["issuer", "slug_key"], name="badgekit_program_slug")]


def shown(row: Any) -> Any:
    """The row, unless there is none or it has been deleted."""
    return row if row is not None and row.deleted_at is None else None
