"""Does pip install what uv.lock says, no more and no less?"""

import importlib.machinery
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

RUN = Path(__file__).parents[2] / "run"


@pytest.fixture(scope="module")
def run():
    loader = importlib.machinery.SourceFileLoader("run", str(RUN))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    keeps = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    sys.dont_write_bytecode = keeps
    return module


def parsed(lines):
    return [Requirement(line.split(" \\\n")[0]) for line in lines]


def test_pip_is_told_the_very_versions_that_are_installed_here(run):
    wanted = parsed(run.locked_requirements(with_tests=True))
    here = [each for each in wanted if each.marker is None or each.marker.evaluate()]

    assert {each.name: str(each.specifier) for each in here} == {
        each.name: f"=={importlib.metadata.version(each.name)}" for each in here
    }


def test_every_package_is_held_to_its_hashes(run):
    lines = run.locked_requirements(with_tests=True)

    assert [line for line in lines if not re.search(r"--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_demo_needs_no_test_tools(run):
    core = {each.name for each in parsed(run.locked_requirements(with_tests=False))}
    everything = {each.name for each in parsed(run.locked_requirements(with_tests=True))}

    assert core < everything
    assert {"django", "gunicorn", "psycopg-binary"} <= core
    assert {"pytest", "playwright", "mypy"} <= everything - core


def test_a_package_wanted_both_always_and_sometimes_is_always_installed(run):
    package = {"name": "one", "version": "1", "wheels": [{"hash": "sha256:0"}]}
    always, sometimes = (frozenset(), frozenset()), (frozenset({"sys_platform == 'win32'"}), frozenset())

    assert run.requirement(package, {always, sometimes}) == "one==1 \\\n    --hash=sha256:0"
    assert "; (sys_platform == 'win32')" in run.requirement(package, {sometimes})


@pytest.mark.parametrize("args", [["--help"], ["test", "--help"]])
def test_help_is_worth_reading(args):
    told = subprocess.run([sys.executable, RUN, *args], capture_output=True, text=True)

    assert told.returncode == 0
    assert "./run demo" in told.stdout
    assert "./run test" in told.stdout


def test_an_unknown_command_is_refused_in_a_sentence():
    told = subprocess.run([sys.executable, RUN, "fly"], capture_output=True, text=True)

    assert told.returncode == 1
    assert told.stderr == ("There is no ./run fly; there are: demo, test, manage, environment. See ./run --help.\n")
