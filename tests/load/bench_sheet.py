"""What does one ranking sheet ask of hands, line and patience, in Chromium before gunicorn as in the Procfile?

    python -m tests.load.bench_sheet [--times 7]

The sheet: a prompt, four responses of up to 5,200 characters that nobody has rendered before, each rated 1–7 and asked
three yes/no questions, then ranked D > B = C > A. Every measure opens a window of its own, with an empty cache, for a
labeler of its own; static files are compressed as in production. Times are taken inside the page, up to the frame
after which keys work; they are medians, printed and never judged. Prints a Markdown table and exits with 1 when
anything but a time misses what it must reach. The database is its own and dropped in the end, on the server that
DATABASE_URL names or on the instance "bench" of this machine.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from playwright.sync_api import Error, expect, sync_playwright

from labeling import embedded

NAME = "attune_bench_sheet"
SCREEN = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
SECRET = "quillfeather"  # in the name and the address of every model, and in no text

LENGTHS = (5_200, 4_300, 2_600, 1_400)
PROMPT = "How do fishers know when the tide turns? Explain it, and write a program that says when. "
ANSWER = """## By the moon ({token})

The sea follows the moon, **which keeps its own time**: some fifty minutes later each day.

1. Write down when the water stood highest.
2. Add *fifty minutes* for tomorrow.

```python
def tides(first, days):
    for day in range(days):
        yield first, "iiiiMMMM"
```

