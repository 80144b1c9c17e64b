"""People who work in the administration, by role; and what of its pages is open to them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from credentials_badges.badges.models import AccountMember, Learner, ProviderAccount
from tests.security.stage import signed_in


def staff(name: str, *groups: str, **roles: ProviderAccount) -> Learner:
    """Somebody of staff who is in these groups, and has these roles in accounts."""
    made = Learner.objects.create(username=name, is_staff=True)
    made.groups.set(Group.objects.filter(name__in=groups))
    for role, account in roles.items():
        AccountMember.objects.create(account=account, user=made, role=role)
    return made


def page(model: type[Model], name: str, *args: Any) -> str:
    """The address of one of the model's pages."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def seen_by(person: Learner, model: type[Model]) -> Model | None:
    """The first row that the person's pages know."""
    request: Any = RequestFactory().get("/admin/")
    request.user = Learner.objects.get(pk=person.pk)
    return admin.site.get_model_admin(model).get_queryset(request).first()


def open_to(person: Learner) -> dict[str, str]:
    """By model: what the person can do on its pages."""
    client: Client = signed_in(person)
    found = {}
    for model in admin.site._registry:
        deeds = _deeds(client, person, model)
        if deeds:
            found[str(model._meta.model_name)] = " ".join(deeds)
    return found


def _deeds(client: Client, person: Learner, model: type[Model]) -> list[str]:
    listed = client.get(page(model, "changelist"))
    assert listed.status_code in {200, 403}, model
    adds = client.get(page(model, "add")).status_code == 200
    if listed.status_code == 403:
        return []
    row = seen_by(person, model)
    assert row is not None, f"nothing to look at: {model}"
    shown = client.get(page(model, "change", row.pk))
    assert shown.status_code == 200, model
    assert client.get(page(model, "history", row.pk)).status_code == 200
    works = b'name="_save"' in shown.content or b'name="action"' in listed.content
    deletes = client.get(page(model, "delete", row.pk)).status_code == 200
    may = {"look": True, "work": works, "add": adds, "delete": deletes}
    return [deed for deed, allowed in may.items() if allowed]
