"""From an invitation to the desk by the organisation's own sign-in, in a browser, under the strict policy."""

import pytest
from playwright.sync_api import expect

from labeling.people import consenting
from labeling.people.models import Invitation, User
from tests.factories import ProjectFactory, TaskFactory
from tests.people.oidc_provider import oidc_provider

__all__ = ["oidc_provider"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_an_invited_person_comes_in_without_a_password_and_back_again(oidc_provider, visitor, axe):
    oidc_provider.people |= {
        "kim": {"sub": "1", "email": "kim@org.example", "email_verified": True, "name": "Kim Hana"},
        "lee": {"sub": "2", "email": "lee@org.example", "email_verified": True},
    }
    consenting.publish(english="Your answers train **models**.", korean="", by=None)
    TaskFactory(project=ProjectFactory(name="Rank the answers"))
    Invitation.objects.create(email="kim@org.example", cohort="training")

    page = visitor().page
    page.goto("/accounts/login/")
    assert axe(page) == []
    sign_on(page, "kim")
    expect(page.get_by_role("heading", name="Your invitation")).to_be_visible()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("Your answers train models.")).to_be_visible()
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("heading", name="Rank the answers")).to_be_visible()
    kim = User.objects.get(email="kim@org.example")
    assert (kim.name, kim.cohort_membership.cohort, kim.has_usable_password()) == ("Kim Hana", "training", False)

    again = visitor(java_script_enabled=False).page
    again.goto("/accounts/login/?next=/me/")
    sign_on(again, "kim")
    expect(again.get_by_role("heading", name="My account")).to_be_visible()

    stranger = visitor(color_scheme="dark", viewport={"width": 390, "height": 800}).page
    stranger.goto("/accounts/login/")
    sign_on(stranger, "lee")
    expect(stranger.get_by_role("heading", name="Accounts are by invitation")).to_be_visible()
    assert axe(stranger) == []


def sign_on(page, name):
    page.get_by_role("button", name="Sign in with Org").press("Enter")
    page.get_by_role("button", name=name).click()
