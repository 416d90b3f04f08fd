"""From a CSV of teachers' feedback to a fine-tuning file of what was found useful, and on to the blind rating of what a
base and a fine-tuned model answer to two sets of questions kept apart; by a researcher without code, and two teachers.
"""

import csv
import gzip
import json
from statistics import median
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from labeling.labels.models import Answer, Label
from labeling.people.models import Cohort
from labeling.prompts.models import Prompt
from labeling.work.models import Task
from tests.celery_worker import until
from tests.factories import LabelerFactory, UserFactory
from tests.journeys.conftest import MODEL_PORT
from tests.journeys.test_the_road import go_on, start, with_password
from tests.model_server import running

pytestmark = pytest.mark.django_db(transaction=True)


class Given(NamedTuple):
    """A pupil's report, what a teacher wrote about it, and how useful two others find that, 1 to 7."""

    topic: str
    report: str
    feedback: str
    useful: tuple[int, int]


TRIPLES = [
    Given("Why do leaves turn red?", "I looked at ten leaves. Seven were red.",
          "You counted carefully. Say next where you found them, so that others can look again.", (7, 6)),
    Given("단풍은 왜 들까?", "은행잎 열 장을 모았습니다. 모두 노란색이었습니다.",
          "잎을 직접 모은 점이 좋습니다. 언제 모았는지도 적으면 다른 사람이 비교할 수 있어요.", (6, 6)),
    Given("Do plants need light?", "The bean in the dark was longer. So plants like the dark.",
          "Longer is not always healthier: compare the colours as well before you conclude.", (7, 7)),
    Given("식물에게 빛이 필요할까?", "어두운 곳의 콩이 더 길게 자랐습니다.",
          "결과를 정확히 쟀네요. 잎의 색도 함께 비교하면 결론이 더 탄탄해집니다.", (6, 7)),
    Given("How fast do ants walk?", "An ant walked 30 cm in 12 seconds.",
          "A clear measurement. Repeat it with five ants and give the mean.", (5, 7)),
    Given("개미는 얼마나 빨리 걸을까?", "개미가 12초에 30cm를 걸었습니다.",
          "측정이 분명합니다. 다섯 마리로 되풀이하고 평균을 구해 보세요.", (7, 6)),
    Given("What floats?", "Wood floats and iron sinks.",
          "Right so far. Which wood, and how large was the piece? Add a table.", (6, 6)),
    Given("무엇이 물에 뜰까?", "나무는 뜨고 쇠는 가라앉습니다.",
          "관찰이 맞습니다. 나무의 종류와 크기를 표로 정리하면 더 좋아요.", (7, 7)),
    Given("Where does rain go?", "The puddle was gone after two days.",
          "Good idea to look twice. Draw its edge with chalk each morning.", (6, 7)),
    Given("빗물은 어디로 갈까?", "웅덩이가 이틀 뒤에 없어졌습니다.",
          "두 번 살펴본 점이 훌륭합니다. 아침마다 분필로 가장자리를 그려 보세요.", (6, 6)),
    Given("Which bread goes mouldy first?", "The wet bread went mouldy on day 3.", "Nice work!", (2, 3)),
    Given("어느 빵에 곰팡이가 먼저 필까?", "젖은 빵에 사흘째 곰팡이가 피었습니다.", "참 잘했어요!", (7, 3)),
]  # fmt: skip
UNSEEN = [
    ("Do magnets work in water?", "The magnet pulled the pin in the glass, too."),
    ("소금은 얼마나 녹을까?", "물 한 컵에 소금 여섯 숟가락이 녹았습니다."),
    ("How high does a ball bounce?", "From 1 m the ball bounced to 60 cm."),
]
GOOD = [one for one in TRIPLES if median(one.useful) >= 6]
BASE, TUNED, TAG = "gpt-base", "gpt-tuned", "in training"
SETS = {"Questions never seen": len(UNSEEN), "Questions from training": 3}


def prompt_of(topic, report):
    return f"Topic: {topic}\n\nReport: {report}"


ASKED = [prompt_of(one.topic, one.report) for one in TRIPLES] + [prompt_of(*one) for one in UNSEEN]


@pytest.fixture
def people(transactional_db):
    return {
        "rita": with_password(UserFactory(email="rita@attune.example", groups=["researcher"], is_staff=True)),
        "ann": with_password(LabelerFactory(email="ann@attune.example", name="Ann")),
        "bob": with_password(LabelerFactory(email="bob@attune.example", name="Bob", cohort=Cohort.TRAINING)),
    }


@pytest.fixture
def models():
    answers = [
        {"prompt": asked, "responses": {BASE: f"Nice work, number {n}.", TUNED: f"Say why, and measure again, {n}."}}
        for n, asked in enumerate(ASKED)
    ]
    with running(answers=answers, port=MODEL_PORT) as server:
        yield server


