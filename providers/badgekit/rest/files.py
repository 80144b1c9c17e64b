"""Codes as files and lists, and what is needed to pass one on."""

from typing import Any, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges.networks import NETWORKS, on_network
from credentials_badges.badges.rest import TooLarge
from credentials_badges.badges.visiting import SOURCES
from providers.badgekit import code_list, sharing
from providers.badgekit.desk.sharing import find
from providers.badgekit.rest.base import FileOfSystem, OfSystem
from providers.badgekit.rest.codes import asked_for
from providers.badgekit.rest.openapi import CODES, CSV, told
from providers.badgekit.rest.serializers import Imported, ImportQuery, Sharing


class CsvParser(BaseParser):
    """A file, as it is."""

    media_type = CSV

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Its bytes, unless they are too many."""
        data = stream.read(code_list.MOST_BYTES + 1)
        if len(data) > code_list.MOST_BYTES:
            raise TooLarge(code_list.TOO_LARGE)
        return data


class Export(FileOfSystem):
    """Codes as a file."""

    @told("Export claim codes", {CSV: OpenApiTypes.STR}, asks=CODES)
    def get(self, request: Request, system: int) -> HttpResponseBase:
        """A CSV file that can be imported again."""
        headers = {"Content-Disposition": 'attachment; filename="codes.csv"'}
        lines = code_list.written(asked_for(request, self.system))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


class Import(OfSystem):
    """Codes from a file."""

    parser_classes = (CsvParser,)

    @told("Import claim codes", Imported, takes={CSV: OpenApiTypes.STR}, asks=[ImportQuery])
    def post(self, request: Request, system: int) -> Response:
        """Make a code of each row in which nothing is wrong; a preview stores nothing."""
        asked = self.read(ImportQuery, request.query_params)
        badge, rows = self.badge(asked["badge"]), code_list.read(cast("bytes", request.data or b""))
        if asked["preview"]:
            rows = code_list.checked(rows, self.system, self.user)
            good = sum(not row.error for row in rows)
            return Response(Imported({"batch": None, "made": good, "rows": rows}).data)
        batch, left = code_list.store(badge, asked["label"], rows, self.user)
        came = {"batch": batch and batch.pk, "made": len(rows) - len(left), "rows": left}
        return Response(Imported(came).data, status=200 if batch else 400)


class Share(OfSystem):
    """How a code is passed on."""

    @told("Share a claim code", Sharing)
    def get(self, request: Request, system: int, code: int) -> Response:
        """Its links, each of which says where it was put; and pages of networks, on which somebody shares it."""
        found = find(self.system, code)
        words = f"Claim the badge “{found.badge.name}”"
        links = {source: sharing.link(found, source) for source in SOURCES}
        share = {network: on_network(network, links[network], words) for network in NETWORKS}
        return Response({"links": links, "share": share, "embed": sharing.embed(found)})


class QrSvg(FileOfSystem):
    """A QR code as a drawing."""

    @told("QR code as SVG", {"image/svg+xml": OpenApiTypes.STR})
    def get(self, request: Request, system: int, code: int) -> HttpResponseBase:
        """To be printed at any size."""
        return HttpResponse(sharing.qr_svg(find(self.system, code)), content_type="image/svg+xml")


class QrPng(FileOfSystem):
    """A QR code as a picture."""

    @told("QR code as PNG", {"image/png": OpenApiTypes.BINARY})
    def get(self, request: Request, system: int, code: int) -> HttpResponseBase:
        """The same in pixels."""
        return HttpResponse(sharing.qr_png(find(self.system, code)), content_type="image/png")
