"""Do the servers start, stay, stop and come back with their data?"""

import psycopg
import pytest

from labeling import embedded


def setting(services, name):
    with psycopg.connect(services.database_url) as connection:
        return connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]


def test_a_first_start_gives_a_database_and_a_broker_that_answer(checkout, remember, ping):
    services = checkout.start()

    assert remember(services, add="one") == ["one"]
    assert ping(services)
    assert checkout.urls() == services


def test_a_second_start_finds_the_same_servers(running):
    first = running.start()

    assert running.start() == first


def test_stop_ends_both_servers_and_the_next_start_has_the_rows(checkout, remember, ping):
    remember(checkout.start(), add="one")

    checkout.stop()

    assert checkout.urls() is None
    services = checkout.start()
    assert remember(services, add="two") == ["one", "two"]
    assert ping(services)


def test_the_database_is_utf8_in_utc_and_not_a_superusers(running):
    with psycopg.connect(running.start().database_url) as connection:
        settings = connection.execute(
            "SELECT current_setting('server_encoding'), current_setting('timezone'),"
            " current_setting('is_superuser'), upper('é')"
        ).fetchone()

    assert settings == ("UTF8", "UTC", "off", "É")


def test_the_role_may_make_databases_for_tests(running):
    with psycopg.connect(running.start().database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")


def test_a_wrong_password_is_refused(running):
    url = running.start().database_url.replace("attune:", "attune:wrong")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_two_instances_run_at_once(checkout, remember):
    demo, test = checkout.start("demo"), checkout.start("test")

    assert remember(demo, add="in the demo") == ["in the demo"]
    assert remember(test, add="in the test") == ["in the test"]
    assert [setting(one, "fsync") for one in (demo, test)] == ["on", "off"]


def test_two_checkouts_run_at_once(checkouts, remember):
    here, there = checkouts("here").start(), checkouts("there").start()

    assert remember(here, add="here") == ["here"]
    assert remember(there, add="there") == ["there"]


def test_destroy_leaves_nothing_of_the_data(checkout, remember):
    remember(checkout.start(), add="one")

    embedded.destroy("test", checkout.root)

    assert not checkout.place().home.exists()
    assert remember(checkout.start()) == []


def test_stopping_what_never_ran_does_nothing(checkout):
    checkout.stop()

    assert not checkout.place().here.exists()


def test_a_test_session_that_ends_spares_the_servers_of_another(checkout):
    services = checkout.start()

    with embedded.seat("test", checkout.root):
        checkout.stop(spare_users=True)
        assert checkout.urls() == services

    checkout.stop(spare_users=True)
    assert checkout.urls() is None


def test_everybody_sits_on_a_seat_of_their_own(checkout):
    with embedded.seat("test", checkout.root) as first, embedded.seat("test", checkout.root) as second:
        assert {first, second} == {0, 1}
        assert not embedded.is_vacant("test", checkout.root)

    assert embedded.is_vacant("test", checkout.root)
