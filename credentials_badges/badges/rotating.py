"""Encrypts anew what is kept under an older one of ``FIELD_ENCRYPTION_KEYS``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.conf import settings
from django.db.models import F, Model, TextField, Value
from django.db.models.functions import Cast

from credentials_badges.badges.models.fields import EncryptedTextField, cipher


@dataclass
class Told:
    """What became of the secrets."""

    rotated: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Model, row and column of each that no key reads."""


def total() -> int:
    """How many secrets are kept."""
    return sum(model._default_manager.exclude(**{name: ""}).count() for model, name in _columns())


def rotate(on_secret: Callable[[int], object] = lambda number: None) -> Told:
    """Go through all secrets, telling `on_secret` of each; one that somebody changes meanwhile is left as it is."""
    told, newest = Told(), cipher(tuple(settings.FIELD_ENCRYPTION_KEYS[:1]))
    every = cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))
    for model, name in _columns():
        # As a plain text column, so that Django neither decrypts nor encrypts.
        rows = model._default_manager.annotate(stored=Cast(F(name), TextField()))
        for key, stored in rows.order_by("pk").values_list("pk", "stored").iterator():
            if not stored:
                continue
            on_secret(1)
            if _reads(newest, stored):
                told.current += 1
                continue
            try:
                again = every.rotate(stored.encode()).decode()
            except InvalidToken:
                told.unreadable.append(f"{model._meta.label} {key} {name}")
                continue
            plain = Value(again, output_field=TextField())
            told.rotated += rows.filter(pk=key, stored=stored).update(**{name: plain})
    return told


def _columns() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        for column in model._meta.local_concrete_fields:
            if isinstance(column, EncryptedTextField) and not model._meta.proxy:
                yield model, column.name


def _reads(newest: Any, stored: str) -> bool:
    try:
        newest.decrypt(stored.encode())
    except InvalidToken:
        return False
    return True
