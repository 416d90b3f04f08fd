"""Is docs/api.md true? Its commands run as they stand there, what it shows is answered, and its calls are known."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labeling.api import tokens
from labeling.labels.models import Label
from tests.api.contract import assert_valid, document, operation_of
from tests.factories import ProjectFactory, TaskFactory, UserFactory
from tests.processes import environment, own_broker, web, worker  # noqa: F401

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "api.md").read_text()
NEEDED = ["bash", "curl", "jq", "sha256sum"]
SHOWN = re.compile(r"^# → (.*)$", re.MULTILINE)


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", DOCS, flags=re.DOTALL | re.MULTILINE)
    return [block for of, block in found if of == language]


TOKEN, ROAD, PROGRAM = blocks("sh")
DEFINITION, THERE_AND_BACK = ROAD.split("\n\n", 1)
THERE, BACK = THERE_AND_BACK.split("# … people", 1)
CALLS = [call for block in blocks("") for call in re.split(r"^(?=[A-Z]+ )", block, flags=re.MULTILINE) if call]

for_real = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def pattern_of(shown):
    """Blanks between are free, and “…” stands for anything."""
    return r"\s*".join(re.escape(word) for word in shown.split()).replace("…", r"[\s\S]*")


@pytest.fixture
def shell(web, tmp_path):  # noqa: F811
    """shell(commands, …) runs them in an empty directory, and sees that what the page shows is answered.

    The lines printed come back; more words are variables of the environment.
    """
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"These are not on this machine: {', '.join(missing)}.")

    def run(commands, **more):
        told = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", SHOWN.sub("echo; echo @@", commands)],
            cwd=tmp_path,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SITE": web.url, **more},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert told.returncode == 0, told.stdout + told.stderr
        shown, told = SHOWN.findall(commands), told.stdout.split("@@\n")
        for said, came in zip(shown, told, strict=False):
            assert re.fullmatch(pattern_of(said), came.strip().splitlines()[-1]), f"{said} is shown, and {came} came."
        return "\n".join(told).split("\n")

    return run


@pytest.fixture
def walked(shell, worker, tmp_path, eve, ann):  # noqa: F811
    """The whole road, with the sheet that is handed in on it: returns what that one was answered."""
    row = {"prompt": "Name a river.", "split": "train", "responses": {f"model {n}": f"River {n}." for n in range(4)}}
    (tmp_path / "prompts.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"prompt": ""}))
    writing, labeling = (tokens.issue(user=user, scope=scope)[1] for user, scope in ((eve, "write"), (ann, "label")))

    *_, project = shell(f"{DEFINITION}\n{THERE}\necho -n $PROJECT", TOKEN=writing)
    handed_in, *_ = shell(f"{DEFINITION}\n{PROGRAM}", TOKEN=labeling, PROJECT=project)
    shell(f"{DEFINITION}\n# {BACK}", TOKEN=writing, PROJECT=project)
    return json.loads(handed_in)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_road_is_as_it_is_written(walked):
    assert walked == {"label": Label.objects.get().pk, "next": None}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_file_loads_as_it_is_written(walked, tmp_path):
    [loading] = blocks("python")
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}

    told = subprocess.run(
        [sys.executable, "-c", f"{loading}\nprint(comparisons['train'].num_rows)"],
        cwd=tmp_path, env=environ, capture_output=True, text=True,
    )  # fmt: skip

    assert told.stdout.strip() == "5", told.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_token_is_made_as_it_is_written(shell):
    UserFactory(email="admin@attune.example", groups=["admin"])
    command = TOKEN.replace("./run manage", f"{sys.executable} {ROOT}/manage.py")

    token, *_ = shell(command, **environment())
    answer, *_ = shell(f"{DEFINITION}\napi projects/", TOKEN=token)

    assert json.loads(answer)["results"] == []


@pytest.mark.django_db
def test_a_refusal_looks_as_it_is_shown(rest, ann):
    [shown] = blocks("json")
    task = TaskFactory(project=ProjectFactory(k=3))
    rated = [{"slot": slot, "overall_quality": 4, "answers": {"fails_task": False}} for slot in "ABC"]
    sheet = rest(ann).post(f"/api/v1/projects/{task.project_id}/next/").json()["assignment"]

    answer = rest(ann).post(f"/api/v1/assignments/{sheet}/submit/", {"ratings": rated, "ranking": [["A"], ["C"]]})

    assert (answer.headers["Content-Type"], answer.json()) == ("application/problem+json", json.loads(shown))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call.split()[:2]))
def test_a_call_that_is_shown_is_in_the_document(call):
    method, path, said = re.fullmatch(r"([A-Z]+)\s+(\S+)(.*)", call, re.DOTALL).groups()
    asked, _arrow, answered = said.partition("→")
    body, *others = asked.split(" · ")

    operation = operation_of(f"/api/v1/{path.replace('…', '7')}", method.lower())
    for status in re.findall(r"^ (\d{3})", answered):
        assert status in operation["responses"]
    for other in others:
        assert operation_of(f"/api/v1/{path.rsplit('/', 2)[0]}/{other.strip()}", method.lower())
    if body.strip():
        assert_valid(loose(operation["requestBody"]["content"]["application/json"]["schema"]), known(body))


def loose(schema):
    """Return the schema of a body of which only some is shown."""
    found = document()["components"]["schemas"][schema["$ref"].rsplit("/")[-1]] if "$ref" in schema else schema
    return {key: value for key, value in found.items() if key != "required"}


def known(body):
    """Return an object of which a part may be left out, as “…”."""
    return json.loads(re.sub(r", …(?=[}\]])", "", body.replace("{…, ", "{")))
