"""What strangers write becomes HTML that does nothing."""

from html.parser import HTMLParser

import pytest

from credentials_badges.endorsements.marking_down import html


class Tags(HTMLParser):
    """Which tags there are, with their attributes, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is **good** and *kind*.", "<p>It is <strong>good</strong> and <em>kind</em>.</p>"),
        ("* One\n* Two", "<ul>\n<li>One</li>\n<li>Two</li>\n</ul>"),
        ("# Big", "<h4>Big</h4>"),
        ("### Small\n\n###### Smallest", "<h6>Small</h6>\n<h6>Smallest</h6>"),
        ("<h1>Raw</h1>", "Raw"),
        ("![A cat](https://cats.example/cat.png)", "<p></p>"),
        ("One\ntwo", "<p>One<br>\ntwo</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("`<script>`", "<p><code>&lt;script&gt;</code></p>"),
        ("> Said", "<blockquote>\n<p>Said</p>\n</blockquote>"),
        ("", ""),
    ],
)
def test_markdown_becomes_what_may_stand_on_a_page(text: str, shown: str) -> None:
    assert html(text).strip() == shown


def test_links_lead_away_and_are_not_vouched_for() -> None:
    shown = html('[Here](https://roth.example/ "Title") and [write](mailto:rosa@roth.example)')
    assert shown.count('rel="nofollow noopener noreferrer"') == 2
    assert 'href="https://roth.example/"' in shown
    assert "title" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](/admin/)",
        "[x](//evil.example/)",
        "<svg onload=alert(1)>",
        "<iframe src='https://evil.example/'></iframe>",
        "<form action='https://evil.example/'><input name=x></form>",
        "<p style='position:fixed' class='button' id='x' onclick='alert(1)'>x</p>",
        "<style>p {color: red}</style>",
        "<base href='https://evil.example/'>",
        "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
        "<!-- --><b onmouseover=alert(1)>x</b>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '[x](https://ok.example/" onmouseover="alert(1))',
    ],
)
def test_nothing_that_could_do_something_is_left(text: str) -> None:
    tags = Tags()
    tags.feed(html(text))
    assert {name for name, _ in tags.seen} <= {"p", "br", "a"}
    assert {name for _, told in tags.seen for name in told} <= {"href", "rel"}
    addresses = [told["href"] for _, told in tags.seen if "href" in told]
    assert all(address.startswith("https://ok.example/") for address in addresses)


@pytest.mark.parametrize("text", [">" * 5_000, "[" * 5_000, "*" * 5_000, "- " * 2_500, "`" * 5_000, "<a" * 2_500])
def test_the_strangest_text_is_shown_somehow_and_soon(text: str) -> None:
    assert isinstance(html(text), str)


def test_a_thousand_brackets_stay_what_they_are() -> None:
    assert html("[x](https://ok.example/)" * 101).startswith("<p>[x](https://ok.example/)")


def test_what_was_marked_down_is_safe_in_templates() -> None:
    assert html("x").__html__() == "<p>x</p>"
