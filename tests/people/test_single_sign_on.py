"""Who comes in by the organisation's sign-in, as whom, and who does not?"""

import os
import subprocess
import sys
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as set_ones
from django.test import Client
from django.urls import reverse

from labeling.account import gathering, leaving
from labeling.people.models import Invitation, User
from tests.factories import LabelerFactory, UserFactory
from tests.people.oidc_provider import oidc_provider  # noqa: F401

pytestmark = pytest.mark.django_db

BUTTON = "Sign in with Org"


@pytest.fixture
def provider(oidc_provider):  # noqa: F811
    oidc_provider.people["kim"] = {
        "sub": "number-1", "email": "Kim@Org.example", "email_verified": True, "name": "Kim Hana",
        "groups": ["admin"], "picture": "https://org.example/kim.png",
    }  # fmt: skip
    return oidc_provider


def begins(client, **fields):
    """Press the button; return the address that the page leads on to."""
    page = client.post(reverse("single_sign_on"), fields)
    assert page.status_code == 200, page.content
    return page.context["address"]


def comes_in(client, provider, name="kim", **fields):
    """The whole way there and back; return the last page."""
    back = provider.sign_in(begins(client, **fields), name)
    return client.get(back.replace("http://testserver", ""), follow=True)


def who(client):
    return client.get("/accounts/login/", follow=True).context["user"]


def test_where_no_provider_is_named_there_is_neither_button_nor_address(client):
    assert "Sign in with" not in client.get(reverse("account_login")).text
    assert client.post(reverse("single_sign_on")).status_code == 404


def test_a_provider_that_is_half_named_is_refused_at_the_start():
    environ = os.environ | {"OIDC_ISSUER": "https://org.example", "OIDC_CLIENT_ID": "attune"}

    started = subprocess.run(
        [sys.executable, "manage.py", "check"], env=environ, cwd=set_ones.BASE_DIR, capture_output=True, text=True
    )

    assert "OIDC_CLIENT_SECRET is not set." in started.stderr


def test_whoever_has_an_account_with_the_address_is_signed_in_to_it(client, provider):
    kim = LabelerFactory(email="kim@org.example", name="Kim")

    assert BUTTON in client.get(reverse("account_login")).text
    comes_in(client, provider)

    kim.refresh_from_db()
    assert who(client) == kim
    assert (kim.name, kim.role_names, kim.is_staff) == ("Kim", {"labeler"}, False)
    assert list(SocialAccount.objects.values_list("user", "provider", "uid", "extra_data")) == [
        (kim.pk, "sso", "number-1", {})
    ]


def test_they_come_back_to_what_they_wanted_to_see(client, provider, ann):
    provider.people["ann"] = {"sub": "2", "email": ann.email, "email_verified": True}

    page = comes_in(client, provider, "ann", next="/me/")

    assert page.redirect_chain[0] == ("/me/", 302)


def test_an_address_of_another_site_is_not_gone_on_to(client, provider, ann):
    provider.people["ann"] = {"sub": "2", "email": ann.email, "email_verified": True}

    page = comes_in(client, provider, "ann", next="https://evil.example/")

    assert page.redirect_chain[0] == ("/", 302)


def test_afterwards_the_providers_number_tells_who_it_is(client, provider):
    kim = LabelerFactory(email="kim@org.example")
    comes_in(client, provider)
    provider.people["kim"] |= {"email": "hana@org.example", "email_verified": False}

    comes_in(again := Client(), provider)

    assert who(again) == kim


@pytest.mark.parametrize("said", [False, "false", None, 0])
def test_an_address_that_the_provider_does_not_vouch_for_is_refused_in_a_sentence(client, provider, said):
    LabelerFactory(email="kim@org.example")
    Invitation.objects.create(email="kim@org.example")
    provider.people["kim"]["email_verified"] = said

    page = comes_in(client, provider)

    assert page.status_code == 403
    assert "Org does not say that the address kim@org.example is yours." in page.text.replace("Kim@Org", "kim@org")
    assert not who(client).is_authenticated
    assert not SocialAccount.objects.exists()


def test_some_say_true_in_a_word(client, provider):
    kim = LabelerFactory(email="kim@org.example")
    provider.people["kim"]["email_verified"] = "true"

    comes_in(client, provider)

    assert who(client) == kim


def test_addresses_of_a_domain_that_the_environment_names_are_vouched_for(client, provider, settings):
    kim = LabelerFactory(email="kim@org.example")
    del provider.people["kim"]["email_verified"]
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["verified_email"] = ["org.example"]

    comes_in(client, provider)

    assert who(client) == kim


def test_a_provider_that_gives_no_address_is_told_apart(client, provider):
    del provider.people["kim"]["email"]

    assert "Org gives no e-mail address of yours" in comes_in(client, provider).text


def test_a_stranger_is_told_by_which_ways_one_comes_in(client, provider):
    page = comes_in(client, provider)

    assert "Accounts are by invitation" in page.text
    assert not User.objects.exists()


