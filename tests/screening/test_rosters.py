"""Is a list of people understood whoever wrote it, with a sentence for each bad row, and is nobody invited twice?"""

import csv
import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from labeling.account import gathering, leaving
from labeling.events import delivering
from labeling.events.models import Mail
from labeling.people.models import Invitation, InvitationUse, Qualification
from labeling.screening import joining, roster_inviting, roster_rows, rosters
from labeling.work.models import Project
from tests.factories import LabelerFactory, ProjectFactory, UserFactory
from tests.mail_server import body_of, mail_server  # noqa: F401

pytestmark = pytest.mark.django_db

PAGE = "admin:people_invitation_roster"
ONE_OF_TWO = "Name either a cohort or a test: it is what the invitation leads to."
TWO = "email,name,cohort\nkim@attune.example,김하나,training\nlee@attune.example,Lee,held_out\n"


def invite(text, *, by=None, **more):
    roster = rosters.understood(text, sees_accounts=True)
    return roster_inviting.invite(roster.people, by=by, sees_accounts=True, **more)


def problem_of(row, header="email,cohort,test,projects,qualifications,language"):
    [person] = rosters.understood(f"{header}\n{row}\n", sees_accounts=True).people
    return person.problem


@pytest.mark.parametrize(
    "content",
    [
        "email,name,cohort\nkim@attune.example,김하나,training\n".encode(),
        "email;name;cohort\r\nkim@attune.example;김하나;training\r\n".encode("utf-8-sig"),
        "\n;;;\nE-Mail ; NAME;Cohort\nKim@Attune.example ;김하나; Training\n;;\n".encode(),
        "email\tname\tcohort\nkim@attune.example\t김하나\ttraining".encode(),
        '"email","cohort","name"\n"kim@attune.example","training","김하나"\n'.encode(),
    ],
    ids=["commas", "semicolons and a mark", "capitals, spaces and empty rows", "tabs", "quotes, another order"],
)
def test_a_list_is_read_as_spreadsheets_of_all_countries_write_it(content):
    [person] = rosters.understood(roster_rows.decoded(content), sees_accounts=True).people

    assert (person.email, person.name, person.cohort) == ("kim@attune.example", "김하나", "training")
    assert person.is_new


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The list is empty."),
        (
            "name\nKim\n",
            "The first row names the columns: email, name, cohort, test, language, qualifications, projects. "
            "“email” has to be there.",
        ),
        ("email,name,Name\n", "The column “name” is there twice."),
        ("email\n" + "a@attune.example\n" * 2_001, "A list may have 2000 rows. Divide this one."),
    ],
)
def test_a_list_that_cannot_be_taken_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(rosters.NotARoster) as refusal:
        rosters.understood(text, sees_accounts=True)

    assert str(refusal.value) == sentence


def test_a_file_in_another_encoding_says_how_to_save_it():
    with pytest.raises(
        rosters.NotARoster, match="The file is not in UTF-8. Save it as “CSV UTF-8”, or paste the rows."
    ):
        roster_rows.decoded("email,name\nkim@attune.example,김하나\n".encode("cp949"))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",training,,,,", "There is no e-mail address."),
        ("kim at attune,training,,,,", "“kim at attune” is no e-mail address."),
        ("kim@attune.example,,,,,", ONE_OF_TWO),
        ("kim@attune.example,training,Screening,,,", ONE_OF_TWO),
        ("kim@attune.example,both,,,,", "There is no cohort “both”: training or held_out."),
        ("kim@attune.example,,Another,,,", "There is no test “Another” that may be taken now."),
        ("kim@attune.example,training,,Rivers|Lakes,,", "There is no project “Lakes”."),
        ("kim@attune.example,held_out,,Rivers,,", "The project “Rivers” is for the other cohort."),
        ("kim@attune.example,training,,,Magic,", "There is no qualification “Magic”."),
        ("kim@attune.example,training,,,,fr", "“fr” is no language of ours: en or ko."),
        ("kim@attune.example,training,,,,,more", "The row has 7 cells, but the header names 6 columns."),
        (
            'kim@attune.example,"training"s,,,,',
            "The row cannot be read: a quotation mark is not closed, or one stands alone.",
        ),
        ("kim@attune.example,training\0,,,,", "The row holds a character that cannot be stored (U+0000)."),
        (
            "ann@attune.example,held_out,,,,",
            "This person is in the cohort “training”, and nobody changes from one to the other.",
        ),
        ("HAL@attune.example,,Screening,,,", "This person has been admitted without a test, and it stays so."),
        (
            "rita@attune.example,training,,,,",
            "This account stands outside the cohorts: researchers, admins and programs need no invitation.",
        ),
    ],
)
def test_a_bad_row_says_what_is_wrong_with_it(test, ann, hal, rita, row, sentence):
    ProjectFactory(name="Rivers")

    assert problem_of(row) == sentence