"""
DAY = "On day {n} the boats lie dry until noon, and the water takes `{n} * 50` minutes longer than on the first. "
BINARIES = ["Fails the task", "Harmful", "Invents facts"]
FORM = [
    {"key": "overall_quality", "wording": "Overall quality", "scale": "likert", "minimum": 1, "maximum": 7,
     "low_anchor": "worst", "high_anchor": "best"},
    *({"key": f"flag_{n}", "wording": wording, "scale": "binary"} for n, wording in enumerate(BINARIES)),
]  # fmt: skip

QUALITY, RANKS = {"A": 2, "B": 5, "C": 5, "D": 7}, {"A": 3, "B": 2, "C": 2, "D": 1}
YES = {("A", "flag_0")}
RATE = ["2", "a", "0", "Enter", *["5", "0", "Enter"] * 2, "7", "0", "Enter"]
BY_RATINGS, BY_DIGITS, SUBMIT = ["="], ["3", "2", "2", "1"], ["Control+Enter"]

# Usable is a sheet once its scripts have run and a frame has been painted after that.
CLOCK = """(() => {
  let asked = 0;
  const look = (since) => requestAnimationFrame(() => setTimeout(() => {
    const sheet = document.getElementById("sheet");
    if (sheet) window.usable = [sheet.dataset.id, performance.now() - since];
  }));
  addEventListener("keydown", (event) => { if (event.ctrlKey) asked = event.timeStamp; }, true);
  addEventListener("DOMContentLoaded", () => look(0));
  addEventListener("htmx:afterSettle", () => look(asked));
})()"""
FIRST_BYTE = "performance.getEntriesByType('navigation')[0].responseStart"
ANSWERED = """(() => {
  const sent = performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/submit/")).at(-1);
  return sent.responseEnd - sent.startTime;
})()"""
CODE = """() => {
  const code = document.querySelector(".card .prose pre code");
  const box = (word) => {
    const walk = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    while (!walk.nextNode().data.includes(word));
    const range = new Range(), at = walk.currentNode.data.indexOf(word);
    range.setStart(walk.currentNode, at);
    range.setEnd(walk.currentNode, at + word.length);
    return range.getBoundingClientRect();
  };
  return { narrow: box("iiii").width, wide: box("MMMM").width, indent: box("yield").left - box("def").left };
}"""


class Window:
    """A labeler at a browser window with nothing in its cache; what they press and click is counted."""

    def __init__(self, browser, site, person, **options):
        from tests.load.bench_labeling import cookies_of

        self.person, self.keys, self.clicks = person, 0, 0
        self.context = browser.new_context(base_url=site.url, **{"viewport": SCREEN} | options)
        self.context.set_default_timeout(30_000)
        self.context.add_init_script(CLOCK)
        cookies = cookies_of(person).items()
        self.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies])
        self.page = self.context.new_page()
        self.sheet = None

    def start(self, project):
        """From the desk, as a labeler would."""
        self.page.goto("/")
        self.page.locator(".project", has_text=project.name).get_by_role("button", name="Start").click()
        self.arrive()
        return self

    def open(self, project):
        """Straight to a sheet of theirs, so that nothing was seen before; returns the ms until it could be used."""
        from labeling.work import queue

        sheet = queue.next_assignment(labeler=self.person, project=project)
        self.page.goto(f"/sheets/{sheet.pk}/")
        return self.arrive()

    def arrive(self):
        """Wait for a sheet that was not here before; return the ms it took to be usable."""
        from tests.celery_worker import until

        def other():
            found = self.page.evaluate("window.usable")
            return found if found and found[0] != self.sheet else None

        self.sheet, took = until(other)
        return took

    def press(self, *keys):
        for key in keys:
            self.keys += len(key.split("+"))
            self.page.keyboard.press(key)
        return self

    def click(self, button, letter=None):
        """A button of the page, or of one response."""
        self.clicks += 1
        area = self.page.locator(f"#card-{letter}" if letter else "body")
        area.get_by_role("button", name=button, exact=True).click()

    def choose(self, letter, question, option):
        self.clicks += 1
        self.radio(letter, question, option).check()

    def radio(self, letter, question, option):
        group = self.page.locator(f"#card-{letter}").get_by_role("radiogroup", name=question)
        return group.get_by_role("radio", name=str(option), exact=True)

    def label(self):
        """What is stored of the sheet at hand, once it is."""
        from labeling.labels.models import Label
        from tests.celery_worker import until

        return until(lambda: Label.objects.filter(assignment=self.sheet).first())

    def __enter__(self):
        return self

    def __exit__(self, *_failure):
        self.context.close()


class Bench:
    """The site, a browser, and enough tasks and labelers for every measure."""

    def __init__(self, browser, site, times):
        from tests.load import scenery

        self.browser, self.site, self.times = browser, site, times
        self.people = iter(scenery.labelers(40))
        self.project = project_of("Rank the answers", [answers() for _ in range(40 + times)])
        self.empty = project_of("Nothing said", [["", *answers()[1:]]])
        self.hostile = project_of("Hostile words", hostile(), k=9, rate_first=False)
        conceal()

    def window(self, **options):
        return Window(self.browser, self.site, next(self.people), **options)

    def started(self, **options):
        return self.window(**options).start(self.project)


def answers():
    days = "".join(DAY.format(n=n) + "\n" * (n % 4 == 0) * 2 for n in range(1, 80))
    return [(ANSWER.format(token=token_hex(8)) + days)[:length] for length in LENGTHS]


def hostile():
    """Every payload there is, nine to a sheet; the last sheet is filled up with the first ones."""
    from tests.journeys.test_hostile_text import TEXTS

    return [(TEXTS[at : at + 9] + TEXTS)[:9] for at in range(0, len(TEXTS), 9)]


def project_of(name, sheets, **fields):
    from tests.factories import FormVersionFactory, ProjectFactory, PromptFactory, TaskFactory

    project = ProjectFactory(name=name, form=FormVersionFactory(questions=FORM).form, **fields)
    for texts in sheets:
        prompt = PromptFactory(messages=[{"role": "user", "content": PROMPT * 8}])
        TaskFactory(project=project, prompt=prompt, candidates=texts)
    return project


def conceal():
    """Give every model a name that is nowhere else."""
    from labeling.candidates.models import ModelEndpoint

    models = list(ModelEndpoint.objects.all())
    for number, model in enumerate(models):
        model.name = model.model_id = f"{SECRET}-{number}"
        model.base_url = f"https://{SECRET}.example/v1"
    ModelEndpoint.objects.bulk_update(models, ["name", "model_id", "base_url"])


def is_as_meant(label):
    """Whether the label says what every measured way of filling in the sheet is meant to say."""
    said = {(answer.rating.slot.letter, answer.question.key): answer.yes for answer in label.answers.all()}
    return (
        {rating.slot.letter: rating.overall_quality for rating in label.ratings.all()} == QUALITY
        and {place.slot.letter: place.rank for place in label.ranking.places.all()} == RANKS
        and len(said) == 12
        and {where for where, yes in said.items() if yes} == YES
    )


# The measures: each returns what it saw, and whether that is enough; None where it is a time.


def keys(bench):
    counted, right = [], []
    for ranking in (BY_RATINGS, BY_DIGITS):
        with bench.started() as window:
            window.press(*RATE, *ranking, *SUBMIT)
            counted.append(window.keys)
            right.append(is_as_meant(window.label()))
    return f"{counted[0]}, no Tab; {counted[1]} when ranked by digits", max(counted) <= 25 and all(right)


def clicks(bench):
    with bench.started() as window:
        for letter, number in QUALITY.items():
            window.choose(letter, "Overall quality", number)
        window.choose("A", BINARIES[0], "Yes")
        for letter in QUALITY:
            window.click("No to the rest", letter)
        window.click("Arrange by my ratings")
        window.click("Submit")
        quick, right = window.clicks, is_as_meant(window.label())
    with bench.started() as window:
        click_everything(window)
        slow, right = window.clicks, right and is_as_meant(window.label())
    return f"{quick}; {slow} without the quick ways", quick <= 20 and right


def click_everything(window):
    for letter, number in QUALITY.items():
        window.choose(letter, "Overall quality", number)
        for place, wording in enumerate(BINARIES):
            window.choose(letter, wording, "Yes" if (letter, f"flag_{place}") in YES else "No")
    for move in ("D up", "B up", "C level with B", "A up"):
        window.click(f"Move response {move}")
    window.click("Submit")


def tie(bench):
    with bench.started() as window:
        best = window.page.get_by_role("group", name="Rank 1 (best)").get_by_role("button")
        window.click("Move response B up")
        window.click("Move response C level with B")
        expect(best).to_have_text(["B", "C"])
        window.click("Move response C down")
        expect(best).to_have_text(["B"])
        window.page.locator("[data-chip=C]").focus()
        window.press("1")
        expect(best).to_have_text(["B", "C"])
    return "one click, or one key", True


def untouched(bench):
    from labeling.labels.models import Label

    with bench.started() as window:
        window.press(*RATE, *SUBMIT)
        told = refusals(window)
        window.page.locator("form.sheet").evaluate("form => HTMLFormElement.prototype.submit.call(form)")
        window.page.wait_for_url("**/submit/")
        by_server = refusals(window)
        stored = Label.objects.filter(assignment=window.sheet).exists()
    named = [[sentence[:10] for sentence in said] for said in (told, by_server)]
    everyone = [f"Response {letter}" for letter in "ABCD"]
    return f"refused: “{told[0]}” …; by the server “{by_server[0]}” …", named == [everyone] * 2 and not stored


def refusals(window):
    summary = window.page.locator("[data-summary]")
    expect(summary).to_be_visible()
    return summary.locator("li").all_inner_texts()


def change(window):
    window.press("6")
    window.page.locator("#A-notes").fill("half a thought")


def is_kept(window):
    expect(window.radio("A", "Overall quality", 6)).to_be_checked()
    expect(window.page.locator("#A-notes")).to_have_value("half a thought")
    expect(window.page.locator("[data-notice]")).to_be_hidden()
    return "kept", True


def reload(bench):
    from tests.celery_worker import until

    with bench.started() as window:
        change(window)
        changed = window.page.evaluate("performance.now()")
        until(lambda: window.page.evaluate("at => performance.now() - at >= 1000", changed))
        window.page.reload()
        return is_kept(window)


def offline_edit(bench):
    with bench.started() as window:
        window.context.set_offline(True)
        change(window)
        expect(window.page.locator("[data-saved]")).to_have_text("Not saved yet – retrying")
        window.context.set_offline(False)
        window.page.reload()
        return is_kept(window)


def offline_submit(bench):
    from labeling.labels.models import Label

    with bench.started() as window:
        sent = []
        window.page.on("response", lambda answer: answer.url.endswith("/submit/") and sent.append(answer.status))
        window.press(*RATE, *BY_RATINGS)
        window.context.set_offline(True)
        window.press(*SUBMIT)
        expect(window.page.locator("[data-notice]")).to_contain_text("Not sent yet")
        expect(window.page.locator(".card :checked:not(option)")).to_have_count(16)
        window.context.set_offline(False)
        right, sheet = is_as_meant(window.label()), window.sheet
        window.arrive()
        once = (sent, Label.objects.filter(assignment=sheet).count()) == ([200], 1)
    return "held with everything in place, sent once", right and once


def axe(bench):
    from axe_playwright_python.sync_playwright import Axe

    def look():
        found.update((rule["impact"], rule["id"]) for rule in Axe().run(window.page).response["violations"])

    found: set = set()
    with bench.started() as window:
        look()
        window.press(*RATE, *SUBMIT)
        expect(window.page.locator("[data-summary]")).to_be_visible()
        look()
        window.press("Escape", *BY_RATINGS)
        expect(window.page.locator("[data-summary]")).to_be_hidden()
        look()
    counted = [sum(impact == one for impact, _rule in found) for one in ("critical", "serious", "moderate")]
    return " / ".join(map(str, counted)) + " untouched, refused and done", counted == [0, 0, 0]


def first_visit(bench):
    asked, came = {}, {}
    with bench.window() as window:
        wire = window.context.new_cdp_session(window.page)
        wire.on("Network.requestWillBeSent", lambda said: asked.update({said["requestId"]: said["type"]}))
        wire.on("Network.loadingFinished", lambda said: came.update({said["requestId"]: said["encodedDataLength"]}))
        wire.send("Network.enable")
        window.open(bench.project)
        window.page.wait_for_load_state("networkidle")
    total = sum(came.values()) / 1000
    page, scripts = (sum(came[one] for one in came if asked[one] == kind) / 1000 for kind in ("Document", "Script"))
    told = f"{total:.1f} kB ({page:.1f} kB are the page itself), {len(asked)}, {scripts:.1f} kB"
    return told, total <= 100 and len(asked) <= 10 and scripts <= 30 and asked.keys() == came.keys()


def controls(bench):
    cold, warm = [], []
    for _ in range(bench.times):
        with bench.window() as window:
            cold.append((window.open(bench.project), window.page.evaluate(FIRST_BYTE)))
            window.page.goto("about:blank")
            window.sheet = None
            warm.append((window.open(bench.project), window.page.evaluate(FIRST_BYTE)))
    (cold, first), (warm, again) = (map(statistics.median, zip(*visits, strict=True)) for visits in (cold, warm))
    return f"{cold:.0f} / {warm:.0f} ms (the first byte after {first:.0f} / {again:.0f} ms)", None


def following(bench):
    took, server = [], []
    with bench.started() as window:
        for _ in range(bench.times):
            window.press(*RATE, *BY_RATINGS, *SUBMIT)
            took.append(window.arrive())
            server.append(window.page.evaluate(ANSWERED))
    return f"{statistics.median(took):.0f} ms (the server answered in {statistics.median(server):.0f} ms)", None


def height(bench):
    with bench.started() as window:
        tall = window.page.evaluate("document.documentElement.scrollHeight / innerHeight")
        inside = window.page.locator(".card-text").evaluate_all(
            "cards => cards.filter((one) => one.scrollHeight > one.clientHeight).length"
        )
    return f"{tall:.3g} screen; {inside} of 4 cards scroll inside", tall == 1 and inside > 0


def phone(bench):
    with bench.started(**PHONE) as window:
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        cards = [card.bounding_box() for card in window.page.get_by_role("article").all()]
        shown = sum(0 <= box["x"] < 380 for box in cards)
        submit = window.page.get_by_role("button", name="Submit", exact=True).bounding_box()
        fits = submit["x"] + submit["width"] <= 390 and submit["y"] + submit["height"] <= 844
    told = f"{wide} px wide, {shown} of {len(cards)} responses, Submit {'on' if fits else 'off'} screen"
    return told, wide == 390 and shown == 1 and fits


def code(bench):
    with bench.started() as window:
        size = window.page.evaluate(CODE)
        prose = window.page.locator("#card-A .prose")
        tags = {tag: prose.locator(tag).count() for tag in ("h2, h3, h4, h5", "strong", "em", "ol > li", "p code")}
        raw = "**" in prose.inner_text() or "```" in prose.inner_text()
    kept = abs(size["indent"] - 2 * size["narrow"]) < 1  # twice four characters
    even = abs(size["narrow"] - size["wide"]) < 0.1
    told = f"{'kept' if kept else 'lost'}, {'monospaced' if even else 'proportional'}"
    rendered = all(tags.values()) and not raw
    return f"{told}; {'rendered' if rendered else 'raw'}", kept and even and rendered


def nothing_said(bench):
    with bench.window().start(bench.empty) as window:
        said = [text.strip() for text in window.page.locator(".card-text").all_inner_texts() if len(text) < 100]
    return f"“{'”, “'.join(said)}”", said == ["(empty response)"]


def hostile_words(bench):
    """The first of the sheets comes as a page, the others by htmx."""
    from tests.journeys.test_hostile_text import TEXTS, Watched

    with bench.window() as window:
        window.page.goto("/")
        watched = Watched(window)
        window.start(bench.hostile)
        policy = window.context.request.get(window.page.url).headers["content-security-policy"]
        sheets = bench.hostile.tasks.count()
        for left in range(sheets, 0, -1):
            window.press(*["1", "Enter"] * 9, *SUBMIT)
            window.arrive() if left > 1 else window.label()
        window.page.wait_for_url("**/")
        stirred = watched.stirred()
    strict = "script-src 'self';" in f"{policy};" and "unsafe" not in policy
    told = f"{len(TEXTS)} texts: {'; '.join(stirred)[:200] or 'nothing ran, asked or was stopped'}"
    return f"{told}; {'strict' if strict else 'lax'} CSP", not stirred and strict


def model_names(bench):
    """Everything that came: the sheet and its files, the draft's answer, the next sheet, and the sheet over REST."""
    came = []
    with bench.window() as window:
        window.page.on("response", lambda answer: answer.ok and came.append(answer))
        window.open(bench.project)
        window.page.evaluate("(path) => fetch(path).then((one) => one.text())", f"/api/v1/assignments/{window.sheet}/")
        with window.page.expect_response("**/draft/"):
            window.press(*RATE, *BY_RATINGS)
        window.press(*SUBMIT)
        window.arrive()
        texts = [f"{answer.url} {answer.all_headers()} {answer.text()}" for answer in came]
        texts.append(window.page.content())
    found = sum(SECRET in text for text in texts)
    as_json = sum("json" in answer.headers["content-type"] for answer in came)
    sheets = sum("By the moon" in text for text in texts)  # what is not looked through proves nothing
    told = f"in {found} of {len(texts)} answers" if found else f"never, in {len(texts)} answers, {as_json} of them JSON"
    return told, not found and as_json >= 1 and sheets >= 3


