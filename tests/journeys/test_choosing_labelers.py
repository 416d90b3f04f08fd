"""From a stranger's application to the first sheet of the work, with letters, researchers and a decision between."""

import re

import pytest
from playwright.sync_api import expect

from labeling.people import consenting
from labeling.people.models import Cohort, Invitation, User
from labeling.quality.models import Grade
from labeling.screening.models import Attempt
from labeling.work import queue
from labeling.work.models import Assignment
from tests.celery_worker import until
from tests.factories import LabelerFactory, ProjectFactory, TaskFactory, UserFactory
from tests.factories.reading import has_read
from tests.factories.screening import FLAGS, applicant, attempt_of, published_test
from tests.journeys.test_the_road import with_password
from tests.mail_server import link_in, mail_server

__all__ = ["mail_server"]
pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long enough one"  # noqa: S105


@pytest.fixture
def researchers(transactional_db):
    return [
        with_password(
            UserFactory(email=f"{name}@attune.example", name=name.title(), groups=["researcher"], is_staff=True)
        )
        for name in ("rita", "raul")
    ]


@pytest.fixture
def test(researchers):
    consenting.publish(
        english="Your answers train **models**.", korean="답변은 **모델**을 학습합니다.", by=researchers[0]
    )
    return published_test(
        researchers[0], is_open=True, gives_feedback=True, warning="Some of it is **rude**.", welcome="Welcome!"
    )


def test_from_an_application_to_the_first_sheet(mail_server, visitor, worker, beat, test, researchers, axe):
    work = TaskFactory(project=ProjectFactory(name="Rank the answers"))
    unlucky = attempt_of(with_password(applicant(email="una@example.org", name="Una")), test, flip=True, reverse=True)

    first_day = visitor()
    page = apply(first_day.page, "newcomer@example.org", mail_server, axe)
    agree(page, axe)
    practise(page, axe)
    flag_half_of_it(page, axe)
    first_day.context.close()
    page = come_back(visitor(), "newcomer@example.org")
    flag_the_rest(page)
    rank_by_keyboard(page)
    write(page)
    say_what_one_can_judge(page, axe)
    hand_in(page, axe)
    until(lambda: len(mail_server.to("newcomer@example.org")) == 2)

    for researcher, grades in zip(researchers, ("67", "77"), strict=True):
        grade_all(visitor().sign_in(researcher, reads=False).page, test, grades, axe)
    assert Grade.objects.count() == 8
    chooser = visitor().sign_in(researchers[0], reads=False).page
    newcomer = Attempt.objects.get(applicant__email="newcomer@example.org")
    choose(chooser, test, newcomer.code, "admitted to the training cohort", axe)
    choose(chooser, test, unlucky.code, "declined", axe)

    until(lambda: len(mail_server.to("newcomer@example.org")) == 3)
    until(lambda: len(mail_server.to("una@example.org")) == 2)
    assert "We could not take you into the team" in came_to_nothing(visitor(), unlucky.applicant)
    start_work(page, work, axe)


def apply(page, address, mail_server, axe):
    """A stranger finds the test, makes an account, and shows by letter that the address is theirs."""
    page.goto("/apply/")
    assert axe(page) == []
    page.get_by_role("button", name="Apply").click()
    page.get_by_label("Email").fill(address)
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    assert axe(page) == []
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Read your e-mail")).to_be_visible()
    assert axe(page) == []
    until(lambda: mail_server.to(address))
    [letter] = mail_server.to(address)
    page.goto(link_in(letter))
    assert axe(page) == []
    page.get_by_role("button", name="Yes, it is mine").click()
    return page


def agree(page, axe):
    expect(page.get_by_role("heading", name="What you agree to")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_text("Some of it is rude.")).to_be_visible()
    assert axe(page) == []


def flag(page, prompt, response):
    for asked, answer in (("Is the prompt sensitive", prompt), ("Is the response sensitive", response)):
        group = page.get_by_role("radiogroup", name=re.compile(asked))
        group.get_by_role("radio", name="Yes" if answer else "No", exact=True).check()


def submit(page, button="Submit"):
    before = page.url
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(lambda url: url != before)


def right_flags(page):
    """The key of the item that is shown: items are called f1 to f4."""
    [number] = re.findall(r"\bf([1-4])\b", page.locator(".prompt").inner_text())
    return FLAGS[int(number) - 1]


def begin(page, part):
    expect(page.get_by_role("heading", name=f"Next: {part}")).to_be_visible()
    page.get_by_role("button", name=re.compile("^(Begin|Continue)$")).click()
    page.wait_for_url("**/sheets/**")


def read_the_instructions(page):
    """New instructions open by themselves and are acknowledged once."""
    understood = page.get_by_role("button", name="I have read them")
    if understood.is_visible():
        understood.click()
        page.wait_for_url("**/sheets/**")


def practise(page, axe):
    begin(page, "Practice")
    read_the_instructions(page)
    assert axe(page) == []
    flag(page, prompt=False, response=False)
    submit(page)
    expect(page.get_by_role("heading", name="The practice: what is right, and why")).to_be_visible()
    expect(page.get_by_text("The researchers answered otherwise.")).to_be_visible()
    expect(page.get_by_text("Because.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Back to the test").click()


def flag_half_of_it(page, axe):
    begin(page, "Flags")
    read_the_instructions(page)
    expect(page.get_by_text("4 are left in this part.")).to_be_visible()
    flag(page, *right_flags(page))
    submit(page)
    flag(page, *right_flags(page))
    submit(page, "Submit and stop")
    expect(page.get_by_role("heading", name="Next: Flags")).to_be_visible()
    assert axe(page) == []


def come_back(window, address):
    """Another day, another browser: the application leads to where one stopped."""
    page = window.page
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_text("Under way: 1 of 5 parts are done.")).to_be_visible()
    page.get_by_role("link", name="Continue").click()
    return page


