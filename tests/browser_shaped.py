"""What a browser sends and keeps, without a browser: cookies, CSRF tokens, the fields of the forms it is shown."""

import http.client
import random
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


class Unreachable(Exception):
    """The site gave no answer, or one that a browser would wait and try again after."""


class Answer:
    """One answer: status, headers, text."""

    def __init__(self, path, got):
        self.path, self.status, self.headers = path, got.status, got.headers
        self.text = got.read().decode()

    @property
    def goes_to(self):
        """The path that a redirect or htmx leads to, or an empty string."""
        names = ("Location", "HX-Redirect", "HX-Push-Url")
        return urlsplit(next((self.headers[name] for name in names if name in self.headers), "")).path


class Browser:
    """One person's browser, signed in or not. Not for several threads at once."""

    def __init__(self, url, timeout=20):
        self.host, self.timeout = urlsplit(url).netloc, timeout
        self.cookies: dict[str, str] = {}
        self.wire = None

    def get(self, path):
        """Return the page at `path`, following redirects."""
        answer = self.ask("GET", path)
        while answer.status in {301, 302, 303}:
            answer = self.ask("GET", answer.goes_to)
        return answer

    def post(self, path, fields, *, htmx=False):
        """Post a form with the token of the cookie, as the scripts do; a redirect is not followed."""
        token = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        extra = {"HX-Request": "true"} if htmx else {}
        return self.ask("POST", path, urlencode(fields | token), extra)

    def ask(self, method, path, body=None, extra=()):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **dict(extra)}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.wire = self.wire or http.client.HTTPConnection(self.host, timeout=self.timeout)
            self.wire.request(method, path, body, headers)
            answer = Answer(path, self.wire.getresponse())
        except (OSError, http.client.HTTPException) as failure:
            self.close()
            raise Unreachable(f"{method} {path}: {failure!r}") from failure
        if answer.status >= 500:
            raise Unreachable(f"{method} {path}: {answer.status}")
        self._keep(answer.headers.get_all("Set-Cookie", []))
        return answer

    def close(self):
        if self.wire:
            self.wire.close()
        self.wire = None

    def _keep(self, set_cookies):
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value

    def sign_in(self, email, password):
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", {"login": email, "password": password})
        assert answer.status == 302, f"{email} could not sign in: {answer.status}"

    def start(self, project):
        """Press Start on the desk; return the SheetPage, or None when nothing is left."""
        answer = self.post(f"/projects/{project.pk}/start/", {})
        assert answer.status == 302, f"Start: {answer.status}"
        return self.open(answer.goes_to) if answer.goes_to.startswith("/sheets/") else None

    def open(self, path):
        answer = self.get(path)
        if f"{path}instructions/" in answer.text:  # to be read before the first sheet
            self.post(f"{path}instructions/", {})
            answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status}"
        return SheetPage(answer.text)

    def save(self, sheet, fields, revision):
        return self.post(sheet.draft, {**fields, "revision": revision})

    def submit(self, sheet, fields):
        """Submit as htmx does. Return (answer, the next SheetPage in it or None)."""
        answer = self.post(sheet.submit, {**fields, "then": "next"}, htmx=True)
        return answer, SheetPage(answer.text) if answer.headers.get("HX-Push-Url") else None


class SheetPage(HTMLParser):
    """What a sheet's page asks: where its form goes, its letters, and every field with what it offers."""

    def __init__(self, html):
        super().__init__()
        self.id = self.submit = self.draft = ""
        self.letters: list[str] = []
        self.fields: dict[str, list[str]] = {}  # name of a radio or a select → its values
        self.texts: dict[str, str] = {}  # name of any other input → its value
        self._select = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        name, value = said.get("name"), said.get("value")
        if said.get("id") == "sheet":
            self.id, self.draft = said["data-id"], said["data-draft"]
        elif said.get("id") == "sheet-form":
            self.submit = said["action"]
        elif tag == "article":
            self.letters.append(said["data-letter"])
        elif tag == "input" and said.get("type") == "radio":
            self.fields.setdefault(name, []).append(value)
        elif tag == "input" and said.get("type") == "hidden":
            self.texts[name] = value
        elif tag == "textarea":
            self.texts[name] = ""
        self._in_select(tag, name, value)

    def _in_select(self, tag, name, value):
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and value:
            self.fields.setdefault(self._select, []).append(value)

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None

    def filled_in(self, chance=random):
        """Return form fields with every question answered, and some responses tied."""
        picked = {name: chance.choice(values) for name, values in self.fields.items()}
        return {**self.texts, **picked, "seconds": str(chance.randint(20, 300))}
