"""Who gets an account by themselves, and is the address theirs before anything comes of it?"""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from labeling.people import joining
from labeling.people.models import Invitation, User
from tests.factories import UserFactory
from tests.mail_server import body_of, link_in

pytestmark = pytest.mark.django_db

PASSWORD = "quiet-river-42"
HANGUL = re.compile(r"[가-힣]")


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    """How often an address is written to, and an account made, is counted in the cache."""
    cache.clear()


@pytest.fixture
def link():
    return reverse("screening:join", args=[Invitation.objects.create(most_uses=None).code])


@pytest.fixture
def stranger(link):
    """Somebody with an invitation, who has come as far as the form."""
    client = Client()
    client.post(link)
    return client


def signs_up(client, email="new@attune.example", **more):
    fields = {"email": email, "name": "Newcomer", "password1": PASSWORD, "password2": PASSWORD, **more}
    return client.post(reverse("account_signup"), fields, follow=True)


def test_without_an_invitation_the_form_is_not_there(client):
    page = client.get(reverse("account_signup"))

    assert "Accounts are by invitation" in page.text
    assert "password1" not in page.text
    signs_up(client)
    assert not User.objects.exists()


def test_whoever_is_let_in_finds_the_form_and_comes_back_afterwards(link):
    client = Client()

    answer = client.post(link, follow=True)

    assert answer.redirect_chain == [(f"{reverse('account_signup')}?next={link.replace('/', '%2F')}", 302)]
    assert "Create the account" in answer.text
    assert f'value="{link}"' in answer.text


def test_whoever_is_signed_in_is_let_in_at_once(ann):
    request = RequestFactory().get("/")
    request.user = ann

    assert joining.let_in(request, next="/apply/").url == "/apply/"


def test_a_new_account_is_an_applicants_in_the_language_of_the_browser(stranger, mail_server):
    fields = {"email": "new@attune.example", "name": "새 사람", "password1": PASSWORD, "password2": PASSWORD}

    stranger.post(reverse("account_signup"), fields, headers={"Accept-Language": "ko"})

    user = User.objects.get(email="new@attune.example")
    assert (user.name, user.locale, user.role_names, user.is_staff) == ("새 사람", "ko", {"applicant"}, False)
    [letter] = mail_server.to("new@attune.example")
    assert HANGUL.search(letter["Subject"])
    assert HANGUL.search(body_of(letter))


def test_the_letters_link_verifies_the_address_and_leads_on(stranger, mail_server, link):
    waiting = signs_up(stranger, next=link)
    [letter] = mail_server.to("new@attune.example")
    confirming = stranger.get(link_in(letter))

    answer = stranger.post(link_in(letter))

    assert "Read your e-mail" in waiting.text
    assert "Yes, it is mine" in confirming.text
    assert (answer.status_code, answer.url) == (302, link)
    assert EmailAddress.objects.get(email="new@attune.example").verified
    assert get_user(stranger).email == "new@attune.example"


def test_in_another_browser_the_link_leads_to_the_same_place(stranger, mail_server, link):
    signs_up(stranger, next=link)
    elsewhere = Client()
    address = link_in(mail_server.letters[0])

    answer = elsewhere.post(address, {"next": elsewhere.get(address).context["redirect_field_value"]})

    assert (answer.status_code, answer.url) == (302, link)


def test_asking_the_link_alone_verifies_nothing(stranger, mail_server):
    """Mail programs open links to look at them."""
    signs_up(stranger)

    Client().get(link_in(mail_server.letters[0]))

    assert not EmailAddress.objects.get(email="new@attune.example").verified


def test_nobody_signs_in_before_the_address_is_theirs(stranger, mail_server):
    signs_up(stranger)
    elsewhere = Client()

    answer = elsewhere.post(
        reverse("account_login"), {"login": "new@attune.example", "password": PASSWORD}, follow=True
    )

    assert "Read your e-mail" in answer.text
    assert not answer.context["user"].is_authenticated


def test_a_second_account_for_an_address_looks_like_the_first_and_its_owner_is_told(stranger, mail_server, ann):
    first = signs_up(stranger)
    other = Client()
    other.post(reverse("screening:join", args=[Invitation.objects.create().code]))
    second = signs_up(other, email=ann.email)

    [letter] = mail_server.to(ann.email)
    assert (second.redirect_chain, second.status_code) == (first.redirect_chain, first.status_code)
    assert letter["Subject"] == "You have an account"
    assert "/accounts/password/reset/" in body_of(letter)
    assert User.objects.filter(email=ann.email).count() == 1


def test_a_mail_server_that_is_away_is_said_and_breaks_nothing(stranger, settings, mail_server):
    mail_server.refuse = "451 Come back later"

    answer = signs_up(stranger)

    assert "The letter could not be sent just now. Please try again in a few minutes." in answer.text
    assert User.objects.filter(email="new@attune.example").exists()


def test_a_password_is_chosen_anew_by_a_letter(ann, mail_server):
    client = Client()
    client.post(reverse("account_reset_password"), {"email": ann.email})
    [letter] = mail_server.to(ann.email)
    form = client.get(link_in(letter), follow=True)

    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})

    ann.refresh_from_db()
    assert "Choose a new password" in form.text
    assert ann.check_password(PASSWORD)


def test_whether_there_is_an_account_is_not_told_by_the_reset(ann, mail_server):
    pages = [
        Client().post(reverse("account_reset_password"), {"email": email}, follow=True).text
        for email in (ann.email, "nobody@attune.example")
    ]

    assert "a letter with a link is on its way" in pages[0]
    assert [len(mail_server.to(email)) for email in (ann.email, "nobody@attune.example")] == [1, 0]


def test_an_account_that_an_admin_makes_counts_as_verified(ada, client_of):
    client_of(ada).post(
        reverse("admin:people_user_add"),
        {
            "email": "Made@attune.example", "name": "Made", "locale": "", "time_zone": "UTC", "usable_password": "true",
            "password1": PASSWORD, "password2": PASSWORD,
            "cohort_membership-TOTAL_FORMS": "0", "cohort_membership-INITIAL_FORMS": "0",
        },
    )  # fmt: skip

    signed_in = Client().post(reverse("account_login"), {"login": "made@attune.example", "password": PASSWORD})

    assert (signed_in.status_code, signed_in.url) == (302, "/")


def test_another_address_given_by_an_admin_takes_the_place_of_the_old_one(ann):
    ann.email = "ann.lee@attune.example"
    ann.save()

    ann.vouch_for_address()

    addresses = EmailAddress.objects.filter(user=ann).values_list("email", "primary", "verified")
    assert set(addresses) == {("ann@attune.example", False, True), ("ann.lee@attune.example", True, True)}


def test_an_account_made_on_the_command_line_counts_as_verified():
    user = User.objects.create_superuser("root@attune.example", PASSWORD)

    assert EmailAddress.objects.get(user=user, primary=True).verified


def test_whoever_has_not_verified_is_asked_to_where_an_invitation_would_take_effect(link, mail_server, client_of):
    person = UserFactory(verified=False)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=False)

    page = client_of(person).post(link)

    assert "Read your e-mail first" in page.text
    assert len(mail_server.to(person.email)) == 1
    assert not person.invitations.exists()
