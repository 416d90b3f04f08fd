"""Does any text do anything to a page on which somebody reads it? In a real browser, under the real policy."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from labeling import formulas, markdown
from labeling.candidates.models import Response
from labeling.work import drafts, queue
from tests.factories import (
    InstructionsFactory,
    LabelerFactory,
    ProjectFactory,
    PromptFactory,
    TaskFactory,
    UserFactory,
)  # fmt: skip
from tests.journeys.payloads import PAYLOADS

pytestmark = pytest.mark.django_db(transaction=True)

# PostgreSQL keeps no NUL, and a request that is no UTF-8 gets no further than the door.
TEXTS = [text.replace("\0", "") for text in PAYLOADS.values()]
BATCHES = [tuple((batch + TEXTS)[:4]) for batch in map(list, (TEXTS[at : at + 4] for at in range(0, len(TEXTS), 4)))]
BENIGN = ("One.", "Two.", "Three.", "Four.")
ROLES = ["system", "user", "assistant", "user"]

# Runs before anything of the page: whatever the policy had to stop is an attempt that came too far.
WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation",
  ({ violatedDirective, blockedURI }) => stopped.push(`${violatedDirective} ${blockedURI}`));
"""
# What stands on the page outside the texts: how many of every element, every id, every form's address.
AROUND = """() => {
  const outside = [...document.querySelectorAll("*")].filter((one) => !one.parentElement?.closest(".prose, .plain"));
  const count = {};
  for (const one of outside) count[one.localName] = (count[one.localName] ?? 0) + 1;
  return {
    count,
    ids: outside.map((one) => one.id).filter(Boolean).sort(),
    named: [...document.forms].flatMap((form) => [...form.elements].map((one) => `${form.id} ${one.name}`)),
    attune: typeof window.attune?.onSheet,
  };
}"""
INSIDE = """() => [...document.querySelectorAll(".prose *")].map((one) => [one.localName, one.namespaceURI,
  ...one.getAttributeNames()].join(" "))"""
HTML, MATHML = "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"
ATTRIBUTES = {
    "a": ["href data-address"], "span": ["class"], "code": ["", "class"], "pre": ["", "class tabindex"],
    "div": ["", "class", "class tabindex"], "ol": ["", "start"],
}  # fmt: skip


def is_allowed(description):
    tag, namespace, *names = description.split()
    if tag in formulas.ELEMENTS:
        return namespace == MATHML and set(names) <= formulas.ELEMENTS[tag].keys()
    return namespace == HTML and tag in markdown.TAGS and " ".join(names) in ATTRIBUTES.get(tag, [""])


class Watched:
    """A visitor's page, and everything that a text could have made it do."""

    def __init__(self, window):
        self.page = window.page
        self.origin = window.page.url and urlsplit(window.page.url).netloc
        self.events = []
        window.context.add_init_script(WATCH)
        window.context.on("request", self.asked)
        window.context.on("page", lambda page: self.events.append(f"window {page.url}"))
        self.page.on("dialog", self.dialog)
        self.page.on("console", lambda said: self.events.append(said.text) if "ATTUNE" in said.text else None)

    def asked(self, request):
        if urlsplit(request.url).netloc != self.origin:
            self.events.append(f"{request.method} {request.url}")

    def dialog(self, dialog):
        self.events.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def open(self, address):
        """Go there, wait until it is quiet, and return what stands around the texts."""
        self.page.goto(address, wait_until="networkidle")
        assert urlsplit(self.page.url).path == urlsplit(address).path
        return self.page.evaluate(AROUND)

    def stirred(self):
        return self.events + self.page.evaluate("window.stopped")


@pytest.fixture
def ann(transactional_db):
    return with_password(LabelerFactory(email="ann@attune.example", name="Ann"))


@pytest.fixture
def rita(transactional_db):
    person = UserFactory(email="rita@attune.example", name="Rita", groups=["researcher"], is_staff=True)
    return with_password(person)


def with_password(person):
    person.set_password("attune-demo")
    person.save()
    return person


@pytest.fixture
def watched(visitor):
    return lambda person, **options: Watched(visitor(**options).sign_in(person))


def task_of(texts, **project):
    """A task whose every part says one of four texts: the turns of its prompt, its responses, its instructions."""
    messages = [{"role": role, "content": text} for role, text in zip(ROLES, texts, strict=True)]
    instructions = InstructionsFactory(version="\n\n".join(texts))
    project = ProjectFactory(instructions=instructions, **project)
    return TaskFactory(project=project, prompt=PromptFactory(messages=messages), candidates=texts)


def sheet_of(ann, texts, **project):
    return queue.next_assignment(labeler=ann, project=task_of(texts, **project).project)


def address_of(sheet):
    return reverse("labels:sheet", args=[sheet.pk])


def test_no_text_on_a_sheet_does_anything_but_be_read(watched, ann):
    sheets = [address_of(sheet_of(ann, texts)) for texts in [BENIGN, *BATCHES]]
    watched = watched(ann)
    usual = watched.open(sheets[0])

    for address, texts in zip(sheets[1:], BATCHES, strict=True):
        around = watched.open(address)
        page = watched.page
        assert (address, around) == (address, usual)
        assert [one for one in page.evaluate(INSIDE) if not is_allowed(one)] == []
        assert sorted(page.locator(".card-text .plain").all_text_contents()) == sorted(map(markdown.visible, texts))
        assert page.locator(".prompt .plain").all_text_contents() == [markdown.visible(text) for text in texts]
        assert page.locator(".plain *").count() == 0
        assert (texts, watched.stirred()) == (texts, [])


