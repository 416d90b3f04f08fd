"""Are totals right, and can nobody work out from them what fewer than five people said?"""

from itertools import product

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given, settings
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


def test_answers_are_counted_and_so_is_who_gave_none():
    say(6, gender="female")
    say(7, gender="male")
    say(5)

    assert totals.demographics()["people"] == 18
    assert counted("gender") == {"male": 7, "female": 6, "nonbinary / other": 0, "": 5}


def test_a_small_cell_is_hidden_with_another_that_would_tell_it():
    say(9, gender="female")
    say(7, gender="male")
    say(2, gender="nonbinary")

    assert counted("gender") == {"male": None, "female": 9, "nonbinary / other": None, "": None}


def test_countries_that_nobody_named_are_not_listed():
    say(6, nationality="KR")
    say(5, nationality="PH")

    assert counted("nationality") == {"Philippines": 5, "South Korea": 6, "": 0}


def test_countries_of_few_are_not_so_much_as_named():
    say(9, nationality="KR")
    for code in ("PH", "BD", "US", "DE", "FR"):
        say(1, nationality=code)

    assert counted("nationality") == {"South Korea": 9, "all others": None}


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


def test_a_quarter_with_few_answers_waits_for_the_next():
    say(6, quarter="2020Q1", gender="female")
    say(1, quarter="2020Q2", gender="male")
    before = totals.demographics()["people"]
    say(4, quarter="2020Q3", gender="male")

    assert (before, totals.demographics()["people"]) == (6, 11)


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


def solutions(shown, total):
    """Every way to fill the hidden cells so that the same would be shown."""
    hidden = [cell for cell, n in shown.items() if n is None]
    known = {cell: n for cell, n in shown.items() if n is not None}
    rest = total - sum(known.values())
    for filled in product(range(rest + 1), repeat=len(hidden)):
        whole = known | dict(zip(hidden, filled, strict=True))
        if sum(filled) == rest and suppression.shown_of_one({cell: whole[cell] for cell in shown}) == shown:
            yield whole


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=4))
def test_no_small_cell_can_be_worked_out(numbers):
    counts = {f"cell {place}": n for place, n in enumerate(numbers)}
    total = sum(numbers)

    shown = suppression.shown_of_one(counts)

    hidden = [cell for cell, n in shown.items() if n is None]
    assert all(n is None or n == 0 or n >= suppression.FEWEST for n in shown.values())
    if total >= suppression.FEWEST and hidden:
        assert sum(counts[cell] for cell in hidden) >= suppression.FEWEST
        found = list(solutions(shown, total))
        assert all(len({whole[cell] for whole in found}) > 1 for cell in hidden)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=5), st.integers(0, 20))
def test_nor_who_did_not_choose_one_of_several(numbers, more):
    total = max(numbers) + more
    shown = suppression.shown_of_several(dict(enumerate(numbers)), total)

    small = range(1, suppression.FEWEST)
    assert [n for n in shown.values() if n is not None and (n in small or total - n in small)] == []


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