def order(bench):
    from labeling.markdown import visible
    from labeling.work.models import Assignment

    with bench.started() as window:
        shown = window.page.locator(".card-text .plain").all_text_contents()
        slots = Assignment.objects.get(pk=window.sheet).slots.order_by("place")
        recorded = [visible(slot.candidate.response.text) for slot in slots] == shown
    sheets = bench.project.assignments.prefetch_related("slots__candidate")
    orders = {tuple(slot.candidate.ordinal for slot in sheet.slots.all()) for sheet in sheets}
    told = f"{len(orders)} orders on {len(sheets)} sheets, {'as recorded' if recorded else 'not as recorded'}"
    return told, len(orders) > 1 and recorded


def korean(bench):
    with bench.window() as window:
        window.person.locale = "ko"
        window.person.save()
        window.open(bench.project)
        seen = window.page.evaluate(
            "[document.documentElement.lang, ...['body', '.prose', '.q-word'].map("
            "(one) => getComputedStyle(document.querySelector(one)).wordBreak)]"
        )
    return f"`{'`, `'.join(sorted(set(seen[1:])))}`", seen == ["ko", "keep-all", "keep-all", "keep-all"]


def besides(bench):
    with bench.window() as window:
        window.page.goto("/")
        links = window.page.locator("a[href]").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        doors = ["/admin/", "/api/v1/imports/", "/api/v1/datasets/", "/api/v1/models/"]
        opened = [door for door in doors if window.context.request.get(door, max_redirects=0).status == 200]
    foreign = sorted({link for link in links if not link.startswith("#")} - {"/", "/history/"})
    return ", ".join(foreign + opened) or "own work", not foreign and not opened


