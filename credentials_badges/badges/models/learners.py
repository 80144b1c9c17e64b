"""Learners, who are also the users of this site: whoever earns a badge may sign in."""

import uuid
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import ExactCharField


class Learner(AbstractBaseUser, PermissionsMixin):
    """A person as Open edX knows them. Made from events, without a password; administrators are learners too."""

    uuid = models.UUIDField(
        _("UUID"), default=uuid.uuid4, unique=True, editable=False, help_text=_("How providers know the learner.")
    )
    username = ExactCharField(_("username"), max_length=255, unique=True)
    lms_user_id = models.BigIntegerField(
        _("LMS user id"), null=True, blank=True, help_text=_("The user's id in the LMS.")
    )
    email = models.EmailField(_("email"), blank=True)
    address = models.GeneratedField(
        verbose_name=_("address"),
        expression=Lower("email"),
        output_field=ExactCharField(max_length=254),
        db_persist=True,
        db_index=True,
        help_text=_("The e-mail address, as it is looked up: without regard to case."),
    )
    full_name = models.CharField(_("full name"), max_length=255, blank=True)
    identity_as_of = models.DateTimeField(
        _("identity as of"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the event happened that last told name and address."),
    )
    is_staff = models.BooleanField(_("is staff"), default=False, help_text=_("May enter this administration."))
    is_active = models.BooleanField(_("is active"), default=True)
    retired_at = models.DateTimeField(
        _("retired at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Since when the row stands for nobody who is known here."),
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now)

    objects: ClassVar[UserManager[Self]] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("learner")
        verbose_name_plural = _("learners")
        ordering = ("username",)
        permissions = (("retire_learner", "Can retire learner"),)

    def get_full_name(self) -> str:
        """The name that the admin greets with."""
        return self.full_name or self.username

    def get_short_name(self) -> str:
        """The same; names do not shorten alike in every culture."""
        return self.get_full_name()

    @cached_property
    def works_for(self) -> list[tuple[int, str, str]]:
        """The accounts of which they are a member, each with its provider and their role."""
        return list(self.account_memberships.values_list("account", "account__provider", "role"))
