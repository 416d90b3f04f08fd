"""Are totals right, and can nobody work out from them what fewer than five people said?"""

from itertools import pairwise, product

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from labeling.surveys import suppression, totals
from labeling.surveys.models import Asked, Demographics, Satisfaction
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db

BEFORE = "2020Q1"
TOTALS = "admin:surveys_totals"


def say(n, quarter=BEFORE, **said):
    Demographics.objects.bulk_create(Demographics(quarter=quarter, **said) for _ in range(n))


def counted(name):
    return {cell.label: cell.n for cell in dict(totals.demographics()["questions"])[name]}


def rate(project, *values, quarter=BEFORE, name="clear"):
    Satisfaction.objects.bulk_create(Satisfaction(project=project, quarter=quarter, **{name: one}) for one in values)


def test_fewer_than_five_people_are_no_total():
    say(4, gender="female")

    assert totals.demographics() == {"people": None, "questions": []}


def test_no_answer_is_shown_that_fewer_than_five_gave():
    say(4, gender="female", nationality="KR", ethnicities=["white"])
    say(4, gender="male", nationality="PH", ethnicities=["black"])

    assert totals.demographics() == {"people": None, "questions": []}


def test_answers_are_counted_where_five_or_more_gave_them():
    say(6, gender="female")
    say(7, gender="male")
    say(4, gender="nonbinary")

    assert counted("gender") == {"male": 7, "female": 6, "nonbinary / other": None}


def test_how_many_are_left_over_is_not_told():
    """Not of all people, nor of those who gave no answer: either would be something to subtract from."""
    say(9, gender="female", age_band="25-34")
    say(1, gender="male", age_band="25-34")
    say(7)

    found = totals.demographics()

    assert (found["people"], counted("gender")) == (10, {"male": None, "female": 9, "nonbinary / other": None})


def test_countries_that_nobody_named_are_not_listed():
    say(6, nationality="KR")
    say(5, nationality="PH")

    assert counted("nationality") == {"Philippines": 5, "South Korea": 6}


def test_countries_of_few_are_not_so_much_as_named():
    say(9, nationality="KR")
    for code in ("PH", "BD", "US", "DE", "FR"):
        say(1, nationality=code)

    assert counted("nationality") == {"South Korea": 9}


def test_of_ethnicities_several_count():
    say(6, ethnicities=["white", "east_asian"])
    say(6, ethnicities=["white"])
    say(5, ethnicities=["black"])
    say(2, ethnicities=["other"])

    assert {label: n for label, n in counted("ethnicities").items() if n} == {
        "White / Caucasian": 12,
        "East Asian": 6,
        "Black / of African descent": 5,
    }


def test_a_quarter_counts_when_it_is_over():
    with time_machine.travel("2026-02-01", tick=False):
        say(6, quarter="2026Q1", gender="female")
        running = totals.demographics()["people"]
    with time_machine.travel("2026-04-01", tick=False):
        over = totals.demographics()["people"]

    assert (running, over) == (None, 6)


def test_of_two_pages_nobody_works_out_what_the_few_between_them_said():
    say(6, quarter="2020Q1", gender="female")
    say(6, quarter="2020Q1", gender="male")
    first = counted("gender")
    say(4, quarter="2020Q2", gender="female")
    say(1, quarter="2020Q2", gender="male")
    second = counted("gender")
    say(1, quarter="2020Q3", gender="female")
    third = counted("gender")

    assert first == second == {"male": 6, "female": 6, "nonbinary / other": None}
    assert third == {"male": 6, "female": 11, "nonbinary / other": None}


def test_nor_of_whom_several_may_be_said():
    say(6, quarter="2020Q1", ethnicities=["white", "black"])
    say(5, quarter="2020Q2", ethnicities=["white"])
    say(1, quarter="2020Q2", ethnicities=["black", "white"])

    shown = {label: n for label, n in counted("ethnicities").items() if n}

    assert shown == {"White / Caucasian": 12, "Black / of African descent": 6}


