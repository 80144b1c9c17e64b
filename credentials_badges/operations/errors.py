"""Errors are reported to Sentry, if it is named: what went wrong and where, and nothing of whom it was about."""

from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.types import Event, Hint
from structlog.contextvars import get_contextvars

from credentials_badges import logs

KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "server_name", "sdk")
"""Of a report; whatever else is in it was looked at, or may be a stranger's."""
OF_FRAMES = (
    *("filename", "abs_path", "module", "function", "lineno"),
    *("pre_context", "context_line", "post_context"),
)


def begin() -> None:
    """From now on, report."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=settings.VERSION,
        before_send=bare,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
    )


def bare(event: Event, _: Hint) -> Event:
    """The report with what is known to be harmless, and no more: neither request nor user, no path, no variables."""
    told: dict[str, Any] = dict(event)
    kept = {name: told[name] for name in KEPT if name in told}
    kept["tags"] = {name: str(value) for name, value in get_contextvars().items()}
    if told.get("transaction_info", {}).get("source") != "url":  # Else it is a path that no pattern matched.
        kept["transaction"] = told.get("transaction")
    if "exception" in told:
        kept["exception"] = {"values": [_raised(each) for each in told["exception"].get("values") or ()]}
    if said := told.get("logentry"):
        # Django's own records tell the path in their arguments.
        ours = not str(told.get("logger")).startswith("django.")
        kept["logentry"] = {"message": logs.struck((ours and said.get("formatted")) or said.get("message") or "")}
    return kept  # type: ignore[return-value]


def _raised(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames") or ()
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": logs.struck(str(error.get("value") or "")),
        "stacktrace": {"frames": [{name: frame[name] for name in OF_FRAMES if name in frame} for frame in frames]},
    }
