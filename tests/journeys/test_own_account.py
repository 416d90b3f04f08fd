"""One's own page and the surveys in a real browser: read, answered, taken along, and left behind."""

import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.account.models import DeletionRequest
from labeling.people import consenting, qualifying
from labeling.people.models import Qualification, User
from labeling.surveys import offering
from labeling.surveys.models import Demographics, Satisfaction
from labeling.work.models import Membership
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory, UserFactory
from tests.factories.labels import rank

pytestmark = pytest.mark.django_db(transaction=True)

OPTIONS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "korean": {"viewport": {"width": 390, "height": 844}, "locale": "ko-KR"},
}


def with_password(person):
    person.set_password("attune-demo")
    person.save()
    return person


@pytest.fixture
def ada(transactional_db):
    return with_password(
        UserFactory(email="ada@attune.example", name="Ada", groups=["admin"], is_staff=True, is_superuser=True)
    )


@pytest.fixture
def ann(transactional_db, ada):
    """Ann has worked in one project, may not work in another, and has a qualification for a while."""
    ann = with_password(LabelerFactory(email="ann@attune.example", name="Ann"))
    project = ProjectFactory(name="Rank the answers of a chatbot", k=2, overlap=None)
    rank(TaskFactory(project=project), ann, "A > B", ratings={"A": 6})
    Membership.objects.filter(labeler=ann).update(taken=offering.SHEETS)
    TaskFactory(project=project)
    korean = Qualification.objects.create(key="korean", name="Korean")
    law = Qualification.objects.create(key="law", name="Law")
    qualifying.grant(
        person=ann, qualification=korean, by=ada, reason="Grew up with it.", expires_at=timezone.now() + timedelta(90)
    )
    ProjectFactory(name="Contracts").qualifications.add(law)
    consenting.agree(person=ann, text=consenting.publish(english="Be kind.", by=ada), language="en")
    return ann


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_labeler_speaks_takes_their_data_along_and_leaves(visitor, ann, ada, tmp_path):
    window = visitor(accept_downloads=True).sign_in(ann)
    page = window.page
    speak_of_the_work(page)
    speak_of_oneself(page)
    page.get_by_role("link", name="My account").click()
    take_along(page, tmp_path / "mine.zip")
    page.get_by_role("button", name="Ask for deletion").click()
    expect(page.get_by_text("An admin carries it out.")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Your account stays.")).to_be_visible()
    page.get_by_role("button", name="Ask for deletion").click()

    carry_out(visitor().sign_in(ada).page)

    page.goto("/")
    expect(page.get_by_role("button", name="Sign In")).to_be_visible()
    request = DeletionRequest.objects.get(done_at__isnull=False)
    assert request.outcome == {"labels_kept": 0, "taken_out": 1, "stayed": {}, "datasets": []}
    assert User.objects.filter(name="Ann").count() == 0


def speak_of_the_work(page):
    page.get_by_role("link", name="Open the survey").click()
    group = page.get_by_role("group", name="The instructions were clear")
    group.get_by_label("strongly agree", exact=True).check()
    page.get_by_role("button", name="Send without my name").click()
    expect(page.get_by_text("kept without your name")).to_be_visible()
    assert Satisfaction.objects.values_list("clear", "glad").get() == (5, None)


def speak_of_oneself(page):
    page.get_by_role("link", name="Open the survey").click()
    page.get_by_label("What is your nationality?").select_option("South Korea")
    page.get_by_label("East Asian", exact=True).check()
    page.get_by_role("button", name="Send without my name").click()
    expect(page.get_by_role("link", name="Open the survey")).to_have_count(0)
    answer = Demographics.objects.get()
    assert (answer.nationality, answer.ethnicities, answer.gender) == ("KR", ["east_asian"], "")


def take_along(page, path):
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download my data").click()
    downloading.value.save_as(path)
    with zipfile.ZipFile(path) as zipped:
        assert {"README.txt", "people.user.jsonl", "labels.place.jsonl"} <= set(zipped.namelist())


def carry_out(page):
    page.goto("/admin/own_account/deletionrequest/?state=waiting")
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_label("Action:").select_option("carry_out")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_label("They go, except those in a dataset").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("1 person is deleted.")).to_be_visible()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_axe_and_width_of_every_page(options, visitor, ann, axe, tmp_path):
    if "locale" in options:
        User.objects.filter(pk=ann.pk).update(locale="ko")
    page = _signed_in(visitor(**options), ann)
    project = Membership.objects.get(labeler=ann, taken__gt=0).project_id
    found = {}
    for name, address in {
        "desk": "/",
        "me": "/me/",
        "about-you": "/surveys/about-you/",
        "about-the-work": f"/surveys/work/{project}/",
    }.items():
        page.goto(address)
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        found[name] = (axe(page), fits(page))

    assert found == {name: ([], True) for name in found}


def _signed_in(window, person):
    """Whatever the language of the page."""
    window.page.goto("/accounts/login/")
    window.page.locator("input[type=email]").fill(person.email)
    window.page.locator("input[type=password]").fill("attune-demo")
    window.page.locator("main button[type=submit]").click()
    window.page.wait_for_url(lambda url: "/login/" not in url)
    return window.page


def test_axe_of_the_totals_and_the_requests(visitor, ann, ada, axe, tmp_path):
    DeletionRequest.objects.create(person=ann)
    project = Membership.objects.get(labeler=ann, taken__gt=0).project
    for clear in (3, 4, 4, 5, 4):
        Satisfaction.objects.create(project=project, quarter="2020Q1", clear=clear)
        Demographics.objects.create(quarter="2020Q1", gender="female", age_band="25-34")
    page = visitor().sign_in(ada).page
    found = {}
    for name, address in {
        "totals": "/admin/surveys/asked/totals/",
        "requests": "/admin/own_account/deletionrequest/",
    }.items():
        page.goto(address)
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        found[name] = axe(page)

    assert found == {"totals": [], "requests": []}
