"""The forms of a page, as a browser would send them, or somebody who is no browser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """What it asks for: a value for each name, as the page has filled it in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    """What holds the form together, such as how many rows it has."""


class Forms(HTMLParser):
    """Those of one page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.choosing = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(told.get("action", ""), told.get("method", "get").lower()))
        elif self.found and tag in {"input", "textarea", "select", "button"} and (name := told.get("name")):
            self.found[-1].fields.setdefault(name, told.get("value", ""))
            if told.get("type") == "hidden" or tag == "button" or told.get("type") == "submit":
                self.found[-1].fixed.add(name)
            self.choosing = name if tag == "select" else ""
        elif tag == "option" and self.choosing and ("selected" in told or not self.found[-1].fields[self.choosing]):
            self.found[-1].fields[self.choosing] = told.get("value", "")
