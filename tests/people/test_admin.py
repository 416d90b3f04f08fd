"""Do admins, and only they, see and make accounts?"""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.people.models import Cohort, CohortMembership, User
from labeling.work import queue
from tests.factories import LabelerFactory, TaskFactory, UserFactory

PAGES = [
    "admin:people_user_changelist",
    "admin:people_user_add",
    "admin:people_cohortmembership_changelist",
    "admin:people_cohortmembership_add",
]


@pytest.fixture
def admin_by_role(db):
    """An admin by role alone, without Django's superuser mark."""
    return UserFactory(groups=["admin"], is_staff=True)


def group_ids(*names):
    from django.contrib.auth.models import Group

    return list(Group.objects.filter(name__in=names).values_list("pk", flat=True))


def account(**fields):
    """What the page "Add person" sends."""
    return {
        "email": "new@attune.example",
        "name": "Newcomer",
        "locale": "ko",
        "time_zone": "Asia/Seoul",
        "usable_password": "true",
        "password1": "quiet-river-42",
        "password2": "quiet-river-42",
        "cohort_membership-TOTAL_FORMS": "1",
        "cohort_membership-INITIAL_FORMS": "0",
        "cohort_membership-0-cohort": "",
        **fields,
    }


@pytest.mark.parametrize("page", PAGES)
def test_admins_open_the_pages_about_people(page, admin_by_role, client_of):
    assert client_of(admin_by_role).get(reverse(page)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_researchers_see_no_accounts(page, rita, client_of):
    assert client_of(rita).get(reverse(page)).status_code == 403


@pytest.mark.parametrize("name", ["ann", "charlie", "eve", "judge"])
@pytest.mark.parametrize("page", PAGES)
def test_others_are_sent_away(page, name, client_of, request):
    response = client_of(request.getfixturevalue(name)).get(reverse(page))

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_an_admin_makes_a_labeler_on_one_page(admin_by_role, client_of):
    fields = account(groups=group_ids("labeler"), **{"cohort_membership-0-cohort": "training"})

    response = client_of(admin_by_role).post(reverse("admin:people_user_add"), fields)

    assert response.status_code == 302
    user = User.objects.get(email="new@attune.example")
    assert user.check_password("quiet-river-42")
    assert (user.name, user.locale, user.time_zone, user.is_staff) == ("Newcomer", "ko", "Asia/Seoul", False)
    assert (user.cohort_membership.cohort, user.cohort_membership.admitted_by) == (Cohort.TRAINING, admin_by_role)


def test_a_labeler_without_a_cohort_is_pointed_out(admin_by_role, client_of):
    fields = account(groups=group_ids("labeler"))

    response = client_of(admin_by_role).post(reverse("admin:people_user_add"), fields, follow=True)

    assert "Newcomer is a labeler without a cohort, and so is given no work yet." in response.text


def test_a_researcher_made_in_the_admin_may_open_it(admin_by_role, client_of):
    client_of(admin_by_role).post(reverse("admin:people_user_add"), account(groups=group_ids("researcher")))

    assert client_of(User.objects.get(email="new@attune.example")).get("/admin/").status_code == 200


def test_an_address_in_another_spelling_is_the_same_account(admin_by_role, client_of, ann):
    response = client_of(admin_by_role).post(reverse("admin:people_user_add"), account(email="ANN@attune.example"))

    assert "There is already an account with this e-mail address." in response.text
    assert User.objects.filter(email__iexact=ann.email).count() == 1


def test_an_account_is_changed_and_switched_off(admin_by_role, client_of, ann):
    page = reverse("admin:people_user_change", args=[ann.pk])
    membership = ann.cohort_membership
    fields = account(
        email=ann.email,
        name="Ann Lee",
        groups=group_ids("labeler"),
        **{
            "cohort_membership-INITIAL_FORMS": "1",
            "cohort_membership-0-id": membership.pk,
            "cohort_membership-0-labeler": ann.pk,
            "cohort_membership-0-cohort": "training",
        },
    )

    assert client_of(admin_by_role).get(page).status_code == 200
    assert client_of(admin_by_role).post(page, fields).status_code == 302

    ann.refresh_from_db()
    assert (ann.name, ann.is_active) == ("Ann Lee", False)


@pytest.mark.parametrize("has_worked", [False, True])
def test_nobody_changes_from_one_cohort_to_the_other_in_the_admin(admin_by_role, client_of, ann, hal, has_worked):
    if has_worked:
        queue.next_assignment(labeler=ann, project=TaskFactory().project)
    client, membership = client_of(admin_by_role), ann.cohort_membership
    page = reverse("admin:people_cohortmembership_change", args=[membership.pk])
    fields = {"labeler": hal.pk, "cohort": "held_out", "admitted_at_0": "2026-01-01", "admitted_at_1": "00:00:00"}
    inline = {
        "cohort_membership-INITIAL_FORMS": "1",
        "cohort_membership-0-id": membership.pk,
        "cohort_membership-0-labeler": ann.pk,
        "cohort_membership-0-cohort": "held_out",
    }
    account_fields = account(email=ann.email, groups=group_ids("labeler"), **inline)

    answers = [
        client.post(page, fields),
        client.post(reverse("admin:people_user_change", args=[ann.pk]), account_fields),
    ]

    membership.refresh_from_db()
    assert ([answer.status_code for answer in answers], membership.cohort) == ([302, 302], "training")
    assert membership.labeler == ann


def test_nor_by_being_taken_out_of_it_and_put_into_the_other(admin_by_role, client_of, ann):
    queue.next_assignment(labeler=ann, project=TaskFactory().project)
    ann.cohort_membership.delete()
    client = client_of(admin_by_role)
    fields = {"labeler": ann.pk, "cohort": "held_out", "admitted_at_0": "2026-01-01", "admitted_at_1": "00:00:00"}
    inline = account(email=ann.email, groups=group_ids("labeler"), **{"cohort_membership-0-cohort": "held_out"})

    pages = [
        client.post(reverse("admin:people_cohortmembership_add"), fields, follow=True),
        client.post(reverse("admin:people_user_change", args=[ann.pk]), inline, follow=True),
    ]

    for page in pages:
        assert "Whoever has worked in one cohort does not join the other." in page.text
    assert not CohortMembership.objects.filter(labeler=ann).exists()


def test_accounts_are_not_deleted(ada, client_of, ann):
    assert client_of(ada).get(reverse("admin:people_user_delete", args=[ann.pk])).status_code == 403


def test_no_hash_of_a_password_is_shown(admin_by_role, client_of, ann):
    ann.set_password("quiet-river-42")
    ann.save()

    page = client_of(admin_by_role).get(reverse("admin:people_user_change", args=[ann.pk])).text

    assert ann.password.split("$")[-1] not in page


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_of_people_takes_the_same_queries_for_one_and_for_six(count, admin_by_role, client_of):
    for _ in range(count):
        LabelerFactory()
    client = client_of(admin_by_role)

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:people_user_changelist"))

    # who asks, two counts and the rows; other rooms ask their own tables what they may show in the menu
    assert sum(' FROM "people_' in query["sql"] for query in queries) == 4


def test_a_person_is_in_one_cohort(ann):
    with pytest.raises(IntegrityError, match="people_cohortmembership_labeler_id_key"):
        CohortMembership.objects.create(labeler=ann, cohort="held_out")


def test_there_are_two_cohorts(charlie):
    with pytest.raises(IntegrityError, match="cohort_is_known"):
        CohortMembership.objects.create(labeler=charlie, cohort="third")


def test_an_address_belongs_to_one_account_whatever_its_case(ann):
    with pytest.raises(IntegrityError, match="one_account_per_email"):
        UserFactory(email="ANN@ATTUNE.example")


def test_an_account_is_given_only_a_time_zone_that_there_is(admin_by_role, client_of):
    response = client_of(admin_by_role).post(reverse("admin:people_user_add"), account(time_zone="Asia/Soul"))

    assert "time_zone" in response.context["adminform"].form.errors
    assert not User.objects.filter(email="new@attune.example").exists()