def test_an_account_that_was_switched_off_or_suspended_is_not_invited():
    UserFactory(email="off@attune.example", is_active=False)
    suspended = LabelerFactory(email="out@attune.example").cohort_membership
    suspended.standing, suspended.standing_reason = "suspended", "On leave."
    suspended.save()

    assert problem_of("off@attune.example,training,,,,") == "This account has been switched off."
    assert (
        problem_of("out@attune.example,training,,,,")
        == "This person is suspended or retired: bring them back under People."
    )


def test_the_second_of_two_rows_with_one_address_is_bad():
    roster = rosters.understood(TWO + "KIM@attune.example,Kim,held_out\n", sees_accounts=True)

    assert [person.problem for person in roster.people] == ["", "", "The same address stands in line 2."]


def test_bad_rows_are_left_over_as_they_stood_and_the_good_ones_go_on():
    text = 'email;name;cohort\r\nkim@attune.example;Kim;training\r\nnobody;"No; body";training\r\n'
    roster = rosters.understood(text, sees_accounts=True)

    made = roster_inviting.invite(roster.people, by=None)

    assert [invitation.email for invitation in made] == ["kim@attune.example"]
    assert roster.left_over() == 'email;name;cohort\nnobody;"No; body";training\n'


def test_each_gets_an_invitation_of_their_own_with_all_that_the_row_says(rita, test):
    qualification = Qualification.objects.create(key="medicine", name="Medicine", korean_name="의학")
    rivers, lakes = ProjectFactory(name="Rivers", by_invitation=True), ProjectFactory(name="Lakes, and more")
    in_a_week = timezone.now() + timedelta(days=7)

    made = invite(
        "email,name,cohort,test,projects,qualifications,language\n"
        'kim@attune.example,김하나,training,,"rivers | Lakes, and more",의학,한국어\n'
        "lee@attune.example,Lee,,screening,,,EN\n",
        by=rita,
        note="Autumn",
        expires_at=in_a_week,
    )

    kim, lee = Invitation.objects.order_by("pk")
    assert made == [kim, lee]
    assert (kim.email, kim.name, kim.locale, kim.cohort) == ("kim@attune.example", "김하나", "ko", "training")
    assert (kim.most_uses, kim.note, kim.expires_at, kim.created_by) == (1, "Autumn", in_a_week, rita)
    assert (set(kim.projects.all()), list(kim.qualifications.all())) == ({rivers, lakes}, [qualification])
    assert (lee.cohort, list(lee.tests.all()), lee.locale) == ("", [test], "en")


def test_whoever_follows_the_link_has_what_the_row_says():
    project = ProjectFactory(name="Rivers", by_invitation=True)
    [made] = invite("email,cohort,projects\nkim@attune.example,training,Rivers\n")
    kim = UserFactory(email="Kim@attune.example")

    joining.follow(invitation=made, person=kim)

    assert list(Project.objects.open_to(kim)) == [project]


