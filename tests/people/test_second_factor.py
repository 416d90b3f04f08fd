"""Is a second factor asked of whoever has one, and of staff where the environment says so?"""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from labeling.account import gathering, leaving
from labeling.people.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "quiet-river-42"


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    cache.clear()


@pytest.fixture
def required(settings):
    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = True


def code_of(secret, *, steps=0):
    """What an app shows now, or so many half minutes later (RFC 6238)."""
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + steps))


def signs_in(user, client=None):
    user.set_password(PASSWORD)
    user.save()
    client = client or Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, follow=True)
    return client, answer


def sets_up(client):
    """Return the secret that the page showed."""
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    return secret


def test_whoever_signed_in_some_time_ago_gives_the_password_again_first(ann):
    client, _page = signs_in(ann)

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):
        page = client.get(reverse("mfa_activate_totp"), follow=True)

    assert "Is it still you?" in page.text


@pytest.mark.parametrize("address", ["/", "/admin/", "/me/", "/apply/"])
def test_staff_find_nothing_open_before_they_have_set_one_up(required, rita, address):
    client, _page = signs_in(rita)

    page = client.get(address, follow=True)

    assert page.redirect_chain[0] == (reverse("mfa_activate_totp"), 302)
    assert "Set up a second factor first" in page.text
    assert "Open an authenticator app" in page.text


def test_their_session_is_refused_by_rest_too(required, rita):
    client, _page = signs_in(rita)

    answer = client.get("/api/v1/projects/")

    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_labelers_are_not_asked_for_one_and_nobody_is_without_the_setting(required, ann, rita, settings):
    client, page = signs_in(ann)
    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = False
    staff, other = signs_in(rita)

    assert (page.status_code, page.redirect_chain) == (200, [("/", 302)])
    assert staff.get("/admin/").status_code == 200
    assert other.context["user"] == rita


def test_once_set_up_everything_is_open_and_the_codes_for_a_lost_phone_are_shown(required, rita):
    client, _page = signs_in(rita)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret

    page = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)

    assert page.redirect_chain == [(reverse("mfa_view_recovery_codes"), 302)]
    assert len(page.context["unused_codes"]) == 10
    assert client.get("/admin/").status_code == 200


def test_a_wrong_code_sets_nothing_up(required, rita):
    client, _page = signs_in(rita)
    client.get(reverse("mfa_activate_totp"))

    page = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert "errorlist" in page.text
    assert not Authenticator.objects.exists()


def test_from_then_on_the_password_alone_signs_nobody_in(rita):
    client, _page = signs_in(rita)
    secret = sets_up(client)

    again, page = signs_in(rita)
    half_way = again.get("/").context
    done = again.post(reverse("mfa_authenticate"), {"code": code_of(secret, steps=1)}, follow=True)

    assert "Enter the code that your app shows now" in page.text
    assert half_way is None or not half_way["user"].is_authenticated
    assert done.context["user"] == rita


def test_a_recovery_code_works_once(rita):
    client, _page = signs_in(rita)
    sets_up(client)
    [code, *_others] = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]

    first, _page = signs_in(rita)
    second, _page = signs_in(rita)

    assert first.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert second.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200


def test_the_secrets_are_encrypted(rita):
    client, _page = signs_in(rita)
    secret = sets_up(client)
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_whoever_has_to_have_one_cannot_switch_it_off(rita, settings):
    client, _page = signs_in(rita)
    sets_up(client)

    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = True
    client.post(reverse("mfa_deactivate_totp"))
    kept = Authenticator.objects.filter(type="totp").exists()
    settings.REQUIRE_SECOND_FACTOR_FOR_STAFF = False
    client.post(reverse("mfa_deactivate_totp"))

    assert (kept, Authenticator.objects.exists()) == (True, False)


def test_an_admin_lets_in_who_has_lost_theirs_and_a_researcher_does_not(rita, ada, client_of):
    client, _page = signs_in(rita)
    sets_up(client)
    factor = Authenticator.objects.get(type="totp")
    address = reverse("admin:mfa_authenticator_delete", args=[factor.pk])
    root = User.objects.create_superuser("root@attune.example")

    assert client.post(address, {"post": "yes"}).status_code == 403
    shown = client_of(root).get(reverse("admin:mfa_authenticator_change", args=[factor.pk]))
    client_of(ada).post(address, {"post": "yes"})

    assert factor.data["secret"] not in shown.text
    assert not Authenticator.objects.filter(type="totp").exists()


def test_they_go_with_the_account_and_their_secrets_are_not_taken_along(ann, ada):
    client, _page = signs_in(ann)
    sets_up(client)
    [held] = [held for held in gathering.HELD if held.name == "mfa.authenticator"]

    assert [set(line) for line in gathering.lines(held, ann)] == [
        {"id", "user", "type", "created_at", "last_used_at"}
    ] * 2
    leaving.delete(person=ann, keep_labels=True, by=ada)
    assert not Authenticator.objects.exists()
