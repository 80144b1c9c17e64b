"""What the admin pages of one provider are made of: our tables, seen through that provider's rows."""

from typing import TypeVar, cast

from django.db import connection, models
from django.db.models import ExpressionWrapper, F

from credentials_badges.badges.models.accounts import ProviderAccount

M = TypeVar("M", bound=models.Model)


class OfProvider(models.Manager[M]):
    """The rows of one provider, for a proxy model; `path` leads from the row to the provider's slug."""

    def __init__(self, slug: str, path: str = "account__provider") -> None:
        super().__init__()
        self.slug = slug
        self.path = path

    def get_queryset(self) -> models.QuerySet[M]:
        """Only that provider's rows."""
        rows = super().get_queryset()
        if self.path == "provider":
            return rows.filter(provider=self.slug)
        # Not joined: the accounts are few, and rows are to be read in the order in which they are shown.
        accounts = ProviderAccount.objects.filter(provider=self.slug).values("pk")
        if connection.vendor != "sqlite":
            return rows.filter(account__in=accounts)
        # SQLite takes each account for a small one, and would sort all of its rows; in a sum, it does not look it up.
        summed = ExpressionWrapper(F("account") + 0, output_field=models.BigIntegerField())
        return cast("models.QuerySet[M]", rows.alias(of_account=summed).filter(of_account__in=accounts))
