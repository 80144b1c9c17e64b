"""Columns that Django does not have: identities compared byte for byte, and keys encrypted at rest."""

import base64
import hashlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """Text that names somebody or something, so that ``ada`` and ``Ada`` are never taken for one another.

    SQLite and PostgreSQL compare so anyway; MySQL and MariaDB ignore case and accents unless the column says otherwise.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """The column's type and check as ever, with a binary collation on MySQL and MariaDB."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "utf8mb4_bin"} if connection.vendor == "mysql" else parameters


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds only encrypted, under the first of ``FIELD_ENCRYPTION_KEYS``.

    All the keys are tried for reading, so a key is rotated by putting a new one in front. A text that none of them can
    read comes back empty, as if it had never been set: a wrong key must not send garbage to a provider.
    """

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        text = super().get_prep_value(value)
        return cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Decrypt on the way out."""
        if not value:
            return value
        try:
            return cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken:
            return ""


@cache
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    """What encrypts under the first of the keys and reads under any."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])
