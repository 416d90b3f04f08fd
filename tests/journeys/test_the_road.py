"""From a file of prompts to comparisons in a trainer's hands, by four people at four windows."""

import gzip
import hashlib
import itertools
import json
import urllib.request

import pytest
from playwright.sync_api import expect

from labeling.api.models import Scope, Token
from labeling.labels.models import Label
from labeling.people.models import Cohort
from labeling.prompts.models import Prompt
from labeling.work.models import Assignment
from tests.celery_worker import until
from tests.factories import LabelerFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = ["gpt", "sft", "ppo", "ppo-ptx"]
PROMPTS = [
    {
        "id": f"river-{number}",
        "author": "geographer",
        "split": "train",
        "prompt": f"Name river number {number}. 강 이름을 하나 말해 주세요.",
        "responses": {model: f"{model.upper()} says: the **Han**, number {number}." for model in MODELS},
    }
    for number in range(4)
]


def with_password(person):
    person.set_password("attune-demo")
    person.save()
    return person


@pytest.fixture
def people(transactional_db):
    return {
        "ada": with_password(
            UserFactory(email="ada@attune.example", groups=["admin"], is_staff=True, is_superuser=True)
        ),
        "ann": with_password(LabelerFactory(email="ann@attune.example", name="Ann")),
        "bob": with_password(LabelerFactory(email="bob@attune.example", name="Bob", cohort=Cohort.TRAINING)),
    }


@pytest.fixture
def upload(tmp_path):
    lines = [json.dumps(prompt, ensure_ascii=False) for prompt in PROMPTS]
    path = tmp_path / "rivers.jsonl"
    path.write_text("\n".join([*lines[:2], "{broken", *lines[2:]]) + "\n")
    return path


def test_from_a_file_to_comparisons(visitor, worker, people, upload, axe):
    admin = visitor().sign_in(people["ada"], by_form=True).page
    import_prompts(admin, upload, axe)
    open_project(admin, axe)
    ann = visitor().sign_in(people["ann"], by_form=True).page
    bob = visitor(viewport={"width": 1440, "height": 900}).sign_in(people["bob"], by_form=True).page
    rank_all_by_mouse(ann)
    skip_one_and_rank_the_rest_by_keyboard(bob)
    link = freeze(admin, axe)

    rows, manifest = download(admin.url, people["ada"], link)

    assert hashlib.sha256(rows).hexdigest() == manifest["files"][0]["sha256"]
    check_every_pair([json.loads(line) for line in gzip.decompress(rows).splitlines()])


def import_prompts(page, upload, axe):
    page.goto("/admin/")
    page.get_by_role("link", name="Imports", exact=True).first.click()
    page.goto("/admin/prompts/import/add/")
    page.locator("input[type=file]").set_input_files(upload)
    page.get_by_label("Source").fill("rivers")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Name river number 0.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The import is done.")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("table", name="Refused rows").get_by_role("row")).to_have_count(2)
    assert Prompt.objects.count() == 4
    assert axe(page) == []


def open_project(page, axe):
    page.goto("/admin/work/project/add/")
    page.get_by_label("Name").fill("Rank the rivers")
    page.locator("[name=markdown]").fill("Put the *better* river first.")
    page.locator("[name=overlap]").fill("2")
    page.locator("[name=form]").select_option(label="InstructGPT, table 3")
    assert axe(page) == []
    page.get_by_role("button", name="Save and continue editing").first.click()
    page.get_by_role("link", name="Add tasks").click()
    page.get_by_label("Source").select_option(label="rivers")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Add 4 tasks").click()
    expect(page.get_by_text("4 tasks were added.")).to_be_visible()
    page.get_by_role("link", name="Back to the project").click()
    page.get_by_role("link", name="Open", exact=True).click()
    page.locator(".submit-row input[type=submit]").click()
    page.get_by_role("link", name="Progress").click()
    expect(page.get_by_text("This project is open.")).to_be_visible()
    assert axe(page) == []