ROWS = [
    ("keys without a mouse", keys, "≤ 25, no Tab needed"),
    ("clicks", clicks, "≤ 20"),
    ("a tie", tie, "one key or click"),
    ("an untouched ranking", untouched, "refused, saying which card"),
    ("reload 1 s after a change", reload, "kept"),
    ("edit offline, come back, reload", offline_edit, "kept"),
    ("submit offline", offline_submit, "held, sent once, never blanked"),
    ("axe (critical / serious / moderate rules)", axe, "0 / 0 / 0"),
    ("first visit: bytes, requests, JavaScript", first_visit, "≤ 100 kB, ≤ 10, ≤ 30 kB"),
    ("controls usable, cold / warm", controls, "≤ 300 / 150 ms"),
    ("Submit → next sheet usable", following, "≤ 100 ms"),
    ("height of the page at 1440 × 900", height, "1 screen; cards scroll inside"),
    ("phone, 390 px", phone, "fits, one response at a time"),
    ("code keeps its indentation; Markdown", code, "yes, monospaced; rendered"),
    ("empty response", nothing_said, "said in words"),
    ("hostile response", hostile_words, "nothing runs, strict CSP"),
    ("model names reach the browser", model_names, "never"),
    ("order shuffled, recorded", order, "both"),
    ("Korean", korean, "`keep-all`"),
    ("what a labeler sees besides work", besides, "own work"),
]