def flag_the_rest(page):
    begin(page, "Flags")
    flag(page, *right_flags(page))
    submit(page)
    flag(page, *right_flags(page))
    submit(page)
    expect(page.get_by_text("“Flags” is done.")).to_be_visible()


def rank_by_keyboard(page):
    """Without the mouse: whatever order, it is one."""
    begin(page, "Rankings")
    read_the_instructions(page)
    for _sheet in range(2):
        before = page.url
        for letter, rank in zip("ABCD", "1234", strict=True):
            page.get_by_label(f"Rank of response {letter}").select_option(rank)
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda url, before=before: url != before)


def write(page):
    begin(page, "Writing")
    read_the_instructions(page)
    for _sheet in range(2):
        page.locator("textarea[name=text]").fill("I would say it kindly, and say why.")
        submit(page)


def say_what_one_can_judge(page, axe):
    begin(page, "About you")
    read_the_instructions(page)
    page.get_by_role("checkbox", name="religion and belief").check()
    page.get_by_role("checkbox", name="older people").check()
    assert axe(page) == []
    submit(page)


def hand_in(page, axe):
    expect(page.get_by_role("heading", name="Everything is done")).to_be_visible()
    page.get_by_role("link", name="Hand in").click()
    assert axe(page) == []
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("People read what you wrote without knowing who you are.")).to_be_visible()
    assert axe(page) == []


def grade_all(page, test, grades, axe):
    """Four demonstrations of two people, whoever wrote them."""
    page.goto(f"/admin/screening/test/{test.pk}/grading/")
    for number in range(4):
        assert "newcomer" not in page.content().lower()
        page.get_by_role("radio", name=grades[number % 2], exact=True).check()
        if number == 0:
            assert axe(page) == []
        page.get_by_role("button", name="Keep the grade").click()
    expect(page.get_by_text("Nothing waits for your grade.")).to_be_visible()


def choose(page, test, code, outcome, axe):
    page.goto(f"/admin/screening/test/{test.pk}/selection/")
    assert [word for word in ("newcomer", "example.org", "Una") if word in page.content()] == []
    assert axe(page) == []
    page.get_by_role("checkbox", name=code).check()
    page.get_by_role("button", name="Look at the chosen").click()
    page.get_by_label("What is decided").select_option(label=outcome)
    page.get_by_label("Why?").fill("As the four criteria say.")
    page.get_by_role("button", name="Go on").click()
    assert axe(page) == []
    page.get_by_role("button", name="Yes, decide").click()
    expect(page.get_by_text("They are told by letter.")).to_be_visible()


def came_to_nothing(window, person):
    """Declined: the application says so, with the results, and the desk leads back to it."""
    page = window.sign_in(person, reads=False).page
    expect(page.get_by_role("heading", name="Apply", exact=True)).to_be_visible()
    expect(page.get_by_text("Agreement on sensitive speech")).to_be_visible()
    page.goto("/")
    page.wait_for_url("**/apply/")
    return page.locator("main").inner_text()


def start_work(page, task, axe):
    has_read(User.objects.get(email="newcomer@example.org"))
    page.goto("/apply/")
    expect(page.get_by_text("You have been chosen. Welcome!")).to_be_visible()
    page.get_by_role("link", name="To the desk").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/sheets/**")
    assert axe(page) == []
    held = Assignment.objects.get(task=task)
    assert (held.labeler.email, held.cohort) == ("newcomer@example.org", Cohort.TRAINING)


def test_whoever_is_held_out_reaches_no_training_by_any_address(mail_server, visitor, worker, axe):
    training = TaskFactory(project=ProjectFactory(name="For training"))
    TaskFactory(project=training.project)
    evaluation = TaskFactory(project=ProjectFactory(name="To evaluate", purpose="evaluation", cohort=Cohort.HELD_OUT))
    theirs = queue.next_assignment(labeler=LabelerFactory(), project=training.project)
    invitation = Invitation.objects.create(cohort=Cohort.HELD_OUT)

    page = join(visitor().page, invitation, "held@example.org", mail_server, axe)

    expect(page.get_by_text("To evaluate")).to_be_visible()
    assert "For training" not in page.content()
    has_read(User.objects.get(email="held@example.org"))
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    for address in (f"/projects/{training.project_id}/start/", f"/sheets/{theirs.pk}/submit/"):
        answer = page.request.post(address, form={"csrfmiddlewaretoken": token}, headers={"Referer": page.url})
        assert answer.status in {200, 403, 404}
    for address in (f"/sheets/{theirs.pk}/", f"/apply/part/{training.project_id}/", "/admin/", "/api/v1/projects/"):
        assert page.goto(address).status in {200, 401, 403, 404}
        assert "For training" not in page.content()
    held = Assignment.objects.filter(labeler__email="held@example.org")
    assert not held.exclude(project=evaluation.project).exists()
    page.goto("/")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/sheets/**")
    assert list(held.values_list("project__name", "cohort")) == [("To evaluate", "held_out")]


def join(page, invitation, address, mail_server, axe):
    page.goto(f"/join/{invitation.code}/")
    assert axe(page) == []
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Read your e-mail")).to_be_visible()
    until(lambda: mail_server.to(address))
    page.goto(link_in(mail_server.to(address)[0]))
    page.get_by_role("button", name="Yes, it is mine").click()
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(lambda url: "/join/" not in url)
    return page
