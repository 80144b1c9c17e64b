"""Markdown that strangers write, as HTML that may stand on our pages."""

from functools import lru_cache
from xml.etree.ElementTree import Element

import markdown
import nh3
from django.utils.safestring import SafeString, mark_safe

HEADINGS = {f"h{level}": f"h{min(level + 3, 6)}" for level in range(1, 7)}
"""By what is written: what it becomes, since the page has headings of its own above it."""
TAGS = {
    *("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *HEADINGS.values(),
}
SCHEMES = {"http", "https", "mailto"}
REL = "nofollow noopener noreferrer"
MOST_LINKS = 100
EXTENSIONS = ("sane_lists", "nl2br")


@lru_cache(maxsize=1024)
def html(text: str) -> SafeString:
    """What the text becomes. Pictures, and all that could do something, are left out; words in them stay."""
    if text.count("[") > MOST_LINKS:  # For each, all that follows is gone through.
        text = text.replace("[", "&#91;")
    try:
        made = markdown.Markdown(extensions=[*EXTENSIONS, _Lowered()], output_format="html").convert(text)
    except RecursionError:  # Quotes within quotes within quotes.
        return mark_safe(f"<p>{nh3.clean_text(text)}</p>")  # noqa: S308 - Escaped.
    cleaned = nh3.clean(
        made,
        tags=TAGS,
        clean_content_tags={"script", "style"},
        attributes={"a": {"href"}, "*": set()},
        url_schemes=SCHEMES,
        link_rel=REL,
        url_relative="deny",
    )
    return mark_safe(cleaned)  # noqa: S308 - That is what it was cleaned for.


class _Lowered(markdown.Extension):
    """Lets no heading be above those of the page."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 - The library's name.
        """Come last."""
        md.treeprocessors.register(_Lower(md), "lowered_headings", 0)


class _Lower(markdown.treeprocessors.Treeprocessor):
    """Renames headings."""

    def run(self, root: Element) -> None:
        """All of them."""
        for element in root.iter():
            element.tag = HEADINGS.get(element.tag, element.tag)
