"""Templates are pulled: list everything, plan, guard, apply. One account at a time; nothing is ever deleted."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from credentials_badges.badges import conf
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount, RulesVersion, SyncRun
from credentials_badges.contract.data import TemplateData, UnreadableRow
from credentials_badges.contract.errors import ProviderError
from credentials_badges.contract.states import TemplateState

log = logging.getLogger(__name__)

COMPARED = (
    *("name", "description", "image_url", "url", "state", "raw"),
    *("criteria", "skills", "level", "duration", "cost"),
)


class PlanTooLarge(Exception):
    """The pull would archive suspiciously much; the message says how much, and how to insist."""


@dataclass(slots=True)
class Plan:
    """What a pull would change."""

    new: list[BadgeTemplate] = field(default_factory=list)
    changed: list[BadgeTemplate] = field(default_factory=list)
    gone: list[BadgeTemplate] = field(default_factory=list)
    unchanged: int = 0
    unreadable: list[UnreadableRow] = field(default_factory=list)

    def take(self, account: ProviderAccount, row: TemplateData, held: BadgeTemplate | None, now: datetime) -> None:
        """Plan what the row means for the template that is held under its id, if there is one."""
        told = {name: getattr(row, name) for name in COMPARED} | {
            "name": row.name[:255],
            "state": row.state.value,
            "raw": dict(row.raw),
            "criteria": list(row.criteria),
            "skills": list(row.skills),
        }
        if held is None:
            self.new.append(BadgeTemplate(account=account, external_id=row.external_id, synced_at=now, **told))
        elif any(getattr(held, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(held, name, value)
            held.synced_at = now
            self.changed.append(held)
        else:
            self.unchanged += 1

    def archive(self, template: BadgeTemplate, now: datetime) -> None:
        """Plan that a template is gone; calm if it is archived already."""
        if template.state != BadgeTemplate.State.ARCHIVED:
            template.state, template.synced_at = BadgeTemplate.State.ARCHIVED, now
            self.gone.append(template)


def pull(
    account: ProviderAccount,
    *,
    dry_run: bool = False,
    force: bool = False,
    on_row: Callable[[], object] = lambda: None,
) -> Plan:
    """Bring the account's templates into step with the provider, and record the run. `on_row` is called for each row.

    Raises ProviderError or PlanTooLarge, in both cases with nothing changed.
    """
    run = SyncRun(account=account, started_at=timezone.now())
    try:
        plan = _plan(account, _list(account, on_row), run.started_at)
        if not force:
            _guard(account, plan)
        if not dry_run:
            _apply(plan)
    except (ProviderError, PlanTooLarge) as error:
        run.error = str(error)
        run.finished_at = timezone.now()
        run.save()
        raise
    if not dry_run:
        run.created, run.changed, run.archived = len(plan.new), len(plan.changed), len(plan.gone)
        run.unchanged, run.finished_at = plan.unchanged, timezone.now()
        run.error = "\n".join(f"{row.where}: {row.why}" for row in plan.unreadable)
        run.save()
    return plan


def refresh(account: ProviderAccount, row: TemplateData) -> str:
    """Take over one template as it is now at the provider; returns what that changed.

    Raises ProviderError if another process writes it at the same time, or if no database could keep it.
    """
    if why := _flaw(row):
        raise ProviderError(f"the template {row.external_id[:255]!r} cannot be kept: {why}")
    held = account.templates.filter(external_id=row.external_id).first()
    if held is None and row.state is not TemplateState.ACTIVE:
        return f"template {row.external_id} is {row.state} there and not known here"
    plan = Plan()
    plan.take(account, row, held, timezone.now())
    _apply(plan)
    done = "created, inactive" if plan.new else "changed" if plan.changed else "unchanged"
    return f"template {row.external_id} {done}"


def archive(account: ProviderAccount, external_id: str) -> str:
    """Archive one template that is gone at the provider; returns what that changed."""
    plan = Plan()
    for template in account.templates.filter(external_id=external_id):
        plan.archive(template, timezone.now())
    _apply(plan)
    return f"template {external_id} {'archived' if plan.gone else 'is archived already, or not known here'}"


def _list(account: ProviderAccount, on_row: Callable[[], object]) -> list[TemplateData | UnreadableRow]:
    """All rows before anything is written. A crash of the adapter becomes a ProviderError, so that others go on."""
    rows = []
    try:
        for row in account.adapter.list_templates(account.as_data()):
            rows.append(row)
            on_row()
    except (ProviderError, DatabaseError):
        raise
    except Exception as error:
        log.exception("listing the templates of account %d crashed the %s adapter", account.pk, account.provider)
        raise ProviderError(f"{type(error).__name__} in the adapter; the log has the details") from error
    return rows


def _plan(account: ProviderAccount, rows: list[TemplateData | UnreadableRow], started_at: datetime) -> Plan:
    plan, now = Plan(), timezone.now()
    held = {template.external_id: template for template in account.templates.all()}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, UnreadableRow) and (why := _flaw(row)):
            row = UnreadableRow(where=f"row {number}", why=why)  # noqa: PLW2901 (What it turned out to be.)
        if isinstance(row, UnreadableRow):
            plan.unreadable.append(row)
            continue
        plan.take(account, row, held.pop(row.external_id, None), now)
    # A row that could not be read may be one of those that seem to be gone.
    for template in [] if plan.unreadable else held.values():
        if template.synced_at is None or template.synced_at < started_at:  # Else it came by a webhook meanwhile.
            plan.archive(template, now)
    return plan


def _flaw(row: TemplateData) -> str:
    """Why no database of ours could keep the row; empty if each can."""
    if len(row.external_id) > 255:
        return "its id is longer than 255 characters"
    if row.external_id != row.external_id.strip():
        return "its id begins or ends with a space"
    try:
        text = json.dumps(asdict(row), allow_nan=False, ensure_ascii=False)
        text.encode()
    except ValueError:
        return "it holds a number that is none (NaN), or half a surrogate pair"
    except RecursionError:
        return "it is nested too deep"
    return "it holds a NUL" if "\\u0000" in text else ""


def _guard(account: ProviderAccount, plan: Plan) -> None:
    standing = len(plan.gone) + len(plan.changed) + plan.unchanged
    if standing >= conf.ARCHIVE_GUARD_LEAST and len(plan.gone) > conf.ARCHIVE_GUARD_SHARE * standing:
        raise PlanTooLarge(
            f"{account} no longer shows {len(plan.gone)} of its {standing} templates; nothing was changed. "
            "If they are really gone, pull with --force."
        )


def _apply(plan: Plan) -> None:
    written = [*plan.changed, *plan.gone]
    stopped = [template.pk for template in written if template.state != BadgeTemplate.State.ACTIVE]
    try:
        with transaction.atomic():
            BadgeTemplate.objects.bulk_create(plan.new)
            BadgeTemplate.objects.bulk_update(written, [*COMPARED, "synced_at"], batch_size=500)
            BadgeTemplate.objects.filter(pk__in=stopped).update(is_active=False)
            if written:
                RulesVersion.bump()
    except IntegrityError:
        raise ProviderError("another pull changed these templates at the same time; nothing was written") from None