@pytest.fixture
def table(tmp_path):
    """table(name, rows, header…) is a CSV as a spreadsheet saves it: with a mark of its encoding, and CR LF."""

    def write(name, rows, *header):
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


def test_from_teachers_feedback_to_the_blind_rating_of_two_models(visitor, worker, people, models, table, axe):
    rita = visitor().sign_in(people["rita"]).page
    triples = [(n % 5, *one[:3], "train") for n, one in enumerate(TRIPLES)]
    bring_in(rita, table("feedback.csv", triples, "Pupil", "Topic", "Report", "Feedback", "split"), "feedback", axe)
    unseen = [(*one, "test") for one in UNSEEN]
    bring_in(rita, table("unseen.csv", unseen, "Topic", "Report", "split"), "never seen", axe)
    ask_how_useful(rita, axe)
    feedback = {"only_references": True, "k": "1", "overlap": "2"}
    set_up(rita, "Rate feedback", "12 tasks", axe, source="feedback", **feedback)

    for name, which in (("ann", 0), ("bob", 1)):
        teacher = visitor().sign_in(people[name]).page
        rate_all(teacher, {one.feedback: one.useful[which] for one in TRIPLES}, len(TRIPLES))
    check_fine_tuning_file(freeze(rita, "Rate feedback", "sft/openai", axe, minimum_rating="6"))
    tag_what_was_trained_on(rita, axe)

    for model in (BASE, TUNED):
        register(rita, models, model)
    generate(rita, 2 * len(UNSEEN), source="never seen")
    generate(rita, 2 * len(GOOD), tag=TAG)
    unseen_set, training_set = SETS
    set_up(rita, unseen_set, "3 tasks", axe, source="never seen", purpose="evaluation", k="2", most_per_model="1")
    set_up(rita, training_set, "3 tasks", axe, tag=TAG, limit="3", purpose="evaluation", k="2", most_per_model="1")
    judge = visitor().sign_in(people["ann"]).page
    judge_blind(judge)

    asked = {name: check_ratings(freeze(rita, name, "ratings/native", axe), n) for name, n in SETS.items()}
    assert asked[unseen_set] == {prompt_of(*one) for one in UNSEEN}
    assert asked[training_set] < {prompt_of(one.topic, one.report) for one in GOOD}


def bring_in(page, file, source, axe):
    page.goto("/admin/prompts/import/add/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Source").fill(source)
    page.get_by_role("button", name="Preview").click()
    for column in ("Topic", "Report"):
        page.get_by_label(f"{column}:", exact=True).select_option("prompt")
    if source == "feedback":
        page.get_by_label("Feedback").select_option("reference")
        page.get_by_label("Pupil").select_option("author")
    page.get_by_role("button", name="Preview again").click()
    expect(page.locator(".words").first).to_contain_text("Topic: ")
    expect(page.locator(".words").first).to_contain_text("Report: ")
    assert axe(page) == []
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The import is done.")).to_be_visible(timeout=60_000)


def ask_how_useful(page, axe):
    """A form of the project's own: one Likert question, and no overall quality."""
    page.goto("/admin/guidelines/form/add/")
    page.locator("[name=title]").fill("How useful is feedback?")
    page.locator("[name=key]").fill("usefulness")
    page.get_by_role("button", name="Save", exact=True).first.click()
    row = "[name=questions-0-"
    page.locator(f"{row}key]").fill("useful")
    page.locator(f"{row}wording]").fill("How useful is it to the pupil?")
    page.locator(f"{row}scale]").select_option("likert")
    page.locator(f"{row}minimum]").fill("1")
    page.locator(f"{row}maximum]").fill("7")
    page.locator(f"{row}low_anchor]").fill("not at all")
    page.locator(f"{row}high_anchor]").fill("very")
    assert axe(page) == []
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def set_up(page, name, tasks, axe, *, source="", tag="", limit="", only_references=False, **fields):
    """A rating project by the form of one's own, its tasks, and open."""
    page.goto("/admin/work/project/add/")
    page.locator("[name=name]").fill(name)
    page.locator("[name=kind]").select_option("rating")
    page.locator("[name=form]").select_option(label="How useful is feedback?")
    page.locator("[name=markdown]").fill("Read the report first. 보고서를 먼저 읽으세요.")
    if purpose := fields.pop("purpose", ""):
        page.locator("[name=purpose]").select_option(purpose)
    page.locator("[name=only_references]").set_checked(only_references)
    for field, value in fields.items():
        page.locator(f"[name={field}]").fill(value)
    assert axe(page) == []
    page.get_by_role("button", name="Save and continue editing").first.click()
    page.get_by_role("link", name="Add tasks").click()
    if source:
        page.get_by_label("Source").select_option(label=source)
    page.get_by_label("Tag").fill(tag)
    page.get_by_label("At most").fill(limit)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name=f"Add {tasks}").click()
    expect(page.get_by_text(f"{tasks} were added.")).to_be_visible()
    page.get_by_role("link", name="Back to the project").click()
    page.get_by_role("link", name="Open", exact=True).click()
    page.locator(".submit-row input[type=submit]").click()


