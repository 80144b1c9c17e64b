"""Templates are pulled: list everything, plan, guard, apply. One account at a time; nothing is ever deleted."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from credentials_badges.badges import conf, differing
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount, RulesVersion, SyncRun
from credentials_badges.contract.data import TemplateData, UnreadableRow
from credentials_badges.contract.errors import Misconfigured, ProviderError
from credentials_badges.contract.states import TemplateState

log = logging.getLogger(__name__)

COMPARED = (
    *("name", "description", "image_url", "url", "state", "raw"),
    *("criteria", "skills", "level", "duration", "cost"),
)

NAMED = 500
"""Templates of each kind of change that a run names; the others are counted."""


class PlanTooLarge(Exception):
    """The pull would archive suspiciously much; the message says how much, and how to insist."""


class AdapterCrashed(ProviderError):
    """A mistake of ours; the log has the details."""


@dataclass(slots=True)
class Plan:
    """What a pull would change."""

    new: list[BadgeTemplate] = field(default_factory=list)
    changed: list[BadgeTemplate] = field(default_factory=list)
    differences: list[list[list[str]]] = field(default_factory=list)
    """Of the first of those that are changed, in that order."""
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
        elif after := {name: value for name, value in told.items() if getattr(held, name) != value}:
            if len(self.changed) < NAMED:
                self.differences.append(differing.lines({name: getattr(held, name) for name in after}, after))
            for name, value in after.items():
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

    def report(self) -> dict[str, Any]:
        """By kind of change, its first templates."""
        return {
            "created": [{**_named(each), "image": each.image_url, "state": each.state} for each in self.new[:NAMED]],
            "changed": [
                {**_named(each), "lines": lines} for each, lines in zip(self.changed, self.differences, strict=False)
            ],
            "archived": [_named(each) for each in self.gone[:NAMED]],
            "unreadable": [asdict(row) for row in self.unreadable[:NAMED]],
        }


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
    run = SyncRun(account=account, applies=not dry_run, forces=force, started_at=timezone.now())

    def record(run: SyncRun) -> None:
        if run.applies or run.failure:
            run.save()

    return carry_out(run, on_row=on_row, record=record)


def carry_out(
    run: SyncRun, *, on_row: Callable[[], object] = lambda: None, record: Callable[[SyncRun], None] = SyncRun.save
) -> Plan:
    """Do what the run asks for. `record` writes down what came of it, in one transaction with what it did.

    Raises ProviderError or PlanTooLarge, in both cases with nothing changed, and that recorded.
    """
    try:
        plan = _plan(run.account, _list(run.account, on_row), run.started_at)
        if not run.forces:
            _guard(run.account, plan)
        with transaction.atomic():
            if run.applies:
                _apply(plan)
            _take_down(run, plan)
            record(run)
    except (ProviderError, PlanTooLarge) as error:
        run.failure, run.error, run.finished_at = _failure(error), str(error), timezone.now()
        record(run)
        raise
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


def is_suspicious(*, archived: int, standing: int) -> bool:
    """Whether so many of so many templates are more than a provider is believed to have taken away."""
    return standing >= conf.ARCHIVE_GUARD_LEAST and archived > conf.ARCHIVE_GUARD_SHARE * standing


def _list(account: ProviderAccount, on_row: Callable[[], object]) -> list[TemplateData | UnreadableRow]:
    """All rows before anything is written."""
    rows = []
    for row in _rows(account):
        rows.append(row)
        on_row()
    return rows


def _rows(account: ProviderAccount) -> Iterator[TemplateData | UnreadableRow]:
    """As they come. A crash of the adapter becomes a ProviderError, so that others go on."""
    try:
        yield from account.adapter.list_templates(account.as_data())
    except (ProviderError, DatabaseError):
        raise
    except Exception as error:
        log.exception("listing the templates of account %d crashed the %s adapter", account.pk, account.provider)
        raise AdapterCrashed(f"{type(error).__name__} in the adapter; the log has the details") from error


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
    if is_suspicious(archived=len(plan.gone), standing=standing):
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


def _take_down(run: SyncRun, plan: Plan) -> None:
    """Let the run say what was found."""
    run.created, run.changed, run.archived = len(plan.new), len(plan.changed), len(plan.gone)
    run.unchanged, run.unreadable, run.finished_at = plan.unchanged, len(plan.unreadable), timezone.now()
    run.seen = run.created + run.changed + run.unchanged + run.unreadable
    run.error = "\n".join(f"{row.where}: {row.why}" for row in plan.unreadable[:NAMED])
    run.diff = plan.report()


def _named(template: BadgeTemplate) -> dict[str, Any]:
    return {"pk": template.pk, "external_id": template.external_id, "name": template.name}


def _failure(error: ProviderError | PlanTooLarge) -> SyncRun.Failure:
    if isinstance(error, PlanTooLarge):
        return SyncRun.Failure.GUARD
    if isinstance(error, AdapterCrashed):
        return SyncRun.Failure.CRASHED
    return SyncRun.Failure.MISCONFIGURED if isinstance(error, Misconfigured) else SyncRun.Failure.PROVIDER
