"""A provider of OpenID Connect of this test's own, on a free port of this machine: the fixture `oidc_provider`.

    def test_…(oidc_provider):
        oidc_provider.people["kim"] = {"sub": "1", "email": "kim@org.example", "email_verified": True}
        answer = oidc_provider.sign_in(authorize_url, "kim")   # → the address that the browser is sent back to

It speaks the authorization code flow over real HTTP: discovery, a page on which one chooses who one is, codes that work
once and with their PKCE verifier, RS256 id_tokens under a published key, userinfo. A browser may click the page itself.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

__all__ = ["Provider", "oidc_provider"]
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CLIENT, SECRET = "attune", "between-us"


class Provider:
    """`people` may sign in; `answers` changes what userinfo says of them; `seen` are the paths that were asked for."""

    def __init__(self):
        self.people, self.answers, self.seen = {}, {}, []
        self.codes, self.tokens = {}, {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Pages", (_Pages,), {"provider": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def start(self):
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    def sign_in(self, address, name):
        """Do what a browser does with the address that the site sends it to; return where it is sent back."""
        page = requests.get(address, timeout=10)
        assert name in page.text, page.text
        answer = requests.post(address, data={"who": name}, allow_redirects=False, timeout=10)
        return answer.headers["Location"]


class _Pages(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self):
        match self._path():
            case "/.well-known/openid-configuration":
                self._json(_discovery(self.provider.issuer))
            case "/jwks":
                key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
                self._json({"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]})
            case "/authorize":
                self._page()
            case "/userinfo":
                self._userinfo()
            case _:
                self._json({"error": "not_found"}, 404)

    def do_POST(self):
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        match self._path():
            case "/authorize":
                self._send_back(form["who"])
            case "/token":
                self._token(form)
            case _:
                self._json({"error": "not_found"}, 404)

    def log_message(self, *args):
        pass

    def _path(self):
        path = urlsplit(self.path).path
        self.provider.seen.append(path)
        return path

    def _asked(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def _page(self):
        asked = self._asked()
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        assert {"openid", "email"} <= set(asked["scope"].split())
        people = "".join(
            f"<button name=who value='{html.escape(name)}'>{name}</button>" for name in self.provider.people
        )
        page = f"<!DOCTYPE html><title>Provider</title><h1>Who are you?</h1><form method=post>{people}</form>"
        self._answer(page.encode(), "text/html")

    def _send_back(self, name):
        asked, code = self._asked(), secrets.token_urlsafe()
        self.provider.codes[code] = (name, asked)
        back = {"code": code, "state": asked["state"]}
        self.send_response(303)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _token(self, form):
        name, asked = self.provider.codes.pop(form["code"], (None, None))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        who = (form.get("client_id"), form.get("client_secret"))
        if (
            name is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge.decode()
        ):
            return self._json({"error": "invalid_grant"}, 400)
        if who != (CLIENT, SECRET):
            return self._json({"error": "invalid_client"}, 401)
        token = secrets.token_urlsafe()
        self.provider.tokens[token] = name
        said = {"iss": self.provider.issuer, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 300}
        id_token = jwt.encode(said | self.provider.people[name], KEY, algorithm="RS256", headers={"kid": "one"})
        return self._json({"access_token": token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token})

    def _userinfo(self):
        name = self.provider.tokens.get(self.headers["Authorization"].removeprefix("Bearer "))
        if name is None:
            return self._json({"error": "invalid_token"}, 401)
        return self._json(self.provider.people[name] | self.provider.answers.get(name, {}))

    def _json(self, said, status=200):
        self._answer(json.dumps(said).encode(), "application/json", status)

    def _answer(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _discovery(issuer):
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }


@pytest.fixture
def oidc_provider(settings, monkeypatch):
    """This process signs people in by it, and so do the processes that it starts from now on."""
    provider = Provider()
    provider.start()
    named = {"OIDC_NAME": "Org", "OIDC_ISSUER": provider.issuer, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET}
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    settings.OIDC_ISSUER = provider.issuer
    app = {
        "provider_id": settings.OIDC_ID,
        "name": "Org",
        "client_id": CLIENT,
        "secret": SECRET,
        "settings": {"server_url": provider.issuer, "verified_email": []},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield provider
    provider.stop()
