"""A small provider of OpenID Connect, and an LMS, on loopback: one page on which somebody says yes."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

CLIENT, SECRET = "badges", "a secret that only we two know"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


class Provider:
    """Knows one person at a time, and may be told to lie."""

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, Any] = {"sub": "ada-at-home"}
        self.lies: dict[str, Any] = {}
        """What its ID tokens say instead."""
        self.is_down = False
        self.userinfo: object = None
        """What it says where it is asked besides, if it may be asked."""
        self.asked: dict[str, MultiDict[str, str]] = {}
        """What each code was asked for with."""

    @Request.application
    def answer(self, request: Request) -> Response:
        """All of its pages."""
        pages = {
            "/.well-known/openid-configuration": self.describe,
            "/keys": lambda _: _json({"keys": [KEY.as_dict(private=False)]}),
            "/authorize": self.ask,
            "/token": self.token,
            "/userinfo": lambda _: Response(json.dumps(self.userinfo), mimetype="application/json"),
            "/oauth2/authorize": self.ask,
            "/oauth2/access_token": self.lms_token,
        }
        if self.is_down:
            return Response("Out of order", 503)
        return pages[request.path](request) if request.path in pages else Response("Nothing here", 404)

    def describe(self, _: Request) -> Response:
        """Where everything is."""
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        named |= {"userinfo_endpoint": "userinfo"} if self.userinfo is not None else {}
        return _json({"issuer": self.url, **{name: f"{self.url}/{path}" for name, path in named.items()}})

    def ask(self, request: Request) -> Response:
        """The page on which the person says yes, or is sent back at once by a POST."""
        if request.method == "GET" and "yes" not in request.args:
            hidden = "".join(f'<input type="hidden" name="{k}" value="{v}">' for k, v in request.args.items())
            form = f"<form>{hidden}<button name=yes value=yes>Yes, it is me</button></form>"
            return Response(f"<!doctype html><title>Harbour</title><h1>Harbour</h1>{form}", mimetype="text/html")
        code = secrets.token_urlsafe(8)
        self.asked[code] = MultiDict(request.args)
        return redirect(f"{request.args['redirect_uri']}?code={code}&state={request.args['state']}")

    def _asked(self, request: Request) -> MultiDict[str, str]:
        """What the code was asked for with, which has to be the same browser's and ours."""
        asked = self.asked.pop(request.form["code"])
        verifier = sha256(request.form["code_verifier"].encode()).digest()
        assert asked["code_challenge"] == base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        given = request.authorization
        client = (
            (given.username, given.password) if given else (request.form["client_id"], request.form["client_secret"])
        )
        assert client == (CLIENT, SECRET)
        assert asked["redirect_uri"] == request.form["redirect_uri"]
        return asked

    def token(self, request: Request) -> Response:
        """An ID token."""
        asked, now = self._asked(request), int(time.time())
        known = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        id_token = jwt.encode(
            {"alg": "RS256", "kid": "one"}, {**known, **self.person, **self.lies}, KEY, encoder_cls=_Escaping
        )
        return _json({"access_token": "open", "token_type": "Bearer", "id_token": id_token})

    def lms_token(self, request: Request) -> Response:
        """The LMS says who it is in its access token."""
        self._asked(request)
        assert request.form["token_type"] == "jwt"
        access = jwt.encode({"alg": "RS256"}, {"iss": self.url, **self.person}, KEY, encoder_cls=_Escaping)
        return _json({"access_token": access, "token_type": "JWT", "expires_in": 3600})


class _Escaping(json.JSONEncoder):
    """Writes all letters as ASCII, so that also those can be told that no text may have."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": True})


def _json(told: dict[str, Any]) -> Response:
    return Response(json.dumps(told), mimetype="application/json")


@contextmanager
def provider() -> Iterator[Provider]:
    """One that answers, until the block ends."""
    one = Provider()
    server = make_server("127.0.0.1", 0, one.answer, threaded=True)
    one.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
