"""The commands in docs/api.md, run as they stand there, against the real site with a real worker."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from labeling.api import tokens
from labeling.labels.models import Label
from tests.processes import own_broker, web, worker  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
NEEDED = ["bash", "curl", "jq", "sha256sum"]
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)


@pytest.fixture
def shell(web, tmp_path):  # noqa: F811
    """shell(commands, token) runs them in an empty directory; what they print comes back."""
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"These are not on this machine: {', '.join(missing)}.")

    def run(commands, **environment):
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "SITE": web.url, **environment}
        told = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout

    return run


def test_the_road_is_as_it_is_written(shell, worker, tmp_path, eve, ann):  # noqa: F811
    _tokens, road, program = BLOCKS
    definition, there_and_back = road.split("\n\n", 1)
    before, after = there_and_back.split("# … people", 1)
    row = {"prompt": "Name a river.", "split": "train", "responses": {f"model {n}": f"River {n}." for n in range(4)}}
    (tmp_path / "prompts.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"prompt": ""}))
    _token, writing = tokens.issue(user=eve, scope="write")
    _token, labeling = tokens.issue(user=ann, scope="label")

    told = shell(f"{definition}\n{before}\necho; echo PROJECT=$PROJECT", TOKEN=writing)
    assert '"created":1' in told
    assert "The prompt is blank." in told
    project = told.rsplit("PROJECT=")[1].strip()

    told = shell(f"{definition}\n{program}", TOKEN=labeling, PROJECT=project)
    assert json.loads(told) == {"label": Label.objects.get().pk, "next": None}

    told = shell(f"{definition}\n# {after}", TOKEN=writing, PROJECT=project)
    assert told.endswith("train.jsonl.gz: OK\n")
