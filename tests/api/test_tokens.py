"""Tokens: made once, hashed, expiring; by command and in the admin."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.api import tokens
from labeling.api.models import Token

pytestmark = pytest.mark.django_db


def call_with(header):
    return APIClient().get("/api/v1/models/", HTTP_AUTHORIZATION=header)


def test_only_the_hash_is_stored(eve):
    token, key = tokens.issue(user=eve, scope="read")

    stored = [str(value) for value in Token.objects.values_list().get()]

    assert len(key) == 64
    assert not any(key in value for value in stored)
    assert key.startswith(token.token_key)


@pytest.mark.parametrize(
    "header",
    ["Token", "Token a b", "Token nobody", "Token \0", "Token é", "token x", "Bearer x", "x", "Token " + "a" * 5000],
)
def test_what_is_no_token_of_ours_is_401(db, header):
    answer = call_with(header)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer.json()["detail"].endswith(".")


def test_a_token_opens_the_door_for_one_query_more(eve, django_assert_num_queries):
    _token, key = tokens.issue(user=eve, scope="read")

    with django_assert_num_queries(3):  # the token, the groups, the list
        assert call_with(f"Token {key}").status_code == 200


def test_a_token_expires(eve):
    token, key = tokens.issue(user=eve, scope="read", days=1)
    Token.objects.filter(pk=token.pk).update(expiry=timezone.now() - timedelta(seconds=1))

    answer = call_with(f"Token {key}")

    assert (answer.status_code, answer.json()["detail"]) == (401, "This token has expired. Ask for a new one.")


def test_a_closed_account_opens_nothing(eve):
    _token, key = tokens.issue(user=eve, scope="read")
    eve.is_active = False
    eve.save()

    assert call_with(f"Token {key}").json()["detail"] == "This account is closed."


def test_the_command_prints_the_key_alone_on_standard_output(eve, capsys):
    call_command("token", "EVE@attune.example", "--scope", "write", "--days", "7")

    told = capsys.readouterr()
    key = told.out.strip()
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert "It is not shown again." in told.err
    token = Token.objects.get()
    assert (token.user, token.scope, token.expiry.date()) == (eve, "write", (timezone.now() + timedelta(7)).date())
    assert call_with(f"Token {key}").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody@attune.example", "--scope", "read"], "There is no open account"),
        (["eve@attune.example", "--scope", "read", "--days", "0"], "A token lasts from 1 to 3,650 days"),
        (["eve@attune.example", "--scope", "all"], "invalid choice: 'all'"),
        (["eve@attune.example"], "--scope"),
    ],
)
def test_the_command_refuses_in_a_sentence(eve, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("token", *arguments)

    assert Token.objects.count() == 0


def test_the_database_knows_the_scopes(eve):
    with pytest.raises(IntegrityError, match="token_scope_is_known"):
        tokens.issue(user=eve, scope="root")


def test_an_admin_makes_a_token_and_sees_its_key_once(ada, eve, client_of):
    client = client_of(ada)

    made = client.post("/admin/api/token/add/", {"user": eve.pk, "scope": "write", "days": 30}, follow=True)

    key = re.search(r"[0-9a-f]{64}", made.content.decode())[0]
    assert call_with(f"Token {key}").status_code == 200
    again = client.get("/admin/api/token/").content.decode()
    assert key not in again
    assert key[:15] in again


def test_an_admin_takes_a_token_away(ada, eve, client_of):
    token, key = tokens.issue(user=eve, scope="read")

    client_of(ada).post(f"/admin/api/token/{token.pk}/delete/", {"post": "yes"})

    assert call_with(f"Token {key}").status_code == 401


def test_researchers_do_not_see_tokens(rita, client_of):
    assert client_of(rita).get("/admin/api/token/").status_code == 403
