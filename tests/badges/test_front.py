"""Everybody finds their way from the first page; programs are told who answers."""

from django.test import Client

from credentials_badges.badges.models import Learner
from providers.badgekit.models import System


class TestFrontPage:
    """Everybody finds their way from the first page; programs are told who answers."""

    def front(self, client: Client) -> str:
        return client.get("/", headers={"Accept": "text/html"}).text

    def test_strangers_are_led_to_signing_in_and_codes(self, db: None) -> None:
        page = self.front(Client())
        assert 'href="/login/"' in page
        assert 'href="/claim/"' in page
        assert 'href="/desk/"' not in page

    def test_learners_are_led_to_their_badges(self, db: None) -> None:
        client = Client()
        client.force_login(Learner.objects.create_user("ada"))
        page = self.front(client)
        assert 'href="/my/"' in page
        assert 'href="/admin/"' not in page

    def test_whoever_works_here_is_led_to_their_work(self, db: None) -> None:
        client = Client()
        System.objects.create(slug="city", name="The City")
        client.force_login(Learner.objects.create_superuser("root"))
        page = self.front(client)
        assert 'href="/admin/"' in page
        assert 'href="/desk/"' in page

    def test_programs_are_told_as_before(self, db: None) -> None:
        answer = Client().get("/")
        assert answer.json()["app"] == "BadgeKit API"
        assert "Accept" in answer["Vary"]