def useful(page, letter):
    return page.locator(f"#card-{letter}").get_by_role("radiogroup", name="How useful is it to the pupil?")


def rate_all(page, said, sheets):
    """Rate each feedback by itself, as `said` has it."""
    start(page)
    before = Label.objects.count()
    for done in range(1, sheets + 1):
        text = page.locator("#card-A .card-text").inner_text().strip()
        useful(page, "A").get_by_role("radio", name=str(said[text]), exact=True).check()
        expect(page.locator("#card-B")).to_have_count(0)
        go_on(page, page.get_by_role("button", name="Submit", exact=True).click)
        until(lambda done=done: Label.objects.count() == before + done)


def freeze(page, project, format, axe, minimum_rating=""):
    """Return {name of a file: its lines}, as the page's links give them."""
    page.goto("/admin/datasets/datasetversion/add/")
    page.get_by_role("checkbox", name=project).check()
    page.locator("[name=format]").select_option(format)
    page.locator("[name=minimum_rating]").fill(minimum_rating)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text("It does not change any more.")).to_be_visible(timeout=60_000)
    assert axe(page) == []
    return {link.inner_text(): downloaded(page, link) for link in page.get_by_role("link", name=".jsonl.gz").all()}


def downloaded(page, link):
    with page.expect_download() as started:
        link.click()
    with gzip.open(started.value.path()) as lines:
        return [json.loads(line) for line in lines]


def check_fine_tuning_file(files):
    """One file of conversations: each feedback that two people found useful, and nothing else."""
    told: dict[str, list[int]] = {}
    for answer in Answer.objects.select_related("rating__slot__candidate__response"):
        told.setdefault(answer.rating.slot.candidate.response.text, []).append(answer.number)
    assert [*files] == ["train.jsonl.gz"]
    lines = {line["messages"][0]["content"]: line["messages"] for line in files["train.jsonl.gz"]}
    assert len(files["train.jsonl.gz"]) == len(lines) == len(GOOD) == 10
    for one in GOOD:
        assert lines[prompt_of(one.topic, one.report)] == [
            {"role": "user", "content": prompt_of(one.topic, one.report)},
            {"role": "assistant", "content": one.feedback},
        ]
        assert median(told[one.feedback]) >= 6
    assert all(median(told[one.feedback]) < 6 for one in TRIPLES if one not in GOOD)


def tag_what_was_trained_on(page, axe):
    page.get_by_role("link", name="Tag its prompts").click()
    assert axe(page) == []
    page.get_by_label("Tag").fill(TAG)
    page.get_by_role("button", name="Tag its prompts").click()
    expect(page.get_by_text(f"10 prompts were tagged “{TAG}”.")).to_be_visible()
    assert Prompt.objects.filter(tags=[TAG]).count() == 10


def register(page, models, name):
    page.goto("/admin/candidates/modelendpoint/add/")
    page.locator("[name=name]").fill(name)
    page.locator("[name=base_url]").fill(models.url)
    page.locator("[name=model_id]").fill(name)
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def generate(page, calls, *, source="", tag=""):
    page.goto("/admin/candidates/generationjob/add/")
    for model in (BASE, TUNED):
        page.get_by_role("checkbox", name=model).check()
    if source:
        page.locator("[name=source]").select_option(label=source)
    page.locator("[name=tag]").fill(tag)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("The job is done.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(f"{calls} of {calls} answered")).to_be_visible()


def judge_blind(page):
    """Both sets, sheet by sheet; the page never says whose answer is whose."""
    before, sheets = Label.objects.count(), sum(SETS.values())
    for done in range(1, sheets + 1):
        if "/sheets/" not in page.url:
            start_next(page)
        assert BASE not in page.content()
        assert TUNED not in page.content()
        for letter in "AB":
            number = "6" if "Say why" in page.locator(f"#card-{letter} .card-text").inner_text() else "3"
            useful(page, letter).get_by_role("radio", name=number, exact=True).check()
        go_on(page, page.get_by_role("button", name="Submit", exact=True).click)
        until(lambda done=done: Label.objects.count() == before + done)


def start_next(page):
    page.goto("/")
    page.get_by_role("button", name="Start").first.click()
    page.wait_for_url("**/sheets/**")


def check_ratings(files, tasks):
    """Each of two models was rated once a task; returns the prompts that it was about."""
    lines = [line for of_split in files.values() for line in of_split]
    assert len(lines) == 2 * tasks
    for line in lines:
        assert line["answers"] == {"useful": 6 if line["response"]["model"] == TUNED else 3}
    assert sorted(line["response"]["model"] for line in lines) == [BASE] * tasks + [TUNED] * tasks
    assert Task.objects.filter(pk__in=[line["task"] for line in lines]).count() == tasks
    return {line["prompt"][0]["content"] for line in lines}
