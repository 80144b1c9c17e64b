"""Pictures of badges, made safe to hand on: they were uploaded by people who are not trusted with what others open.

A picture is taken for what its bytes are, and only what it shows is kept: no words that were written beside it, no
badge that was baked into it before, nothing that runs or that asks another site.
"""

import re
from collections.abc import Iterator
from struct import Struct
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring
from zlib import crc32

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

PNG, SVG = "image/png", "image/svg+xml"
MOST_BYTES = 2**20
MOST_PIXELS = 2**26
"""What a small file may grow to in the memory of whoever looks at it, in pixels."""
DEEPEST = 100
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LENGTH = Struct(">I")
SEEN = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs".split())
"""Chunks that say how a PNG looks."""
SPACE = "{http://www.w3.org/2000/svg}"
SHAPES = re.compile(
    "svg|g|defs|symbol|use|title|desc|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|textPath|image|style"
    "|linearGradient|radialGradient|stop|pattern|clipPath|mask|marker|filter|switch"
    "|fe(?:Blend|ColorMatrix|ComponentTransfer|Composite|ConvolveMatrix|DiffuseLighting|DisplacementMap|DistantLight"
    "|DropShadow|Flood|Func[ABGR]|GaussianBlur|Merge|MergeNode|Morphology|Offset|PointLight|SpecularLighting|SpotLight"
    "|Tile|Turbulence)"
)
"""Elements that stand still. All others are left out, with what is in them."""
POINTS = frozenset({"href", "{http://www.w3.org/1999/xlink}href"})
HELD = re.compile(r"#|data:image/(?:png|jpeg|gif|webp);base64,")
"""What an element may point to: something in the picture itself."""
REACHES_OUT = re.compile(r"""[\\@]|image|src\(|url\((?!\s*["']?\s*#)""", re.IGNORECASE)
"""What a style is not to have in it: other files, and ways to write their addresses in disguise."""


class NoPicture(Exception):
    """The bytes are no picture that can be handed on. Says why, in plain words."""


def png(data: bytes) -> bytes:
    """The PNG, with nothing in it but what is seen."""
    kept = [(kind, body) for kind, body in _chunks(data) if kind in SEEN]
    kinds = [kind for kind, _ in kept]
    if kinds[:1] != [b"IHDR"] or len(kept[0][1]) != 13 or b"IDAT" not in kinds:
        raise NoPicture("There is nothing to be seen in the PNG.")
    width, height = (LENGTH.unpack_from(kept[0][1], offset)[0] for offset in (0, 4))
    if not 0 < width * height <= MOST_PIXELS:
        raise NoPicture("The picture has no size, or too large a one.")
    return SIGNATURE + b"".join(
        LENGTH.pack(len(body)) + kind + body + LENGTH.pack(crc32(kind + body)) for kind, body in kept
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a PNG, up to its end; what follows that is no part of it."""
    if len(data) > MOST_BYTES:
        raise NoPicture("The picture is too large.")
    if not data.startswith(SIGNATURE):
        raise NoPicture("This is not a PNG.")
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if len(data) < at + 12:
            raise NoPicture("The PNG breaks off.")
        end = at + 8 + LENGTH.unpack_from(data, at)[0]
        kind, body = data[at + 4 : at + 8], data[at + 8 : end]
        if data[end : end + 4] != LENGTH.pack(crc32(kind + body)):
            raise NoPicture("The PNG is damaged.")
        yield kind, body
        at = end + 4


def svg(data: bytes) -> bytes:
    """The SVG, of which only shapes that stand still are kept."""
    if len(data) > MOST_BYTES:
        raise NoPicture("The picture is too large.")
    try:
        read = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NoPicture("This is not an SVG, or one that cannot be trusted.") from error
    if read.tag != f"{SPACE}svg":
        raise NoPicture("This is not an SVG.")
    kept = Element("svg", {"xmlns": SPACE[1:-1], **_attributes(read)})
    _fill(kept, read, 1)
    return bytes(tostring(kept, encoding="utf-8", xml_declaration=True))


def _fill(kept: Element, read: Element, depth: int) -> None:
    if depth > DEEPEST:
        raise NoPicture("The picture is nested too deeply.")
    kept.text = read.text
    for child in read:
        name = child.tag.removeprefix(SPACE) if isinstance(child.tag, str) else ""
        if child.tag == f"{SPACE}{name}" and SHAPES.fullmatch(name) and _stays(name, child):
            part = SubElement(kept, name, _attributes(child))
            part.tail = child.tail
            _fill(part, child, depth + 1)


def _stays(name: str, element: Element) -> bool:
    return name != "style" or not REACHES_OUT.search("".join(element.itertext()))


def _attributes(element: Element) -> dict[str, str]:
    """Those that say how it looks; what programs for drawing have noted for themselves is left out."""
    kept = {}
    for name, value in element.attrib.items():
        if name in POINTS:
            if HELD.match(value):
                kept["href"] = value
        elif not (name.lower().startswith(("{", "on")) or REACHES_OUT.search(value)):
            kept[name] = value
    return kept