def test_satisfaction_is_a_mean_with_its_interval_by_quarter():
    project = ProjectFactory()
    rate(project, 3, 4, 4, 5, 4, quarter="2020Q1")
    rate(project, 2, 3, 2, 3, 2, 3, quarter="2020Q2")
    rate(project, 1, 1, 1, 1, quarter="2020Q3")
    rate(ProjectFactory(), 1, 1, 1, 1, 1, quarter="2020Q1")

    first, second = totals.satisfaction(project)

    clear = first.said[0]
    assert (first.quarter, first.people, second.quarter, second.people) == ("2020Q1", 5, "2020Q2", 6)
    # t of 4 degrees of freedom is 2.776, the deviation 0.7071, the root of five 2.236.
    assert (clear.statement, clear.estimate.value, clear.estimate.n) == ("the instructions were clear", 4.0, 5)
    assert (round(clear.estimate.low, 3), round(clear.estimate.high, 3)) == (3.122, 4.878)
    assert {one.estimate for one in first.said[1:]} == {None}


def test_a_statement_that_few_answered_is_hidden_though_the_quarter_is_not():
    project = ProjectFactory()
    rate(project, 3, 4, 4, 5)
    rate(project, 1, 1, 1, name="glad")

    (quarter,) = totals.satisfaction(project)

    assert (quarter.people, [said.estimate for said in quarter.said]) == (7, [None] * 5)


def pages(arrivals):
    """What a cell shows at the end of each quarter."""
    return tuple(suppression.shown(arrivals[: n + 1]) for n in range(len(arrivals)))


@given(st.lists(st.integers(0, 12), max_size=12))
def test_every_number_is_the_one_before_it_or_five_more_at_least(arrivals):
    shown = (0, *pages(arrivals))

    steps = {later - earlier for earlier, later in pairwise(shown)}
    assert [step for step in steps if 0 < step < suppression.FEWEST] == []
    assert 0 <= sum(arrivals) - shown[-1] < suppression.FEWEST


def test_from_all_pages_together_no_few_can_be_worked_out():
    """Whatever is shown, quarter after quarter, of no quarter is it certain that some but fewer than five came."""
    alike: dict = {}
    for arrivals in product(range(11), repeat=4):
        alike.setdefault(pages(arrivals), []).append(arrivals)

    certain = [
        (shown, quarter, few)
        for shown, found in alike.items()
        if all(later - earlier <= 10 for earlier, later in pairwise((0, *shown)))  # else more could have come than here
        for quarter in range(4)
        if len(few := {arrivals[quarter] for arrivals in found}) == 1 and few <= {1, 2, 3, 4}
    ]

    assert certain == []


def test_researchers_and_admins_read_the_totals(rita, ada, client_of):
    project = ProjectFactory(name="Rank answers")
    rate(project, 3, 4, 4, 5, 4)
    rate(ProjectFactory(name="Quiet one"), 3)
    say(6, gender="female")

    pages = [" ".join(client_of(person).get(reverse(TOTALS)).content.decode().split()) for person in (rita, ada)]

    for page in pages:
        assert "4.00 <small>(3.12–4.88; n = 5)</small>" in page
        assert "Fewer than five people have spoken of it in any quarter that is over." in page
        assert '<th scope="row">Female</th><td>6</td>' in page


@pytest.mark.parametrize("name", ["ann", "charlie", "eve", "judge"])
def test_nobody_else_does(name, request, client_of):
    assert client_of(request.getfixturevalue(name)).get(reverse(TOTALS)).status_code in {302, 403}


def test_who_was_asked_is_for_admins(ann, rita, ada, client_of):
    Asked.objects.create(person=ann, survey="demographics", quarter="2026Q4")
    address = reverse("admin:surveys_asked_changelist")

    assert client_of(rita).get(address).status_code == 403
    assert "ann" in client_of(ada).get(address).content.decode().lower()