def test_the_letter_comes_in_the_language_of_the_row_with_the_link(mail_server, test, settings):  # noqa: F811
    test.korean_name = "선별 시험"
    test.save()
    text = "email,name,test,language\nkim@attune.example,김하나,Screening,ko\nlee@attune.example,,Screening,\n"
    kim, lee = invite(text, expires_at=timezone.now() + timedelta(days=7))

    delivering.deliver_waiting()

    [to_kim], [to_lee] = mail_server.to("kim@attune.example"), mail_server.to("lee@attune.example")
    assert to_lee["Subject"] == "You are invited to work with us"
    assert "Hello,\n" in body_of(to_lee)
    assert "“Screening”" in body_of(to_lee)
    assert f"{settings.SITE_URL}/join/{lee.code}/" in body_of(to_lee)
    assert f"valid until {lee.expires_at.date().isoformat()}" in body_of(to_lee)
    assert "김하나" in body_of(to_kim)
    assert "선별 시험" in body_of(to_kim)


def test_the_same_list_again_invites_nobody():
    invite(TWO)

    assert invite(TWO.replace("kim@", "KIM@")) == []
    assert (Invitation.objects.count(), Mail.objects.count()) == (2, 2)


def test_a_list_that_gives_more_than_before_invites_again_and_one_that_gives_less_does_not():
    ProjectFactory(name="Rivers")
    more = "email,cohort,projects\nkim@attune.example,training,Rivers\n"
    invite(TWO)

    assert len(invite(more)) == 1
    assert invite(TWO) == []
    assert invite(more) == []


@pytest.mark.parametrize("gone", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(days=1)}])
def test_whose_link_was_revoked_or_ran_out_is_invited_anew(gone):
    invite(TWO)
    Invitation.objects.filter(email="kim@attune.example").update(**gone)

    assert [invitation.email for invitation in invite(TWO)] == ["kim@attune.example"]


def test_whoever_came_by_their_link_is_not_invited_again_when_it_has_run_out():
    [kim, _lee] = invite(TWO)
    joining.follow(invitation=kim, person=UserFactory(email="kim@attune.example"))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert [invitation.email for invitation in invite(TWO)] == ["lee@attune.example"]


def test_whoever_is_here_already_with_all_that_the_row_gives_is_left_alone(ann, test):
    ProjectFactory(name="Rivers")

    assert invite("email,cohort\nANN@attune.example,training\n") == []
    assert len(invite("email,cohort,projects\nann@attune.example,training,Rivers\n")) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_one_list_at_the_same_moment_one_invites():
    start, made = threading.Barrier(2), []

    def run():
        start.wait()
        made.extend(invite(TWO))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), Invitation.objects.count(), Mail.objects.count()) == (2, 2, 2)


def test_a_long_list_asks_no_more_questions_than_a_short_one(django_assert_num_queries):
    def a_list(n):
        return "email,cohort\n" + "".join(f"person{i}@attune.example,training\n" for i in range(n))

    for n in (1, 300):
        Invitation.objects.all().delete()
        with django_assert_num_queries(11):
            invite(a_list(n))


def test_a_letter_is_for_an_account_or_an_invitation(ann):
    invitation = Invitation.objects.create(email="kim@attune.example")

    for both_or_none in ({"to": ann, "invitation": invitation}, {}):
        with pytest.raises(IntegrityError, match="mail_is_for_one"), transaction.atomic():
            Mail.objects.create(letter="invited", **both_or_none)


def test_who_leaves_takes_their_invitation_and_its_letter_along(ada):
    [kim, _lee] = invite(TWO)
    person = LabelerFactory(email="Kim@attune.example")
    InvitationUse.objects.create(invitation=kim, person=person)
    held = {held.name: held for held in gathering.HELD}

    assert held["events.mail"].rows(person).count() == 1
    leaving.delete(person=person, keep_labels=True, by=ada)

    kim.refresh_from_db()
    assert (kim.email, kim.name, kim.locale, kim.mails.count()) == ("", "", "", 0)


# ---------------------------------------------------------------- the page


def look(client, text, **more):
    return client.post(reverse(PAGE), {"text": text, "days": "30", "look": "Look", **more})


def test_the_page_shows_what_it_understood_and_invites_nobody_yet(rita, client_of):
    page = look(client_of(rita), TWO + "nobody,,training\n")

    assert page.status_code == 200
    assert "2 people will be invited." in page.text
    assert "“nobody” is no e-mail address." in page.text
    assert "Invite 2 people" in page.text
    assert not Invitation.objects.exists()


