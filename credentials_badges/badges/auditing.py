"""Writes down what people change, by whatever way in: one entry for each thing.

The administration does so in the transaction of the change; commands, the REST API and the desk once it is carried out.
"""

import getpass
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone, translation
from rest_framework.authtoken.models import Token

from credentials_badges.badges.models import AuditEntry, Learner
from credentials_badges.badges.models.fields import EncryptedTextField
from credentials_badges.languages import OF_PROGRAMS

Via = AuditEntry.Via
CHANGED = "changed"
"""What is said of a secret."""
LONGEST = 500
"""Characters of a value that are kept."""
AT_A_TIME = 500
"""Entries that are written by one statement."""
MOST = 1000
"""Things that are named one by one; more than that are counted."""
SECRETS = {"password", "api_key", "api_secret", "secret", "token", "webhook_token", "code", "code_key"}
"""Names whose values are never kept, whatever kind of field they have."""


def note(
    via: AuditEntry.Via,
    actor: Any,
    action: str,
    *things: models.Model,
    label: str = "",
    changes: Mapping[str, Any] | None = None,
    number: int = 0,
) -> None:
    """Write down that the actor, a learner or the name of somebody who is none, did this to these things.

    Without a thing, `label` says what it was done to. Where there were too many to be told, `number` says how many.
    """
    learner = actor if isinstance(actor, Learner) and actor.pk else None
    if len(things) > MOST:
        with translation.override(OF_PROGRAMS):  # The trail is one, whatever language its readers speak.
            label, things = f"{max(number, len(things)):,} {things[0]._meta.verbose_name_plural}", ()
    told = [(kind_of(type(thing)), str(thing.pk or ""), label_of(thing)) for thing in things] or [("", "", label)]
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=timezone.now(),
                actor=learner,
                actor_name=(learner.username if learner else str(actor))[:255],
                via=via,
                action=action[:255],
                model=model,
                key=key,
                label=label[:255],
                changes=dict(changes or {}),
            )
            for model, key, label in told
        ],
        batch_size=AT_A_TIME,
    )


def note_command(action: str, *things: models.Model, label: str = "", changes: Mapping[str, Any] | None = None) -> None:
    """The same for a command: the actor is the operating system's user."""
    note(Via.COMMAND, system_user(), action, *things, label=label, changes=changes)


def system_user() -> str:
    """What the operating system calls whoever runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run as a number that has no name.
        return "unknown"


def kind_of(model: type[models.Model]) -> str:
    """What kind of thing it is; a proxy is the same as what it stands for."""
    return (model._meta.concrete_model or model)._meta.label_lower


def label_of(thing: models.Model) -> str:
    """What the thing is called; not by its text where that lets in whoever has it."""
    if isinstance(thing, Token):
        return f"token of {thing.user}"
    if "code" in {field.name for field in thing._meta.concrete_fields}:
        return f"{getattr(thing, 'label', '') or thing._meta.verbose_name_raw} {thing.pk}"
    with translation.override(OF_PROGRAMS):
        return str(thing)


def is_secret(model: type[models.Model] | None, name: str) -> bool:
    """Whether the values of this column are never told."""
    fields = model._meta.concrete_fields if model else ()
    if model and issubclass(model, Token) and name == "key":
        return True
    return name in SECRETS or any(field.name == name and isinstance(field, EncryptedTextField) for field in fields)


def said(value: Any) -> Any:
    """The value, as JSON can hold it, and not too long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return label_of(value)[:LONGEST]
    if isinstance(value, Mapping):
        return {str(name): CHANGED if str(name) in SECRETS else said(inner) for name, inner in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [said(each) for each in value]
    return str(value)[:LONGEST]


def differences(before: Mapping[str, Any], after: Mapping[str, Any], model: type[models.Model]) -> dict[str, Any]:
    """By column, what stood there before and what stands there since, where these differ."""
    return {
        name: CHANGED if is_secret(model, name) else [said(before.get(name)), said(value)]
        for name, value in after.items()
        if before.get(name) != value
    }