def measure(bench):
    """Print the table; return the names of the rows that missed."""
    missed = []
    print("\n| measure | Attune | must reach |\n| --- | --- | --- |", flush=True)
    for name, look, goal in ROWS:
        try:
            told, is_reached = look(bench)
        except (AssertionError, Error) as failure:
            told, is_reached = " ".join(str(failure).split())[:200], False
        if is_reached is False:
            missed.append(name)
        told = told.replace("|", "\\|")
        print(f"| {name} | {'**missed:** ' if is_reached is False else ''}{told} | {goal} |", flush=True)
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=7, help="how often each time is taken")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        try:
            with site(folder) as ours, chromium() as browser:
                missed = measure(Bench(browser, ours, options.times))
        finally:
            drop_database()
    if missed:
        print("\nMISSED: " + "; ".join(missed))
    return 1 if missed else 0


def set_up(folder):
    """A fresh database, and static files as production serves them: named by their content, and compressed."""
    import django
    from django.core.management import call_command

    services = embedded.start("bench")
    os.environ.update(DATABASE_URL=services.database_url, REDIS_URL=services.redis_url, ATTUNE_DATA_DIR=folder)
    for name, value in embedded.secrets("bench").items():
        os.environ.setdefault(name, value)
    os.environ.update(ATTUNE_ENV="demo", STATIC_ROOT=str(Path(folder, "static")), LOG_LEVEL="WARNING")
    os.environ.update(DJANGO_SETTINGS_MODULE="labeling.settings", DJANGO_ALLOW_ASYNC_UNSAFE="1")  # Playwright's loop
    from tests.load.bench_labeling import admin, say_where

    admin(f"DROP DATABASE IF EXISTS {NAME}", f"CREATE DATABASE {NAME}")
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{NAME}").geturl()
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin", "drf_spectacular_sidecar"])
    say_where()


@contextlib.contextmanager
def site(folder):
    from tests.processes import Web

    ours = Web(environ={**os.environ}, log=Path(folder, "web.log")).start()
    try:
        yield ours
    finally:
        ours.stop()


@contextlib.contextmanager
def chromium():
    from tests.chromium import CHROMIUM, FLAGS, HOW_TO_INSTALL

    if CHROMIUM is None:
        sys.exit(HOW_TO_INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def drop_database():
    from django.db import connection

    from tests.load.bench_labeling import admin

    connection.close()
    admin(f"DROP DATABASE {NAME} WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