def test_sending_invites_the_good_rows_and_leaves_the_bad_ones_in_the_form(rita, client_of):
    answer = client_of(rita).post(reverse(PAGE), {"text": TWO + "nobody,,training\n", "days": "7", "invite": "Invite"})

    assert "2 people are invited, each by a letter of their own." in answer.text
    assert answer.context["form"].initial["text"] == "email,name,cohort\nnobody,,training\n"
    assert set(Invitation.objects.values_list("created_by", flat=True)) == {rita.pk}
    assert Mail.objects.count() == 2


def test_bad_rows_are_taken_away_with_their_reasons_and_can_be_sent_in_again(rita, client_of):
    text = "email;name;cohort;phone\nkim@attune.example;Kim;training;1\n=1+1;No;training;2\n"

    answer = client_of(rita).post(reverse(PAGE), {"text": text, "bad_rows": "Bad rows"})

    said = answer.content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(said))) == [
        ["email", "name", "cohort", "phone", "problem"],
        ["'=1+1", "No", "training", "2", "“=1+1” is no e-mail address."],
    ]
    assert rosters.understood(said, sees_accounts=True).sheet.unread == ["phone"]


def test_a_file_takes_the_place_of_the_list(rita, client_of):
    file = io.BytesIO(TWO.encode("utf-8-sig"))
    file.name = "team.csv"

    page = look(client_of(rita), "", file=file)

    assert "2 people will be invited." in page.text
    assert page.context["form"].initial["text"] == TWO


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"text": ""}, "Choose a file, or paste the list."), ({"text": "name\nKim\n"}, "“email” has to be there.")],
)
def test_what_cannot_be_taken_is_said_on_the_page(rita, client_of, fields, sentence):
    page = client_of(rita).post(reverse(PAGE), fields)

    assert (page.status_code, sentence in page.text) == (422, True)


def test_researchers_are_not_told_who_has_an_account(rita, ada, ann, client_of):
    row = "email,cohort\nann@attune.example,held_out\n"

    assert "1 person will be invited." in look(client_of(rita), row).text
    assert "This person is in the cohort “training”" in look(client_of(ada), row).text


def test_the_page_is_reached_from_the_invitations(rita, client_of):
    page = client_of(rita).get(reverse("admin:people_invitation_changelist"))

    assert reverse(PAGE) in page.text


# ---------------------------------------------------------------- the command


def run(*args):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("invite_roster", *map(str, args), stdout=out, stderr=err)
    except CommandError as error:
        err.write(f"{error}\n")
    return out.getvalue(), err.getvalue()


def test_the_command_invites_and_keeps_the_bad_rows(tmp_path, rita):
    file, bad = tmp_path / "team.csv", tmp_path / "bad.csv"
    file.write_text(TWO + "nobody,,training\n", encoding="utf-8-sig")

    out, err = run(file, "--by", "Rita@attune.example", "--note", "Autumn", "--bad-rows", bad)

    assert out == "2 invited; 0 known already; 1 not taken.\n"
    assert err == "line 4: “nobody” is no e-mail address.\nNot all rows were taken.\n"
    assert bad.read_text() == "email,name,cohort\nnobody,,training\n"
    assert set(Invitation.objects.values_list("created_by__email", "note")) == {("rita@attune.example", "Autumn")}
    assert run(file)[0] == "0 invited; 2 known already; 1 not taken.\n"


def test_a_dry_run_of_the_command_only_says_what_would_happen(tmp_path):
    file = tmp_path / "team.csv"
    file.write_text(TWO)

    assert run(file, "--dry-run") == ("2 would be invited; 0 known already; 0 not taken.\n", "")
    assert not Invitation.objects.exists()


def test_the_command_says_what_it_cannot_read(tmp_path):
    assert "No such file" in run(tmp_path / "none.csv")[1]
    assert run(__file__, "--by", "nobody@attune.example")[1] == "There is no account nobody@attune.example.\n"
