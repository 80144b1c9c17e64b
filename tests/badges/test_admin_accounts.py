"""The administrator's pages of accounts: keys are checked before they are saved, and never shown."""

from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from credentials_badges.badges.models import AuditEntry, BadgeTemplate, ProviderAccount, SyncRun
from providers.accredible.sandbox import AccredibleSandbox
from providers.badgekit.models import Badge, System
from tests.badges.test_admin import run, viewer
from tests.badges.world import ACCREDIBLE_URL, World
from tests.in_memory import in_memory

CREDLY = "/admin/badges/credlyorganization/"
ACCREDIBLE = "/admin/badges/accredibleapiconfig/"
BADGEKIT = "/admin/badges/badgekitaccount/"
KEY = "harbour-key"


@pytest.fixture
def accredible(db: None) -> Iterator[AccredibleSandbox]:
    sandbox = AccredibleSandbox()
    sandbox.add_issuer("Harbour Point Institute", "accredible-key", groups=3, id=5512)
    with in_memory(sandbox, ACCREDIBLE_URL):
        yield sandbox


def form(**changed: str) -> dict[str, str]:
    return {"name": "", "external_id": "", "api_key": "", "base_url": "", **changed}


def page_of(account: ProviderAccount) -> str:
    return f"{CREDLY}{account.pk}/change/"


