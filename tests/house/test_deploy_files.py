"""Do Procfile, Dockerfile and docker-compose.yml say the same, and nothing that must not be said?"""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from honcho.environ import parse_procfile

from tests.house.compose_schema import COMPOSE

ROOT = Path(__file__).parents[2]
PROCESSES = parse_procfile((ROOT / "Procfile").read_text()).processes
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = (ROOT / "labeling" / "settings.py").read_text()
BOOK = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = BOOK["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "attune"}

FROM_OUTSIDE = re.compile(r"\$\{[A-Z_]+:\?[A-Z][^}]+\.\}")


def instructions(word):
    return re.findall(rf"^{word} (.+)$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)


def test_the_compose_file_follows_the_compose_specification():
    jsonschema.Draft202012Validator.check_schema(COMPOSE)

    jsonschema.validate(BOOK, COMPOSE)


@pytest.mark.parametrize("wrong", ["comand", "privileged", "network_mode"])
def test_a_word_the_specification_or_we_do_not_know_is_refused(wrong):
    services = SERVICES | {"web": SERVICES["web"] | {wrong: "host"}}

    with pytest.raises(jsonschema.ValidationError, match=wrong):
        jsonschema.validate(BOOK | {"services": services}, COMPOSE)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_is_started_by_the_same_words_everywhere(name):
    assert SERVICES[name]["command"] == PROCESSES[name]


def test_the_image_alone_is_the_web_process():
    [command] = instructions("CMD")[-1:]

    assert " ".join(json.loads(command)) == PROCESSES["web"]


def test_a_process_can_be_started_without_a_shell():
    assert [command for command in PROCESSES.values() if re.search(r"[$&|;<>`'\"*]", command)] == []


def test_the_image_does_not_run_as_root():
    users = instructions("USER")

    assert users == ["attune"]
    assert DOCKERFILE.index("USER attune") > DOCKERFILE.rindex("\nRUN ")
    assert {service.get("user", "attune") for service in OURS.values()} == {"attune"}


def test_our_processes_can_gain_no_privilege():
    assert {tuple(service["cap_drop"]) for service in OURS.values()} == {("ALL",)}
    assert {tuple(service["security_opt"]) for service in OURS.values()} == {("no-new-privileges:true",)}


def test_secrets_come_from_outside_and_their_absence_is_said_in_a_sentence():
    secret = re.compile("KEY|PASSWORD|AUTH|DATABASE_URL|REDIS_URL")
    told = {
        f"{service}.{name}": value
        for service, body in SERVICES.items()
        for name, value in body["environment"].items()
        if secret.search(name) and name != "EMAIL_HOST_PASSWORD"  # many mail hosts beside us ask for none
    }

    assert told != {}
    assert [name for name, value in told.items() if not FROM_OUTSIDE.search(value)] == []


def test_everything_the_settings_require_is_given():
    required = set(re.findall(r'required\("(\w+)"\)', SETTINGS))

    assert required - OURS["web"]["environment"].keys() == set()


def test_everything_that_is_given_is_read_by_somebody():
    read_by_gunicorn = {"WEB_CONCURRENCY", "PORT"}
    read_by_settings = set(re.findall(r'(?:required|environ\.get)\("(\w+)"', SETTINGS))

    assert OURS["web"]["environment"].keys() - read_by_settings == read_by_gunicorn


def test_web_and_worker_share_the_files():
    assert OURS["web"]["volumes"] == OURS["worker"]["volumes"] == ["files:/data"]
    assert OURS["web"]["environment"]["ATTUNE_DATA_DIR"] == "/data"


def test_every_volume_is_named_and_used():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}

    assert used == BOOK["volumes"].keys()


def test_nothing_of_ours_starts_before_the_tables_stand():
    waiting = {name: service["depends_on"] for name, service in OURS.items() if name != "migrate"}

    assert waiting.keys() == PROCESSES.keys()
    assert {needs["migrate"]["condition"] for needs in waiting.values()} == {"service_completed_successfully"}
    assert OURS["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_every_server_is_asked_for_its_health():
    assert len(instructions("HEALTHCHECK")) == 1
    asked = {name for name, service in SERVICES.items() if "test" in service.get("healthcheck", {})}

    assert asked == {"worker", "models", "postgres", "valkey"}
    assert {name for name in OURS if "healthcheck" not in OURS[name]} == {"web"}


def test_only_the_web_process_is_reached_from_outside_and_by_default_from_this_host_alone():
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["${ATTUNE_LISTEN:-127.0.0.1:8000}:8000"]
    }


def test_neither_data_nor_the_history_goes_into_the_image():
    left_out = (ROOT / ".dockerignore").read_text().split()

    assert {".git", ".data", ".venv"} <= set(left_out)
