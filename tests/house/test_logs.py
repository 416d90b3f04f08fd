"""What must not lie in a log?"""

import pytest

from labeling.logs import without_secrets


@pytest.mark.parametrize(
    ("asked", "logged"),
    [
        ("GET /admin/people/user/?q=ann@attune.example", "GET /admin/people/user/"),
        ("GET /accounts/password/reset/key/3-abc-0123456789/", "GET /accounts/password/reset/key/…/"),
        ("POST /sheets/1/", "POST /sheets/1/"),
    ],
)
def test_neither_searches_nor_the_keys_of_new_passwords_are_logged(asked, logged):
    assert without_secrets(None, "info", {"request": asked}) == {"request": logged}