def test_nor_does_it_where_it_is_shown_plain(watched, ann):
    sheet = sheet_of(ann, BATCHES[0])
    watched = watched(ann)
    watched.open(address_of(sheet))

    watched.page.get_by_role("switch", name="Plain text").check()

    expect(watched.page.locator(".card .prose:visible")).to_have_count(0)
    expect(watched.page.locator(".card .plain:visible")).to_have_count(4)
    assert watched.stirred() == []


def test_nor_without_javascript(watched, ann):
    texts = [f"[x]({address})" for address in ("https://evil.example/a", "javascript:1", "/admin/", "mailto:a@b.c")]
    sheet = sheet_of(ann, tuple(texts))
    watched = watched(ann, java_script_enabled=False)
    watched.page.goto(address_of(sheet))
    before = watched.page.url

    shown = [card.inner_text() for card in watched.page.locator(".card-text .prose").all()]
    for link in watched.page.locator(".card-text .prose a").all():
        link.click(force=True)

    assert sorted(shown) == ["[x](/admin/)", "[x](javascript:1)", "x (https://evil.example/a)", "x (mailto:a@b.c)"]
    assert (watched.page.url, watched.events) == (before, [])


def test_a_link_is_followed_only_after_its_address_was_seen(watched, ann):
    sheet = sheet_of(ann, ("[Sign in again](https://evil.example/?a=1&b=2)", *BENIGN[1:]))
    watched = watched(ann)
    watched.open(address_of(sheet))
    link, question = watched.page.locator(".card-text .prose a"), watched.page.get_by_role("dialog")

    for follow in (link.click, lambda: link.click(button="middle"), lambda: link.press("Enter")):
        follow()
        expect(question).to_contain_text("https://evil.example/?a=1&b=2")
        assert question.get_by_role("link").get_attribute("rel") == "noopener noreferrer"
        watched.page.keyboard.press("Escape")
        expect(question).to_have_count(0)

    assert watched.stirred() == []


def test_nor_does_it_in_a_draft(watched, ann):
    sheets = [sheet_of(ann, BENIGN) for _draft in range(2)]
    notes = "\n".join(text for text in TEXTS if len(text) < 2_000)
    for sheet, said in zip(sheets, ("Fine.", notes), strict=True):
        body = {"ratings": [{"slot": letter, "notes": said} for letter in "ABCD"], "ranks": {"A": said}}
        drafts.save_draft(assignment=sheet, revision=1, body=body)
    watched = watched(ann)

    usual, around = [watched.open(address_of(sheet)) for sheet in sheets]

    lines = watched.page.locator("#A-notes").input_value()
    assert lines == notes.replace("\r\n", "\n").replace("\r", "\n")
    assert (around, watched.stirred()) == (usual, [])


def test_nor_does_it_in_the_history(watched, ann):
    sheets = [sheet_of(ann, texts) for texts in [BENIGN, *BATCHES[::4]]]
    for sheet, said in zip(sheets, ["Fine.", *TEXTS], strict=False):
        body = {"ratings": [{"slot": letter, "notes": said} for letter in "ABCD"]}
        drafts.save_draft(assignment=sheet, revision=1, body=body)
        queue.skip(assignment=sheet, reason=said[:400])
    watched = watched(ann)
    usual, *others = [watched.open(reverse("desk:past-sheet", args=[sheet.pk]))["count"] for sheet in sheets]

    assert others == [usual] * len(others)
    assert watched.open(reverse("desk:history"))["attune"] == "function"
    assert watched.stirred() == []


def test_nor_does_it_in_a_preview(watched, ann):
    sheets = [sheet_of(ann, BENIGN, kind="demonstration") for _sheet in range(2)]
    watched = watched(ann)
    usual = watched.open(address_of(sheets[0]))

    short = [text for text in TEXTS if len(text) < 2_000]
    batches = ["\n\n".join(short[at : at + 12]) for at in range(0, len(short), 12)]
    for text in [*batches, "The end."]:
        with watched.page.expect_response("**/preview/"):
            watched.page.locator("#text").fill(text)
            if watched.page.locator("#preview").is_hidden():
                watched.page.get_by_role("button", name="Preview").click()
        assert [one for one in watched.page.evaluate(INSIDE) if not is_allowed(one)] == []
        assert (text, watched.stirred()) == (text, [])

    expect(watched.page.locator("[data-rendered]")).to_have_text("The end.\n")
    assert watched.page.evaluate(AROUND)["ids"] == usual["ids"]


def test_nor_does_it_before_a_researcher(watched, rita):
    for texts in [BENIGN, *BATCHES]:
        task_of(texts)
    watched = watched(rita)
    pages = [reverse("admin:candidates_response_changelist"), reverse("admin:prompts_prompt_changelist")]
    pages += [reverse("admin:candidates_response_change", args=[answer.pk]) for answer in Response.objects.all()[4::5]]
    usual = watched.open(reverse("admin:candidates_response_change", args=[Response.objects.first().pk]))

    for address in pages:
        around = watched.open(address)
        if "change/" in address:
            breaks = {"br": usual["count"].get("br", 0)}
            assert (address, around["count"] | breaks) == (address, usual["count"])
        assert (address, watched.stirred()) == (address, [])
