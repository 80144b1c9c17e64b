"""Who works for an account."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.learners import Learner


class AccountMember(models.Model):
    """Somebody who works for one account, and sees in the administration what is that account's."""

    class Role(models.TextChoices):
        """What they may do; an issuer may do what a reader may."""

        ISSUER = "issuer", _("Issuer: changes rules, gives and takes badges, tries again, pulls templates")
        READER = "reader", _("Reader: looks at templates, badges, progress and promises")

    account = models.ForeignKey(ProviderAccount, models.CASCADE, verbose_name=_("account"), related_name="members")
    user = models.ForeignKey(
        Learner,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="account_memberships",
        help_text=_("Enters this administration once a superuser has given them staff status."),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)

    class Meta:
        verbose_name = _("account member")
        verbose_name_plural = _("account members")
        constraints = (models.UniqueConstraint(fields=("account", "user"), name="one_role_per_account"),)

    def __str__(self) -> str:
        return f"{self.user}, {self.role}"
