"""How BadgeKit compares: without regard to case, accents and spaces at the end, as its database did.

Databases differ in that, so what is compared stands in a column of its own, which is equal where BadgeKit says equal.
"""

import re
import unicodedata
from typing import Any

from django.db import models

from credentials_badges.badges.models.fields import ExactCharField

ACCENTS = re.compile("[\u0300-\u036f]")
"""Only those of Latin, Greek and Cyrillic: in other scripts, marks are vowels."""
LONGEST = 255


def folded(text: str) -> str:
    """What two texts have in common that BadgeKit takes for one."""
    return "".join(map(_bare, text.lower())).rstrip(" ")[:LONGEST]


def _bare(letter: str) -> str:
    """The letter without its accents; one that has none stays as it is, whatever it is made of."""
    parts = unicodedata.normalize("NFD", letter)
    return ACCENTS.sub("", parts) if ACCENTS.search(parts) else letter


def address(email: str) -> str:
    """What two spellings of an e-mail address have in common. An accent makes another person."""
    return email.strip().lower()


def snake(name: str) -> str:
    """BadgeKit's `earnerDescription` is our column `earner_description`."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


class FoldedField(ExactCharField):
    """Follows the column `of`, folded; null once the row's column `until` is set, so that its name is free again."""

    def __init__(self, of: str = "", until: str = "", **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "null": True, "editable": False, **options})
        self.of, self.until = of, until

    def deconstruct(self) -> Any:
        """What a migration needs to know."""
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, {**options, "of": self.of, "until": self.until}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Compare by what the row says when it is written."""
        gone = self.until and getattr(model_instance, self.until)
        value = None if gone else folded(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value
