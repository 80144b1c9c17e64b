"""Puts the rules of a file into the database, all of them or none, and says what that changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from django.db import transaction
from django.db.models import F, Prefetch, Q, QuerySet

from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeProgress,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    PenaltyDataRule,
    ProviderAccount,
    RequirementGroup,
    RulesVersion,
)
from credentials_badges.badges.operators import values_of
from credentials_badges.badges.rules_file import PenaltySpec, RequirementSpec, RuleSpec, TemplateName, TemplateSpec
from credentials_badges.badges.strict_yaml import WrongFile

LIFE = {"award": BadgeTemplate.Award.AGAIN_AFTER_REVOKE.value, "expires_days": None, "renew_days": 0, "limit": None}
"""What a template says about its badges, and what is done if nobody said anything."""


def apply(specs: Iterable[TemplateSpec], *, on_template: Callable[[], object] = lambda: None) -> list[str]:
    """Make the templates as the file says; returns a sentence for each change. Raises WrongFile, nothing changed."""
    changes: list[str] = []
    with transaction.atomic():
        done: dict[int, int] = {}
        for spec in specs:
            template = _find(spec.template, spec.line)
            if template.pk in done:
                raise WrongFile(spec.line, f"{template} stands in line {done[template.pk]} already")
            done[template.pk] = spec.line
            changes += [f"{template} ({spec.template.provider}): {change}" for change in _apply_one(template, spec)]
            on_template()
        if changes:
            RulesVersion.bump()
    return changes


def export() -> Iterator[TemplateSpec]:
    """What is configured, of every template about which somebody decided something; ten statements in all."""
    decided = Q(is_active=True) | Q(requirements__isnull=False) | ~Q(award=BadgeTemplate.Award.AGAIN_AFTER_REVOKE)
    decided |= Q(expires_days__isnull=False) | Q(limit__isnull=False)
    for template in _with_rules().filter(decided).distinct():
        yield TemplateSpec(
            template=replace(_name_of(template), name=template.name),
            active=template.is_active,
            award=template.award,
            expires_days=template.expires_days,
            renew_days=template.renew_days or None,
            limit=template.limit,
            groups={group.name: group.needed for group in template.groups.all()},
            requirements=tuple(map(_requirement_spec, template.requirements.all())),
            # One that lost its requirements undoes nothing.
            penalties=tuple(_penalty_spec(each) for each in template.penalties.all() if each.requirements.all()),
        )


def on_the_way(template: BadgeTemplate) -> int:
    """How many learners have begun and not finished."""
    return BadgeProgress.objects.filter(template=template, groups_done__lt=F("groups_needed")).count()


def _with_rules() -> QuerySet[BadgeTemplate]:
    requirements = BadgeRequirement.objects.order_by("pk").select_related("badge__account")
    penalties = BadgePenalty.objects.order_by("pk").prefetch_related("rules", "requirements")
    return BadgeTemplate.objects.select_related("account").prefetch_related(
        "groups",
        Prefetch("requirements", requirements.prefetch_related("rules", "after")),
        Prefetch("penalties", penalties),
    )


def _find(name: TemplateName, line: int) -> BadgeTemplate:
    wanted = Q(account__provider=name.provider)
    if name.account:
        account = Q(external_id=name.account) | Q(name=name.account)
        if not (accounts := list(ProviderAccount.objects.filter(account, provider=name.provider))):
            raise WrongFile(line, f"there is no {name.provider} account {name.account!r}")
        wanted &= Q(account__in=accounts)
    wanted &= Q(external_id=name.external_id) if name.external_id else Q(name=name.name)
    found = list(_with_rules().filter(wanted)[:2])
    named = f"with external_id {name.external_id!r}" if name.external_id else f"named {name.name!r}"
    if not found:
        raise WrongFile(line, f"there is no {name.provider} template {named}; pull the templates first")
    if len(found) > 1:
        raise WrongFile(line, f"several {name.provider} templates are {named}; name the account, or external_id")
    return found[0]


def _apply_one(template: BadgeTemplate, spec: TemplateSpec) -> Iterator[str]:
    was_active = template.is_active
    rules_changed: list[str] = []
    if spec.requirements is not None:
        rules_changed += _apply_requirements(template, spec.requirements)
    if spec.groups is not None:
        rules_changed += _apply_groups(template, spec.groups)
    keys = {requirement.key: requirement for requirement in BadgeRequirement.objects.filter(template=template)}
    if spec.penalties is not None:
        for penalty in spec.penalties:
            if unknown := sorted(set(penalty.requirements) - keys.keys()):
                raise WrongFile(spec.line, f"a penalty names the requirement {unknown[0]!r}, which is not there")
        rules_changed += _apply_penalties(template, spec.penalties, keys)
    yield from rules_changed
    yield from _apply_life(template, spec)
    # Read anew: it was read with the requirements that it had before.
    if template.is_active and (why := BadgeTemplate.objects.get(pk=template.pk).cannot_be_active()):
        raise WrongFile(spec.line, f"{template} cannot be active: {why}")
    if rules_changed and was_active and (learners := on_the_way(template)):
        yield f"its rules have changed under {learners} learners on the way; `recompute --dry-run` says what that means"


def _apply_life(template: BadgeTemplate, spec: TemplateSpec) -> Iterator[str]:
    """What the file says about the template itself."""
    for name in sorted(LIFE.keys() & spec.said):
        value = LIFE[name] if getattr(spec, name) is None else getattr(spec, name)
        if value != getattr(template, name):
            setattr(template, name, value)
            yield f"{name} is {'not set' if value is None else value}"
    if spec.active is not None and spec.active != template.is_active:
        template.is_active = spec.active
        yield "activated" if spec.active else "deactivated"
    if wrong := template.contradictions():
        raise WrongFile(spec.line, _in_words(wrong))
    BadgeTemplate.objects.filter(pk=template.pk).update(
        is_active=template.is_active, **{name: getattr(template, name) for name in LIFE}
    )


def _in_words(wrong: dict[str, str]) -> str:
    return "; ".join(f"{name}: {why.rstrip('.')}" for name, why in wrong.items())


def _apply_groups(template: BadgeTemplate, groups: dict[str, int]) -> Iterator[str]:
    held = {group.name: group.needed for group in template.groups.all()}
    if held != groups:
        yield "groups set" + "".join(f", {needed} of {name}" for name, needed in groups.items())
        RequirementGroup.objects.filter(template=template).delete()
        RequirementGroup.objects.bulk_create(
            RequirementGroup(template=template, name=name, needed=needed) for name, needed in groups.items()
        )


def _apply_requirements(template: BadgeTemplate, specs: tuple[RequirementSpec, ...]) -> Iterator[str]:
    held = {requirement.key: requirement for requirement in template.requirements.all()}
    _refuse_circles(specs)
    for spec in specs:
        requirement = held.pop(spec.id, None)
        badge = _find(spec.badge, spec.line) if spec.badge else None
        if requirement and _requirement_spec(requirement) == replace(spec, badge=_name_of(badge) if badge else None):
            continue
        yield f"requirement {spec.id} {'changed' if requirement else 'added'}"
        _write_requirement(requirement or BadgeRequirement(template=template, key=spec.id), spec, badge)
    for key, requirement in held.items():
        yield f"requirement {key} removed"
        requirement.delete()
    ids = dict(BadgeRequirement.objects.filter(template=template).values_list("key", "pk"))
    links = BadgeRequirement.after.through.objects
    links.filter(from_badgerequirement__template=template).delete()
    links.bulk_create(
        links.model(from_badgerequirement_id=ids[spec.id], to_badgerequirement_id=ids[earlier])
        for spec in specs
        for earlier in spec.after
    )


def _write_requirement(requirement: BadgeRequirement, spec: RequirementSpec, badge: BadgeTemplate | None) -> None:
    for name in SIMPLE:
        setattr(requirement, name, getattr(spec, name))
    requirement.badge = badge
    if wrong := requirement.contradictions():
        raise WrongFile(spec.line, _in_words(wrong))
    if badge and spec.rules:
        raise WrongFile(spec.line, "rules are about events, and a badge is required here")
    requirement.save_base()
    DataRule.objects.filter(requirement=requirement).delete()
    DataRule.objects.bulk_create(
        DataRule(requirement=requirement, path=rule.path, operator=rule.operator, value=rule.value)
        for rule in spec.rules
    )


SIMPLE = (
    *("group", "event_type", "description", "count", "distinct", "within_days"),
    *("streak", "since", "until", "expires_days"),
)
"""The columns of a requirement that the file says as they are."""


def _refuse_circles(specs: tuple[RequirementSpec, ...]) -> None:
    after = {spec.id: spec.after for spec in specs}
    for spec in specs:
        if unknown := sorted(set(spec.after) - after.keys()):
            raise WrongFile(spec.line, f"{spec.id} comes after {unknown[0]!r}, which is not there")
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle = " after ".join(reversed(error.args[1]))
        raise WrongFile(specs[0].line, f"these would wait for one another for ever: {circle}") from None


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
        badge=_name_of(requirement.badge) if requirement.badge else None,
        rules=_rule_specs(requirement.rules.all()),
        after=tuple(sorted(earlier.key for earlier in requirement.after.all())),
        **{name: getattr(requirement, name) for name in SIMPLE},
    )


def _name_of(template: BadgeTemplate) -> TemplateName:
    account = template.account
    return TemplateName(provider=account.provider, account=account.external_id, external_id=template.external_id)


def _penalty_spec(penalty: BadgePenalty) -> PenaltySpec:
    return PenaltySpec(
        event_type=penalty.event_type,
        description=penalty.description,
        requirements=tuple(sorted(requirement.key for requirement in penalty.requirements.all())),
        rules=_rule_specs(penalty.rules.all()),
    )


def _rule_specs(rules: Iterable[DataRule | PenaltyDataRule]) -> tuple[RuleSpec, ...]:
    return tuple(
        RuleSpec(path=rule.path, operator=rule.operator, value="\n".join(values_of(rule.operator, rule.value)))
        for rule in rules
    )
