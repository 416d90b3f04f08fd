"""Does a test count the links that lead to it, and can a link lead only to where it may?"""

import pytest
from django.urls import reverse

from labeling.people.models import Invitation
from labeling.screening import joining
from labeling.screening.models import Criterion
from labeling.work import queue
from labeling.work.models import Invitee
from tests.factories import ProjectFactory
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db


def lists(test):
    """The address of the list that the page of the test links to."""
    return f"{reverse('admin:people_invitation_changelist')}?test={test.pk}"


def form_of(page):
    """Return what a browser would send of the page of a test, unchanged."""
    form = page.context["adminform"].form
    said = {name: form.initial.get(name, field.initial) for name, field in form.fields.items()}
    sent = {name: "on" if value is True else value for name, value in said.items() if value not in (None, False)}
    for inline in page.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        sent |= {f"{management.prefix}-{name}": value for name, value in management.initial.items()}
    return sent


def test_an_invitation_made_meanwhile_still_leads_to_the_test(test, rita, client_of):
    client, address = client_of(rita), reverse("admin:screening_test_change", args=[test.pk])
    said = form_of(client.get(address))
    late = Invitation.objects.create(email="late@applicants.example")
    late.tests.add(test)

    answer = client.post(address, said | {"cutoff_flags": "0.80"})

    test.refresh_from_db()
    assert (answer.status_code, str(test.cutoff_flags)) == (302, "0.80")
    assert list(test.invitations.all()) == [late]


def test_a_test_with_thousands_of_invitations_is_saved_as_any_other(test, rita, client_of):
    made = Invitation.objects.bulk_create(Invitation(email=f"p{n}@applicants.example") for n in range(2_100))
    test.invitations.set(made)
    client, address = client_of(rita), reverse("admin:screening_test_change", args=[test.pk])
    page = client.get(address)

    answer = client.post(address, form_of(page) | {"cutoff_flags": "0.80"})

    assert f'<a href="{lists(test)}">2100 invitations</a>' in page.text
    assert "p7@applicants.example" not in page.text
    assert (answer.status_code, test.invitations.count()) == (302, 2_100)


def test_the_number_leads_to_those_invitations_alone(test, rita, client_of):
    Invitation.objects.create(email="elsewhere@applicants.example")
    Invitation.objects.create(email="here@applicants.example").tests.add(test)

    page = client_of(rita).get(lists(test)).text

    assert ["here@applicants.example" in page, "elsewhere@applicants.example" in page] == [True, False]


def test_a_project_counts_its_invitations_too(rita, client_of):
    project = ProjectFactory()
    Invitation.objects.create(email="here@applicants.example").projects.add(project)
    client = client_of(rita)

    page = client.get(reverse("admin:work_project_change", args=[project.pk])).text
    address = f"{reverse('admin:people_invitation_changelist')}?project={project.pk}"

    assert f'<a href="{address}">1 invitation</a>' in page
    assert "here@applicants.example" in client.get(address).text


def test_no_link_leads_to_a_part_of_a_test_by_itself(test, abe, rita, client_of):
    flags, made = section_of(test, Criterion.FLAGS), Invitation.objects.create()
    page = client_of(rita).post(
        reverse("admin:people_invitation_change", args=[made.pk]), {"most_uses": "", "projects": [flags.project_id]}
    )
    made.projects.add(flags.project)  # by whatever other way

    joining.follow(invitation=made, person=abe)

    assert (page.status_code, joining.leads_to(made)["projects"]) == (200, [])
    with pytest.raises(queue.NotOpen):
        queue.next_assignment(labeler=abe, project=flags.project)


def test_nor_does_the_list_of_invitees(test, abe, rita, client_of):
    flags = section_of(test, Criterion.FLAGS)

    client_of(rita).post(reverse("admin:work_invitee_add"), {"project": flags.project_id, "labeler": abe.pk})

    assert not Invitee.objects.exists()


@pytest.mark.parametrize(
    ("fields", "cohort", "sentence"),
    [
        ({"state": "closed"}, "training", "The project “Rivers” is closed."),
        ({"purpose": "evaluation", "cohort": "held_out"}, "training", "The project “Rivers” is for the other cohort."),
    ],
)
def test_a_link_made_by_hand_leads_where_one_of_a_roster_may(rita, client_of, fields, cohort, sentence):
    project = ProjectFactory(name="Rivers", **fields)

    page = client_of(rita).post(
        reverse("admin:people_invitation_add"),
        {"number": "1", "most_uses": "1", "cohort": cohort, "projects": [project.pk]},
    )

    assert sentence in page.text
    assert not Invitation.objects.exists()
