"""In which language people are answered: the one that they chose, else the first that their browser asks for and we
have. Programs are answered in English, whatever their libraries ask for: they compare words.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from rest_framework.views import APIView

OF_PROGRAMS = "en"

View = TypeVar("View", bound=Callable[..., Any])


def for_programs(view: View) -> View:
    """Mark a view that only programs call."""
    view.is_for_programs = True  # type: ignore[attr-defined]
    return view


class Languages(LocaleMiddleware):
    """Django's own, but for programs."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Once it is known who is asked for."""
        if getattr(view, "is_for_programs", False) or issubclass(getattr(view, "cls", object), APIView):
            translation.activate(OF_PROGRAMS)
            request.LANGUAGE_CODE = OF_PROGRAMS