def test_a_stranger_who_was_let_in_has_an_account_that_is_verified_and_an_applicants(client, provider):
    link = reverse("screening:join", args=[Invitation.objects.create(most_uses=None).code])
    signing_up = client.post(link, follow=True)

    page = comes_in(client, provider, next=link)

    kim = User.objects.get()
    assert BUTTON in signing_up.text
    assert page.redirect_chain[0] == (link, 302)
    assert (kim.email, kim.name, kim.role_names, kim.is_staff) == ("kim@org.example", "Kim Hana", {"applicant"}, False)
    assert not kim.has_usable_password()
    assert EmailAddress.objects.get(user=kim).verified


def test_whose_address_is_invited_comes_in_and_finds_the_invitation(client, provider):
    made = Invitation.objects.create(email="kim@org.example", name="김하나", cohort="training")
    provider.people["kim"]["name"] = ""

    page = comes_in(client, provider)

    kim = User.objects.get()
    assert page.redirect_chain[0] == (reverse("screening:join", args=[made.code]), 302)
    assert (kim.name, kim.role_names) == ("김하나", {"applicant"})
    assert not hasattr(kim, "cohort_membership")


def test_an_invitation_that_is_over_lets_nobody_in(client, provider):
    Invitation.objects.create(email="kim@org.example", uses=1)

    assert "Accounts are by invitation" in comes_in(client, provider).text


def test_an_account_that_somebody_else_made_for_the_address_loses_its_password(client, provider):
    """They could not verify it, and must not get in by the password that they chose."""
    kim = UserFactory(email="kim@org.example", verified=False)
    kim.set_password("set-by-a-stranger")
    kim.save()
    EmailAddress.objects.create(user=kim, email=kim.email, primary=True, verified=False)

    comes_in(client, provider)

    kim.refresh_from_db()
    assert who(client) == kim
    assert not kim.has_usable_password()
    assert EmailAddress.objects.get(user=kim).verified


def test_an_account_that_was_switched_off_stays_so(client, provider):
    UserFactory(email="kim@org.example", is_active=False)

    page = comes_in(client, provider)

    assert page.request["PATH_INFO"] == reverse("account_inactive")
    assert not who(client).is_authenticated


def test_whoever_has_a_second_factor_is_asked_for_it_here_too(client, provider):
    kim = LabelerFactory(email="kim@org.example")
    auth.TOTP.activate(kim, auth.generate_totp_secret())

    page = comes_in(client, provider)

    assert "Enter the code that your app shows now" in page.text
    assert not who(client).is_authenticated


def test_a_state_that_was_tampered_with_is_refused(client, provider):
    LabelerFactory(email="kim@org.example")
    parts = urlsplit(provider.sign_in(begins(client), "kim"))
    code = parse_qs(parts.query)["code"][0]

    for state in ("0" * 16, ""):
        page = client.get(f"{parts.path}?{urlencode({'code': code, 'state': state})}")
        assert "does not fit what we asked" in page.text
    assert not who(client).is_authenticated
    assert "/token" not in provider.seen


def test_what_somebody_else_began_is_not_finished_in_this_browser(client, provider):
    LabelerFactory(email="kim@org.example")
    back = provider.sign_in(begins(Client()), "kim").replace("http://testserver", "")

    assert "does not fit what we asked" in client.get(back).text
    assert not who(client).is_authenticated


def test_answers_about_two_people_are_refused(client, provider):
    LabelerFactory(email="kim@org.example")
    provider.answers["kim"] = {"sub": "somebody else"}

    assert "does not fit what we asked" in comes_in(client, provider).text
    assert not who(client).is_authenticated


def test_whoever_stops_there_is_told_that_nothing_happened(client, provider):
    state = parse_qs(urlsplit(begins(client)).query)["state"][0]

    page = client.get(
        reverse("openid_connect_callback", args=["sso"]), {"error": "access_denied", "state": state}, follow=True
    )

    assert "You stopped at the other sign-in, and nothing has happened here." in page.text


def test_a_provider_that_does_not_answer_is_said_on_the_sign_in_page(client, provider):
    provider.stop()

    page = client.post(reverse("single_sign_on"), follow=True)

    assert "Org does not answer at the moment." in page.text
    assert page.request["PATH_INFO"] == reverse("account_login")


def test_nobody_attaches_a_sign_in_to_an_account_by_a_link(client_of, provider, ann):
    client = client_of(ann)

    assert client.get(reverse("single_sign_on"), {"process": "connect"}).status_code == 405
    comes_in(client, provider, process="connect")
    assert not SocialAccount.objects.exists()


def test_the_connection_can_be_taken_along_taken_away_and_goes_with_the_account(client, provider, ada):
    kim = LabelerFactory(email="kim@org.example")
    kim.set_password("quiet-river-42")
    kim.save()
    comes_in(client, provider)
    [held] = [held for held in gathering.HELD if held.name == "socialaccount.socialaccount"]

    assert [line["uid"] for line in gathering.lines(held, kim)] == ["number-1"]
    assert "Org" in client.get(reverse("socialaccount_connections")).text
    leaving.delete(person=kim, keep_labels=True, by=ada)
    assert not SocialAccount.objects.exists()
