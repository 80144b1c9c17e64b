"""Puts the rules of a file into the database, all of them or none, and says what that changed."""

from collections.abc import Callable, Iterable, Iterator

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    PenaltyDataRule,
    ProviderAccount,
    RulesVersion,
)
from credentials_badges.badges.rules_file import PenaltySpec, RequirementSpec, RuleSpec, TemplateSpec, WrongFile


def apply(specs: Iterable[TemplateSpec], *, on_template: Callable[[], object] = lambda: None) -> list[str]:
    """Make the templates as the file says; returns a sentence for each change. Raises WrongFile, nothing changed."""
    changes: list[str] = []
    with transaction.atomic():
        done: dict[int, int] = {}
        for spec in specs:
            template = _find(spec)
            if template.pk in done:
                raise WrongFile(spec.line, f"{template} stands in line {done[template.pk]} already")
            done[template.pk] = spec.line
            changes += [f"{template} ({spec.provider}): {change}" for change in _apply_one(template, spec)]
            on_template()
        if changes:
            RulesVersion.bump()
    return changes


def export() -> Iterator[TemplateSpec]:
    """What is configured, of every template about which somebody decided something; six statements in all."""
    decided = Q(is_active=True) | Q(requirements__isnull=False) | ~Q(award=BadgeTemplate.Award.AGAIN_AFTER_REVOKE)
    for template in _with_rules().filter(decided).distinct():
        yield TemplateSpec(
            line=0,
            provider=template.account.provider,
            account=template.account.external_id,
            external_id=template.external_id,
            name=template.name,
            active=template.is_active,
            award=template.award,
            requirements=tuple(map(_requirement_spec, template.requirements.all())),
            penalties=tuple(map(_penalty_spec, template.penalties.all())),
        )


def _with_rules() -> QuerySet[BadgeTemplate]:
    requirements = BadgeRequirement.objects.order_by("pk").prefetch_related("rules")
    penalties = BadgePenalty.objects.order_by("pk").prefetch_related("rules", "requirements")
    return BadgeTemplate.objects.select_related("account").prefetch_related(
        Prefetch("requirements", requirements), Prefetch("penalties", penalties)
    )


def _find(spec: TemplateSpec) -> BadgeTemplate:
    wanted = Q(account__provider=spec.provider)
    if spec.account is not None:
        wanted &= Q(account__external_id=spec.account) | Q(account__name=spec.account)
        if not ProviderAccount.objects.filter(
            Q(external_id=spec.account) | Q(name=spec.account), provider=spec.provider
        ).exists():
            raise WrongFile(spec.line, f"there is no {spec.provider} account {spec.account!r}")
    if spec.external_id is not None:
        wanted &= Q(external_id=spec.external_id)
    else:
        wanted &= Q(name=spec.name)
    found = list(_with_rules().filter(wanted)[:2])
    named = f"with external_id {spec.external_id!r}" if spec.external_id is not None else f"named {spec.name!r}"
    if not found:
        raise WrongFile(spec.line, f"there is no {spec.provider} template {named}; pull the templates first")
    if len(found) > 1:
        raise WrongFile(spec.line, f"several {spec.provider} templates are {named}; name the account, or external_id")
    return found[0]


def _apply_one(template: BadgeTemplate, spec: TemplateSpec) -> Iterator[str]:
    if spec.requirements is not None:
        yield from _apply_requirements(template, spec.requirements)
    keys = {requirement.key: requirement for requirement in BadgeRequirement.objects.filter(template=template)}
    if spec.penalties is not None:
        for penalty in spec.penalties:
            if unknown := sorted(set(penalty.requirements) - keys.keys()):
                raise WrongFile(spec.line, f"a penalty names the requirement {unknown[0]!r}, which is not there")
        yield from _apply_penalties(template, spec.penalties, keys)
    award = template.award if spec.award is None else spec.award
    active = template.is_active if spec.active is None else spec.active
    if active and not keys:
        raise WrongFile(spec.line, f"{template} cannot be active without a requirement")
    if active and template.state != BadgeTemplate.State.ACTIVE:
        raise WrongFile(spec.line, f"{template} is {template.state} at the provider, so it cannot be active")
    if template.award != award:
        yield f"awarded {award.replace('_', ' ')}"
    if template.is_active != active:
        yield "activated" if active else "deactivated"
    BadgeTemplate.objects.filter(pk=template.pk).update(award=award, is_active=active)


def _apply_requirements(template: BadgeTemplate, specs: tuple[RequirementSpec, ...]) -> Iterator[str]:
    held = {requirement.key: requirement for requirement in template.requirements.all()}
    for spec in specs:
        requirement = held.pop(spec.id, None)
        if requirement and _requirement_spec(requirement) == spec:
            continue
        yield f"requirement {spec.id} {'changed' if requirement else 'added'}"
        columns = {"group": spec.group, "event_type": spec.event_type, "description": spec.description}
        if requirement:
            BadgeRequirement.objects.filter(pk=requirement.pk).update(**columns)
            DataRule.objects.filter(requirement=requirement).delete()
        else:
            requirement = BadgeRequirement(template=template, key=spec.id, **columns)
            BadgeRequirement.objects.bulk_create([requirement])
            requirement = BadgeRequirement.objects.get(template=template, key=spec.id)
        DataRule.objects.bulk_create(
            DataRule(requirement=requirement, path=rule.path, operator=rule.operator, value=rule.value)
            for rule in spec.rules
        )
    for key, requirement in held.items():
        yield f"requirement {key} removed"
        requirement.delete()


def _apply_penalties(
    template: BadgeTemplate, specs: tuple[PenaltySpec, ...], keys: dict[str, BadgeRequirement]
) -> Iterator[str]:
    """Penalties have no names, so they are replaced all together if any of them differs."""
    if tuple(map(_penalty_spec, BadgePenalty.objects.filter(template=template).order_by("pk"))) == specs:
        return
    yield f"penalties set ({len(specs)})"
    BadgePenalty.objects.filter(template=template).delete()
    for spec in specs:
        penalty = BadgePenalty.objects.create(
            template=template, event_type=spec.event_type, description=spec.description
        )
        penalty.requirements.set([keys[key] for key in spec.requirements])
        PenaltyDataRule.objects.bulk_create(
            PenaltyDataRule(penalty=penalty, path=rule.path, operator=rule.operator, value=rule.value)
            for rule in spec.rules
        )


def _requirement_spec(requirement: BadgeRequirement) -> RequirementSpec:
    return RequirementSpec(
        id=requirement.key,
        group=requirement.group,
        event_type=requirement.event_type,
        description=requirement.description,
        rules=_rule_specs(requirement.rules.all()),
    )


def _penalty_spec(penalty: BadgePenalty) -> PenaltySpec:
    return PenaltySpec(
        event_type=penalty.event_type,
        description=penalty.description,
        requirements=tuple(sorted(requirement.key for requirement in penalty.requirements.all())),
        rules=_rule_specs(penalty.rules.all()),
    )


def _rule_specs(rules: Iterable[DataRule | PenaltyDataRule]) -> tuple[RuleSpec, ...]:
    return tuple(RuleSpec(path=rule.path, operator=rule.operator, value=rule.value) for rule in rules)
