"""Every address × every role: what is not listed here as open is refused."""

import pytest

from tests.house.addresses import all_addresses

pytestmark = pytest.mark.django_db

# Addresses that a stranger may load. Everything else sends strangers away.
OPEN_TO_ALL = {
    "account_login",
    "account_logout",
    "account_signup",  # says by which way one is let in
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "openid_connect_login",  # 404 for a provider that there is not
    "openid_connect_callback",  # the same
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "screening:apply",  # which tests may be taken
    "screening:join",  # 404: what the link leads to is told to whoever has it
    "set_language",
    "javascript-catalog",
    "livez",
    "readyz",
}
ADDRESSES = sorted(set(all_addresses()))
ADMIN = [address for address in ADDRESSES if address[0].startswith("admin:") or address[1].startswith("/admin/")]
REST = [address for address in ADDRESSES if address[1].startswith("/api/")]
SHEETS = [address for address in ADDRESSES if address[0].startswith("labels:")]

REFUSED = {302, 401, 403, 404, 405, 415}


def refusals_missed(client, addresses, *methods, but):
    """Return what answered otherwise than `but` (a test of the answer) allows: {"get /address/": status}."""
    return {
        f"{method} {address}": answer.status_code
        for _, address in addresses
        for method in methods
        if not but(answer := getattr(client, method)(address))
    }


def is_sent_away(answer):
    """To the sign-in page, or refused; 405 is an address that takes no GET."""
    location = answer.headers.get("Location", "")
    return answer.status_code in {401, 403, 405} or "/login/" in location


def test_strangers_are_sent_away(client):
    closed = [address for address in ADDRESSES if address[0] not in OPEN_TO_ALL | {"admin:logout"}]

    assert refusals_missed(client, closed, "get", but=is_sent_away) == {}


@pytest.mark.parametrize("person", ["charlie", "ann", "hal", "judge", "eve"])
def test_the_admin_is_closed_to_all_but_staff(request, client_of, person):
    client = client_of(request.getfixturevalue(person))
    closed = [address for address in ADMIN if address[0] != "admin:logout"]

    def is_refused(answer):
        return answer.status_code in {403, 404} or "/login/" in answer.headers.get("Location", "")

    assert refusals_missed(client, closed, "get", "post", but=is_refused) == {}


def test_accounts_are_for_admins_only(rita, client_of):
    """Of people, researchers see those whom they invite, what they may ask of them and what these agree to."""
    theirs = tuple(f"/admin/people/{table}/" for table in ("invitation", "qualification", "qualified", "consenttext"))
    people = [address for address in ADMIN if "/people/" in address[1] and not address[1].startswith(theirs)]

    def is_refused(answer):
        return answer.status_code in {403, 404} or answer.headers.get("Location", "").startswith(("/admin/", "../../"))

    assert refusals_missed(client_of(rita), people, "get", but=is_refused) == {}


def test_rest_refuses_nobody_in_particular(charlie, client_of):
    rest = [address for address in REST if "/v1/" in address[1]]
    methods = ["get", "post", "put", "patch", "delete"]

    assert refusals_missed(client_of(charlie), rest, *methods, but=lambda answer: answer.status_code in REFUSED) == {}


@pytest.mark.parametrize("person", ["charlie", "eve"])
def test_sheets_are_for_labelers(request, client_of, person):
    client = client_of(request.getfixturevalue(person))

    assert refusals_missed(client, SHEETS, "get", but=lambda answer: answer.status_code in {403, 405}) == {}


@pytest.mark.parametrize("person", ["ada", "rita", "ann"])
def test_no_address_breaks(request, client_of, person):
    client = client_of(request.getfixturevalue(person))
    staying = [address for address in ADDRESSES if "logout" not in address[0]]

    assert refusals_missed(client, staying, "get", "post", but=lambda answer: answer.status_code < 500) == {}
