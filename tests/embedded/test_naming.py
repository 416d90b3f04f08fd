"""Which servers are taken: those the environment names, this machine's, or nobody's?"""

import json
import stat

import pytest

from labeling import embedded

NAMED = {"DATABASE_URL": "postgres://me@db.example/attune", "REDIS_URL": "redis://cache.example/0"}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_servers_named_by_the_environment_are_taken_and_none_is_started(checkout):
    services = checkout.start(environ=NAMED)

    assert services == embedded.Services(NAMED["DATABASE_URL"], NAMED["REDIS_URL"])
    assert not checkout.place().here.exists()


def test_only_the_server_that_nobody_named_is_started(checkout, ping):
    services = checkout.start(environ={"DATABASE_URL": NAMED["DATABASE_URL"]})

    assert services.database_url == NAMED["DATABASE_URL"]
    assert ping(services)
    assert checkout.place().clusters() == []


def test_asking_where_servers_are_changes_nothing(checkout):
    before = sorted(checkout.root.rglob("*"))

    assert checkout.urls() is None
    assert embedded.environment("test", checkout.root, {}) == {}

    assert sorted(checkout.root.rglob("*")) == before


def test_the_settings_find_every_variable_while_the_servers_run(running):
    secrets = embedded.secrets("test", running.root)
    services = running.start()

    assert embedded.environment("test", running.root, {}) == {
        "ATTUNE_ENV": "test",
        "ATTUNE_DATA_DIR": str(running.root / ".data" / "test" / "files"),
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        **secrets,
    }


def test_keys_are_made_once_and_kept_for_their_owner_alone(checkout):
    first = embedded.secrets("test", checkout.root)

    assert sorted(first) == ["CREDENTIAL_KEYS", "OWNER_KEY", "PSEUDONYM_KEY", "SECRET_KEY"]
    assert len(set(first.values())) == 4
    assert embedded.secrets("test", checkout.root) == first
    assert mode(checkout.place().secrets) == 0o600


def test_passwords_and_data_are_closed_to_others(running):
    running.start()
    place = running.place()

    assert mode(place.home) == 0o700
    assert mode(place.state) == 0o600
    assert mode(place.home / "valkey.conf") == 0o600
    assert [mode(cluster / "password") for cluster in place.clusters()] == [0o600]


def test_a_state_file_of_servers_that_died_names_nobody(checkout):
    checkout.start()
    state = checkout.place().state
    dead = {name: one | {"pid": 2**22 + 1} for name, one in json.loads(state.read_text()).items()}
    state.write_text(json.dumps(dead))

    assert checkout.urls() is None


def test_a_data_directory_open_to_others_is_refused_in_a_sentence(checkout):
    checkout.start()
    checkout.stop()
    checkout.place().home.chmod(0o755)

    with pytest.raises(embedded.CannotServe, match="is open to others"):
        checkout.start()

    checkout.place().home.chmod(0o700)


@pytest.mark.parametrize("name", ["", "../demo", "Demo", "a" * 33])
def test_a_name_that_could_lead_elsewhere_is_refused(checkout, name):
    with pytest.raises(embedded.CannotServe, match="An instance is named"):
        embedded.start(name, checkout.root, {})
