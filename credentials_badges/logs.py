"""How things are logged: as JSON or as text, with what they are about, and without what nobody may read.

Everything logs through the standard library, and so do the libraries; structlog only puts it into words.
"""

import json
import logging
import re
import sys
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

import structlog
from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

LEVELS, FORMATS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), ("json", "text")
OF_REQUESTS = ("method", "route", "status", "ms")
"""What a record may say besides its words; what libraries add may hold a whole request."""
TALKATIVE = ("celery.app.trace", "celery.beat", "celery.worker.strategy", "werkzeug")
"""They tell of each bell, and of each call to a sandbox."""
ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]{}=]{1,64}(?:@|%40)[^\s@<>\"',;:()\[\]{}=%]{1,255}\.[^\W\d_]{2,}\b")
"""A person's; a worker and a broker, as in ``celery@host`` and ``amqp://guest:**@127.0.0.1``, are not struck."""
STRANGERS = ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
"""What anybody can bring about, as often as they like: nothing has gone wrong here, and no traceback says more."""
BEYOND_HOST = re.compile(r"(https?://[^/\s]+)/\S*")
LONG = 8
"""Characters from which on a secret is no part of an innocent word."""

_hidden: ContextVar[frozenset[str]] = ContextVar("hidden", default=frozenset())
_always_hidden: frozenset[str] = frozenset()


def begin(**about: object) -> None:
    """Forget what was being done in this context; from now on, records say that they are about this."""
    clear_contextvars()
    _hidden.set(frozenset())
    bind_contextvars(**about)


def hide(*secrets: str) -> None:
    """Keep these texts out of the log until something else begins in this context."""
    _hidden.set(_hidden.get().union(filter(None, secrets)))


def hide_always(secret: str) -> None:
    """Keep the text out of the log for as long as this process lives, whoever mentions it."""
    global _always_hidden  # noqa: PLW0603 (One process has one log.)
    if secret and secret not in _always_hidden:
        _always_hidden |= {secret}


def struck(text: str) -> str:
    """The text without hidden texts, as they are and as they stand in addresses, and without people's addresses."""
    for secrets in filter(None, (_always_hidden, _hidden.get())):
        text = _pattern(secrets).sub("[hidden]", text)
    return ADDRESS.sub("[address]", text)


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    spelt = sorted(
        {form for secret in secrets for form in (secret, quote(secret, "", errors="replace"))}, key=len, reverse=True
    )
    whole = [re.escape(form) if len(form) >= LONG else rf"(?<!\w){re.escape(form)}(?!\w)" for form in spelt]
    return re.compile("|".join(whole))


def route(request: Any) -> str:
    """The pattern of the request's path; the path itself may hold a secret token or a claim code."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "(no route)"


def refine(request: Any, pattern: str, *secrets: str) -> None:
    """Name the route more closely, where one of Django's leads to many of ours, and hide what its path holds."""
    request.resolver_match.route = pattern.removeprefix("/")
    hide(*secrets)


class Crashes(logging.Filter):
    """Keeps Django from saying once more what our own line about each request says: only crashes are new."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is one."""
        return bool(record.exc_info)


class Soften(logging.Filter):
    """Makes a mere warning of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mend the record, which is always to be logged."""
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        return True


class Pathless(logging.Filter):
    """Puts the route in the place of the path of which Django's own records tell."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mend the record, which is always to be logged."""
        request = getattr(record, "request", None)
        if hasattr(request, "resolver_match") and isinstance(record.args, tuple):
            record.args = tuple(
                (route(request) if each.startswith("/") else BEYOND_HOST.sub(r"\1/", each))
                if isinstance(each, str)
                else each
                for each in record.args
            )
        return True


def _strike(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: struck(value) if isinstance(value, str) else value for name, value in event.items()}


def config(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING. `form` is one of FORMATS, or empty: text for a terminal, JSON for whatever else reads it.

    Raises ImproperlyConfigured if it is neither, or if the level is none.
    """
    form = form or ("text" if sys.stderr.isatty() else "json")
    for name, value, known in (("LOG_FORMAT", form, FORMATS), ("LOG_LEVEL", level, LEVELS)):
        if value not in known:
            raise ImproperlyConfigured(f"{name} is {value!r}, and has to be one of {', '.join(known)}.")
    as_json: Processor = structlog.processors.JSONRenderer(serializer=partial(json.dumps, ensure_ascii=False))
    as_text: Processor = structlog.dev.ConsoleRenderer(
        # The pretty ones show the values of variables.
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"crashes": {"()": Crashes}, "pathless": {"()": Pathless}, "soften": {"()": Soften}},
        "formatters": {
            form: {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    merge_contextvars,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.ExtraAdder(allow=OF_REQUESTS),
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _strike,
                    as_json if form == "json" else as_text,
                ],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "filters": ["pathless"], "formatter": form},
            "nobody": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "NOTSET"},
            # It tells of addresses that strangers have chosen, and of what else is in them.
            "urllib3": {"level": "ERROR"},
            "django.request": {"filters": ["crashes"]},
            **{f"django.security.{name}": {"filters": ["soften"]} for name in STRANGERS},
            # It tells of each request to runserver, with its path; our own line tells the rest.
            "django.server": {"handlers": ["nobody"], "propagate": False},
            **{name: {"level": "NOTSET" if level == "DEBUG" else "WARNING"} for name in TALKATIVE},
        },
    }
