"""A screening test in English and one in Korean, with the key that two researchers agreed on: a start for one's own.

The texts stand in data/screening/, with the right answer beside each item. Nothing is put into the tables by hand:
tests are built, keyed and published by the verbs that the researchers' pages use.
"""

import io
from functools import cache
from pathlib import Path

import orjson

from labeling.candidates import importing
from labeling.labels import recording
from labeling.people.models import User
from labeling.prompts.models import Prompt
from labeling.screening import building, keys, publishing
from labeling.screening.models import Criterion, Test
from labeling.work import drawing, projects, queue
from labeling.work.models import Assignment

HERE = Path(__file__).parent / "data" / "screening"
LANGUAGES = ("en", "ko")
RESEARCHERS = ("rita@attune.example", "rolf@attune.example")
WRITERS = "written-{}"  # the responses were written for the test; whoever answers a prompt is a model by some name


@cache
def texts(language):
    """Return what the test in that language consists of, as the file has it."""
    return orjson.loads((HERE / f"{language}.json").read_bytes())


def load(language):
    """Return the demo's test in that language, published and open; make it if there is none."""
    said = texts(language)
    test = Test.objects.filter(name=said["name"]).first()
    if test:
        return test
    rita, rolf = (User.objects.get(email=email) for email in RESEARCHERS)
    test = building.new_test(
        name=said["name"], welcome=said["welcome"], warning=said["warning"], is_open=True, gives_feedback=True, by=rita
    )
    _import_items(language, by=rita)
    for criterion in (
        Criterion.PRACTICE,
        Criterion.FLAGS,
        Criterion.RANKINGS,
        Criterion.DEMONSTRATIONS,
        Criterion.SELF_ASSESSMENT,
    ):
        section = building.start_section(
            test=test, criterion=criterion, by=rita, minutes=None, **said["sections"][criterion]
        )
        prompts = Prompt.objects.filter(source__name=_source(language), tags__contains=[criterion.value]).order_by("pk")
        drawing.add_tasks(project=section.project, prompts=list(prompts.values_list("pk", flat=True)), seed=2203)
        if criterion in keys.KEYED:
            _make_key(section, language, rita, rolf)
    return publishing.publish(test=test, by=rita)


def _source(language):
    return f"screening ({language})"


def _import_items(language, *, by):
    """Bring prompts and responses in by the same road as any file."""
    lines = b"\n".join(orjson.dumps(row) for row in _rows(language))
    running = importing.request_import(
        file=io.BytesIO(lines),
        filename=f"screening-{language}.jsonl",
        source_name=_source(language),
        mapping={},
        requested_by=by,
        wake_worker=False,
    )
    importing.run_import(import_id=running.pk)


def _rows(language):
    said = texts(language)
    flagged = [(Criterion.PRACTICE, item) for item in said["practice"]]
    flagged += [(Criterion.FLAGS, item) for item in said["flags"]]
    for criterion, item in flagged:
        yield _row(language, criterion, item["prompt"], [item["response"]])
    for item in said["rankings"]:
        yield _row(language, Criterion.RANKINGS, item["prompt"], item["responses"])
    for item in said["demonstrations"]:
        yield _row(language, Criterion.DEMONSTRATIONS, item["prompt"], [])
    yield _row(language, Criterion.SELF_ASSESSMENT, said["assessment"], [])


def _row(language, criterion, prompt, responses):
    written = [{"model": WRITERS.format(n), "text": text} for n, text in enumerate(responses, start=1)]
    return {"prompt": prompt, "language": language, "tags": [criterion.value], "responses": written}


def _make_key(section, language, rita, rolf):
    """Both answer every item, as researchers do at their desks; where they agree, that is the key."""
    projects.open_project(project=section.project)
    for person in (rita, rolf):
        work_through(section, person, lambda sheet: right_answer(sheet, section.criterion, language))
    explained = {item["prompt"]: item["explanation"] for item in texts(language)["practice"]}
    for item in keys.items(section):
        why = explained.get(item.task.prompt.messages[0]["content"], "")
        keys.agree(task=item.task, label=item.labels[0], by=rita, explanation=why)


def work_through(section, person, answer):
    """Take every sheet of the section and submit what `answer` says to it; return the labels."""
    labels = []
    while taken := queue.next_assignment(labeler=person, project=section.project):
        sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=taken.pk)
        labels.append(recording.record(assignment=sheet, body=answer(sheet)))
    return labels


def right_answer(sheet, criterion, language):
    """Return the body of a sheet as the file has it."""
    item = item_of(sheet, criterion, language)
    if criterion == Criterion.RANKINGS:
        return {"ranking": lettered(sheet, item, right_order(item)), "seconds": 40}
    return flagged(item["prompt_sensitive"], item["sensitive"])


def flagged(prompt, response):
    ratings = [{"slot": "A", "answers": {"sensitive": response}}]
    return {"prompt_answers": {"prompt_sensitive": prompt}, "ratings": ratings, "seconds": 15}


def item_of(sheet, criterion, language):
    """Return what the file says about the prompt of a sheet."""
    asked = sheet.task.prompt.messages[0]["content"]
    return next(item for item in texts(language)[str(criterion)] if item["prompt"] == asked)


def right_order(item):
    """Return the numbers of the responses, in groups, the best first: as they stand, unless the file says otherwise."""
    return item.get("order") or [[number] for number in range(len(item["responses"]))]


def lettered(sheet, item, order):
    """Return an order of numbers under the letters by which this labeler sees the responses."""
    slots = sheet.slots.select_related("candidate__response")
    letters = {slot.candidate.response.text: slot.letter for slot in slots}
    return [[letters[item["responses"][number]] for number in group] for group in order]