def errors_of(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


class TestSaving:
    def test_a_new_account_is_checked_and_takes_over_the_name(self, credly: World, admin_client: Client) -> None:
        organization = credly.sandbox.add_organization("Lakeside", "lakeside-key", 1)
        answer = admin_client.post(f"{CREDLY}add/", form(external_id=organization, api_key="lakeside-key"))
        assert answer.status_code == 302
        account = ProviderAccount.objects.get(external_id=organization)
        assert (account.provider, account.name, account.api_key) == ("credly", "Lakeside", "lakeside-key")

    def test_accredible_tells_the_id_that_belongs_to_the_key(
        self, accredible: AccredibleSandbox, admin_client: Client
    ) -> None:
        assert admin_client.post(f"{ACCREDIBLE}add/", form(api_key="accredible-key")).status_code == 302
        account = ProviderAccount.objects.get()
        assert (account.provider, account.external_id) == ("accredible", "5512")
        assert account.name == "Harbour Point Institute"

    def test_a_wrong_key_is_a_form_error_and_saves_nothing(self, credly: World, admin_client: Client) -> None:
        answer = admin_client.post(page_of(credly.account), form(external_id=credly.organization, api_key="stale-key"))
        assert "401" in errors_of(answer)["api_key"][0]
        assert "stale-key" not in answer.text
        credly.account.refresh_from_db()
        assert (credly.account.api_key, credly.account.name) == (KEY, "Harbour Point")
        answer = admin_client.post(f"{CREDLY}add/", form(external_id="elsewhere", api_key=KEY))
        assert "api_key" in errors_of(answer)
        assert ProviderAccount.objects.count() == 1

    @pytest.mark.parametrize("fault", ["unavailable", "throttled", "html", "lost"])
    def test_a_provider_in_trouble_is_a_form_error(self, credly: World, admin_client: Client, fault: str) -> None:
        credly.faults.planned.append(fault)
        answer = admin_client.post(page_of(credly.account), form(external_id=credly.organization, api_key="x"))
        assert "api_key" in errors_of(answer)

    def test_an_empty_key_keeps_the_stored_one(self, credly: World, admin_client: Client) -> None:
        data = form(name="Renamed", external_id=credly.organization)
        assert admin_client.post(page_of(credly.account), data).status_code == 302
        credly.account.refresh_from_db()
        assert (credly.account.api_key, credly.account.name) == (KEY, "Renamed")
        assert "key" not in str(AuditEntry.objects.get().changes).lower()

    def test_a_stored_key_is_not_sent_to_a_new_address(self, credly: World, admin_client: Client) -> None:
        data = form(external_id=credly.organization, base_url="https://elsewhere.example/v1/")
        assert "Enter the key again" in errors_of(admin_client.post(page_of(credly.account), data))["api_key"][0]
        data = form(external_id=credly.organization, base_url="https://api.credly.com/v1", api_key=KEY)
        assert admin_client.post(page_of(credly.account), data).status_code == 302

    def test_a_paused_account_goes_on_when_it_is_saved_with_a_good_key(
        self, credly: World, admin_client: Client
    ) -> None:
        ProviderAccount.objects.update(paused_reason="Credly answered 401")
        assert "Credly answered 401" in admin_client.get(page_of(credly.account)).text
        admin_client.post(page_of(credly.account), form(external_id=credly.organization))
        credly.account.refresh_from_db()
        assert credly.account.paused_reason == ""

    def test_the_same_account_twice_is_a_form_error(self, credly: World, admin_client: Client) -> None:
        answer = admin_client.post(f"{CREDLY}add/", form(external_id=credly.organization, api_key=KEY))
        assert "here already" in errors_of(answer)["external_id"][0]

    def test_badgekit_needs_no_key_but_a_system(self, db: None, admin_client: Client) -> None:
        answer = admin_client.post(f"{BADGEKIT}add/", {"external_id": "city"})
        assert "no BadgeKit system is called" in errors_of(answer)["external_id"][0]
        System.objects.create(slug="city", name="The City")
        assert admin_client.post(f"{BADGEKIT}add/", {"external_id": "city"}).status_code == 302
        assert ProviderAccount.objects.get().name == "The City"

    def test_an_account_with_templates_is_not_deleted(self, credly: World, admin_client: Client) -> None:
        answer = admin_client.post(f"{CREDLY}{credly.account.pk}/delete/", {"post": "yes"})
        assert answer.status_code == 200
        assert ProviderAccount.objects.exists()

    def test_an_account_without_templates_is_deleted_with_its_runs(self, credly: World, admin_client: Client) -> None:
        BadgeTemplate.objects.all().delete()
        assert SyncRun.objects.exists()
        assert admin_client.post(f"{CREDLY}{credly.account.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not ProviderAccount.objects.exists()


class TestActions:
    def test_sync_organization_badge_templates(self, credly: World, admin_client: Client) -> None:
        BadgeTemplate.objects.last().delete()  # type: ignore[union-attr]
        assert "Sync organization badge templates" in admin_client.get(CREDLY).text
        said = run(admin_client, CREDLY, "sync_organization_badge_templates", credly.account)
        page = f"/admin/badges/syncrun/{SyncRun.objects.latest('pk').pk}/change/"
        told = "Harbour Point (credly): created 1, changed 0, unchanged 2, archived 0."
        assert said == [("success", f'{told} <a href="{page}">Its page in the history</a>')]

    def test_an_account_that_fails_does_not_stop_the_others(self, credly: World, admin_client: Client) -> None:
        broken = ProviderAccount.objects.create(provider="credly", external_id="aaa", name="Broken", api_key="no")
        said = run(admin_client, CREDLY, "sync_organization_badge_templates", broken, credly.account)
        assert sorted(level for level, _ in said) == ["error", "success"]

    def test_too_much_gone_is_an_error(self, credly: World, admin_client: Client) -> None:
        BadgeTemplate.objects.bulk_create(
            BadgeTemplate(account=credly.account, external_id=f"gone-{n}", name="Gone") for n in range(20)
        )
        said = run(admin_client, CREDLY, "sync_organization_badge_templates", credly.account)
        assert [level for level, _ in said] == ["error"]
        assert "20 of its 23" in said[0][1]

    def test_an_unreadable_row_is_a_warning(self, credly: World, admin_client: Client) -> None:
        next(iter(credly.sandbox.organizations[credly.organization].templates.values()))["name"] = None
        said = run(admin_client, CREDLY, "sync_organization_badge_templates", credly.account)
        assert [level for level, _ in said] == ["success", "warning"]
        assert "was left out" in said[1][1]

    def test_sync_groups(self, accredible: AccredibleSandbox, admin_client: Client) -> None:
        account = ProviderAccount.objects.create(
            provider="accredible", external_id="5512", name="Harbour", api_key="accredible-key"
        )
        assert "Sync groups" in admin_client.get(ACCREDIBLE).text
        run(admin_client, ACCREDIBLE, "sync_groups", account)
        assert BadgeTemplate.objects.filter(account=account, is_active=False).count() == 3

    def test_sync_badges(self, db: None, admin_client: Client) -> None:
        city = System.objects.create(slug="city", name="The City")
        Badge.objects.create(slug="reader", name="Reader", type="skill", system=city)
        account = ProviderAccount.objects.create(provider="badgekit", external_id="city")
        run(admin_client, BADGEKIT, "sync_badges", account)
        assert BadgeTemplate.objects.get().external_id == "reader"

    def test_check_keys_lifts_the_pause_where_the_key_works(self, credly: World, admin_client: Client) -> None:
        broken = ProviderAccount.objects.create(provider="credly", external_id="aaa", name="Broken", api_key="no")
        ProviderAccount.objects.update(paused_reason="401")
        said = run(admin_client, CREDLY, "check_keys", broken, credly.account)
        assert sorted(level for level, _ in said) == ["error", "success"]
        assert list(ProviderAccount.objects.filter(paused_reason="")) == [credly.account]


class TestTheKey:
    def test_no_page_ever_shows_it(self, credly: World, admin_client: Client) -> None:
        admin_client.post(page_of(credly.account), form(external_id=credly.organization, api_key=KEY))
        history = reverse("admin:badges_credlyorganization_history", args=(credly.account.pk,))
        for client in (admin_client, viewer()):
            for address in (CREDLY, page_of(credly.account), history, f"{CREDLY}{credly.account.pk}/delete/"):
                assert KEY not in client.get(address).text
        assert "A key is stored" in admin_client.get(page_of(credly.account)).text
        assert KEY not in repr(credly.account)
        assert KEY not in str(AuditEntry.objects.values_list())

    def test_it_is_not_shown_again_after_an_error(self, credly: World, admin_client: Client) -> None:
        credly.sandbox.expired_keys.add(KEY)
        answer = admin_client.post(page_of(credly.account), form(external_id=credly.organization, api_key=KEY))
        assert "api_key" in errors_of(answer)
        assert KEY not in answer.text

    def test_whoever_may_only_look_can_neither_save_nor_act(self, credly: World) -> None:
        ProviderAccount.objects.update(paused_reason="401")
        client = viewer()
        assert client.post(page_of(credly.account), form(name="Mine")).status_code == 403
        client.post(CREDLY, {"action": "check_keys", "_selected_action": [credly.account.pk]})
        credly.account.refresh_from_db()
        assert (credly.account.name, credly.account.paused_reason) == ("Harbour Point", "401")