def start(page):
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/sheets/**")


def go_on(page, act):
    """Do what hands the sheet in, and wait for another sheet or the desk."""
    before = page.url
    act()
    page.wait_for_url(lambda url: url != before)


def rank_all_by_mouse(page):
    """A is best, B and C are level, D is worst."""
    start(page)
    for _ in PROMPTS:
        for letter, number in zip("ABCD", (7, 4, 4, 1), strict=True):
            group = page.get_by_role("radiogroup", name=f"Overall quality of response {letter}")
            group.get_by_role("radio", name=str(number), exact=True).check()
        page.get_by_label("Rank of response A").select_option("1")
        page.get_by_label("Rank of response B").select_option("2")
        page.get_by_role("button", name="Move response C level with B").click()
        page.get_by_label("Rank of response D").select_option("4")
        go_on(page, page.get_by_role("button", name="Submit", exact=True).click)
    until(lambda: Label.objects.count() == 4)


def skip_one_and_rank_the_rest_by_keyboard(page):
    """D > B = C > A on three sheets, without the mouse; the first is skipped, and one tab is closed in between."""
    start(page)
    skipped = page.url
    page.get_by_role("button", name="Skip", exact=True).press("Enter")
    page.get_by_role("button", name="Skip this task").press("Enter")
    page.wait_for_url(lambda url: "/sheets/" in url and url != skipped)
    page = leave_in_mid_draft_and_come_back(page)
    for _ in range(3):
        for number in "1447":
            page.keyboard.press(number)
            page.keyboard.press("Enter")
        page.keyboard.press("=")
        go_on(page, lambda: page.keyboard.press("Control+Enter"))
    until(lambda: Label.objects.count() == 7)
    assert Assignment.objects.get(state="skipped").labeler.email == "bob@attune.example"


def leave_in_mid_draft_and_come_back(page):
    page.keyboard.press("3")
    page.locator("#A-notes").fill("half a thought")
    until(lambda: Assignment.objects.filter(draft__body__ratings__0__notes="half a thought").exists())
    context = page.context
    page.close()
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Continue").press("Enter")
    page.wait_for_url("**/sheets/**")
    assert page.locator("#A-notes").input_value() == "half a thought"
    page.locator("#card-A .card-text").focus()
    return page


def freeze(page, axe):
    page.goto("/admin/datasets/datasetversion/add/")
    page.get_by_role("checkbox", name="Rank the rivers").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table", name="What 2 labelers said")).to_be_visible()
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text("It does not change any more.")).to_be_visible(timeout=60_000)
    assert axe(page) == []
    return page.url.rstrip("/").split("/")[-2 if page.url.rstrip("/").endswith("change") else -1]


def download(address, person, version):
    """Fetch a version over REST with a token: (the bytes of its one file, its manifest)."""
    _, secret = Token.objects.create(user=person, scope=Scope.READ)
    site = address[: address.index("/admin")]

    def fetch(path):
        request = urllib.request.Request(f"{site}/api/v1{path}", headers={"Authorization": f"Token {secret}"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    (file,) = json.loads(fetch(f"/datasets/{version}/"))["files"]
    return fetch(f"/datasets/{version}/files/{file['name']}"), json.loads(fetch(f"/datasets/{version}/manifest/"))


def check_every_pair(lines):
    """Each line's pairs are what its labeler's ranking says, no more and no less, under the models' right names."""
    assert len(lines) == 7
    said = {label.pk: label for label in Label.objects.all()}
    by_task = {}
    for label in said.values():
        places = label.ranking.places.select_related("slot__candidate__response__endpoint")
        ranks = {place.slot.candidate.response.endpoint.name: place.rank for place in places}
        by_task.setdefault(str(label.assignment.task_id), []).append(ranks)
    for line in lines:
        models = [response["model"] for response in line["responses"]]
        ranks = dict(zip(models, line["ranks"], strict=True))
        by_task[line["task"]].remove(ranks)
        strict = {
            pair for pair in itertools.permutations(range(4), 2) if line["ranks"][pair[0]] < line["ranks"][pair[1]]
        }
        assert {tuple(pair) for pair in line["pairs"]} == strict
        assert len(line["pairs"]) == 5
        assert (line["n_possible"], line["n_ties"]) == (6, 1)
    assert [left for left in by_task.values() if left] == []
