"""What the admin pages of one provider are made of: our tables, seen through that provider's rows."""

from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class OfProvider(models.Manager[M]):
    """The rows of one provider, for a proxy model; `path` leads from the row to the provider's slug."""

    def __init__(self, slug: str, path: str = "account__provider") -> None:
        super().__init__()
        self.slug = slug
        self.path = path

    def get_queryset(self) -> models.QuerySet[M]:
        """Only that provider's rows."""
        return super().get_queryset().filter(**{self.path: self.slug})
