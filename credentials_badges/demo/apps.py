"""The play: sandbox providers on loopback and the demonstration that runs against them."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Has no tables; only commands."""

    name = "credentials_badges.demo"
