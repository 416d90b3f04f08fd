"""Do people choose on pages that say how somebody did, and nothing of who they are?"""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from labeling.people.models import CohortMembership
from labeling.people.pseudonyms import pseudonym
from labeling.quality import grading
from labeling.screening import deciding, scoring
from labeling.screening.models import Criterion, Decision
from tests.factories.screening import applicant, attempt_of, published_test

pytestmark = pytest.mark.django_db
KEPT_APART = 'name="chosen"'


@pytest.fixture
def able(test):
    return attempt_of(applicant(pk=987_001, name="Quentin Able", email="quentin@example.org"), test)


@pytest.fixture
def unable(test):
    return attempt_of(
        applicant(pk=987_002, name="Ursula Unable", email="ursula@example.org"), test, flip=True, reverse=True
    )


def page_of(test, name="selection", *codes, **query):
    return reverse(f"admin:screening_test_{name}", args=[test.pk, *codes], query=query)


def decide(client, test, codes, **fields):
    return client.post(page_of(test, "decide"), {"chosen": codes} | fields)


def graded(attempt, score, *people):
    from labeling.screening import taking

    for label in taking.labels_of(attempt).filter(demonstration__isnull=False):
        for person in people:
            grading.grade(label=label, score=score, by=person)
    scoring.score(attempt=attempt)
    return attempt


def codes(page):
    return [row.code for row in page.context["rows"]]


def test_nothing_on_the_pages_says_who_somebody_is(test, able, unable, rita, client_of):
    client, people = client_of(rita), [able.applicant, unable.applicant]
    pages = [
        client.get(page_of(test)),
        client.get(page_of(test, "attempt", able.code)),
        decide(client, test, [able.code, unable.code], look="1"),
        decide(client, test, [able.code], outcome="declined", reason="Not enough."),
    ]

    for page in pages:
        assert page.status_code == 200
        told = page.content.decode()
        secrets = [secret for one in people for secret in (one.name, one.email, pseudonym(one.pseudonym_key))]
        assert [secret for secret in secrets if secret in told] == []
        assert [one.pk for one in people if str(one.pk) in told] == []


def test_criteria_sort_best_first_and_then_the_other_way(test, able, unable, rita, client_of):
    client = client_of(rita)

    best_first, worst_first = (codes(client.get(page_of(test, sort=sort))) for sort in ("-flags", "flags"))

    assert (best_first, worst_first) == ([able.code, unable.code], [unable.code, able.code])
    links = [column["link"] for column in client.get(page_of(test, sort="-flags")).context["columns"]]
    assert links[:3] == ["?sort=code", "?sort=day", "?sort=flags"]


def test_a_row_says_the_value_its_interval_and_whether_it_reaches_the_cutoff(test, able, unable, rita, client_of):
    rows = {row.code: row for row in client_of(rita).get(page_of(test)).context["rows"]}

    flags = {code: row.cells[Criterion.FLAGS] for code, row in rows.items()}
    assert (flags[able.code].said, flags[able.code].meets) == ("100 %", True)
    assert (flags[unable.code].said, flags[unable.code].meets) == ("0 %", False)
    assert flags[able.code].interval.endswith("– 100 %")
    assert rows[able.code].cells[Criterion.DEMONSTRATIONS].said == "–"


def test_only_those_who_meet_all_cutoffs_may_be_asked_for(test, able, unable, rita, ada, client_of):
    graded(able, 7, rita, ada)

    page = client_of(rita).get(page_of(test, meets="all"))

    assert codes(page) == [able.code]


def test_missing_grades_are_counted_and_lead_to_grading(test, able, rita, ada, client_of):
    client = client_of(rita)

    before, after = client.get(page_of(test)), [graded(able, 6, rita, ada), client.get(page_of(test))][1]

    assert (before.context["to_grade"], after.context["to_grade"]) == (4, 0)
    assert reverse("admin:screening_test_grading", args=[test.pk]) in before.content.decode()


def test_it_is_asked_once_more_and_then_done(test, able, unable, rita, client_of):
    client, both = client_of(rita), [able.code, unable.code]

    asked = decide(client, test, both, outcome="training", reason="Both careful.")
    assert (asked.status_code, asked.context["asks"], Decision.objects.count()) == (200, True, 0)
    done = decide(
        client, test, both, outcome="training", reason="Both careful.", known=asked.context["known"], sure="1"
    )

    assert done.headers["Location"] == page_of(test)
    assert sorted(CohortMembership.objects.values_list("labeler", "cohort")) == sorted(
        (attempt.applicant_id, "training") for attempt in (able, unable)
    )
    assert set(Decision.objects.values_list("outcome", "reason", "decided_by")) == {
        ("training", "Both careful.", rita.pk)
    }
    page = client.get(page_of(test, state="admitted"))
    assert (sorted(codes(page)), KEPT_APART in page.content.decode()) == (sorted(both), False)


@pytest.mark.parametrize(("outcome", "reason"), [("", "Because."), ("training", "  "), ("later", "Because.")])
def test_what_is_missing_is_said_and_nothing_is_decided(test, able, rita, client_of, outcome, reason):
    answer = decide(client_of(rita), test, [able.code], outcome=outcome, reason=reason, sure="1", known="0")

    assert (answer.status_code, bool(answer.context["form"].errors)) == (422, True)
    assert not Decision.objects.exists()


def test_what_somebody_else_decided_meanwhile_is_seen_first(test, able, rita, ada, client_of):
    client = client_of(rita)
    known = decide(client, test, [able.code], outcome="declined", reason="No.").context["known"]
    deciding.decide(attempt=able, outcome="waiting", reason="Later.", by=ada)

    answer = decide(client, test, [able.code], outcome="declined", reason="No.", known=known, sure="1")

    assert "Somebody has decided about some of these meanwhile." in answer.content.decode()
    assert list(Decision.objects.values_list("outcome", flat=True)) == ["waiting"]


def test_nobody_chosen_leads_back(test, able, rita, client_of):
    assert decide(client_of(rita), test, [], look="1").headers["Location"] == page_of(test)


def test_codes_of_another_test_choose_nobody(test, able, rita, client_of):
    other = published_test(rita, name="Other", is_open=True)

    assert decide(client_of(rita), other, [able.code], look="1").headers["Location"] == page_of(other)
    assert client_of(rita).get(page_of(other, "attempt", able.code)).status_code == 404


def test_who_it_is_opens_after_the_decision_and_stands_in_the_history(test, able, rita, client_of):
    client, address = client_of(rita), page_of(test, "identity", able.code)
    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
    deciding.decide(attempt=able, outcome="declined", reason="No.", by=rita)

    asked, opened = client.get(address), client.post(address)

    assert able.applicant.email not in asked.content.decode()
    assert able.applicant.email in opened.content.decode()
    said = LogEntry.objects.filter(object_id=str(test.pk)).values_list("user", "change_message")
    assert list(said) == [(rita.pk, f"Opened the name and the address behind {able.code}.")]


def test_the_waiting_list_opens_nobodys_name_so_that_the_decision_that_counts_is_blind(test, able, rita, client_of):
    client, address = client_of(rita), page_of(test, "identity", able.code)
    deciding.decide(attempt=able, outcome="waiting", reason="No place.", by=rita)

    shown = client.get(page_of(test, "attempt", able.code)).content.decode()

    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
    assert ("No place." in shown, address in shown) == (True, False)
    deciding.decide(attempt=able, outcome="training", reason="A place.", by=rita)
    assert address in client.get(page_of(test, "attempt", able.code)).content.decode()


def test_grades_that_are_missing_of_whoever_waits_can_be_given(test, able, rita, ada, client_of):
    deciding.decide(attempt=able, outcome="waiting", reason="No place.", by=rita)
    client = client_of(rita)

    missing = client.get(page_of(test)).context["to_grade"]
    waiting = client.get(page_of(test, "grading")).context["left"]
    graded(able, 6, rita)
    parts = client.get(page_of(test, "attempt", able.code)).context["parts"]

    assert (missing, waiting) == (4, 2)
    assert [item.grades for part in parts for item in part.items if item.text] == [[], []]


def test_one_attempt_shows_every_answer_beside_the_key(test, unable, rita, client_of):
    parts = client_of(rita).get(page_of(test, "attempt", unable.code)).context["parts"]

    shown = {part.criterion: part.items for part in parts}
    assert list(shown) == ["flags", "rankings", "demonstrations", "self_assessment"]
    assert {line.agrees for item in shown["flags"] for line in item.lines} == {False}
    assert {item.agreement for item in shown["rankings"]} == {"0 %"}
    assert [item.text for item in shown["demonstrations"]] == ["A careful answer."] * 2
    assert [line.given for line in shown["self_assessment"][0].lines] == ["hate and harassment", "older people"]


def test_grades_are_shown_when_all_have_been_given(test, able, rita, ada, client_of):
    client = client_of(rita)

    def shown():
        parts = client.get(page_of(test, "attempt", able.code)).context["parts"]
        return [(item.grades, item.grades_missing) for part in parts for item in part.items if item.text]

    graded(able, 3, rita)
    assert shown() == [([], 1), ([], 1)]
    graded(able, 5, ada)
    assert shown() == [([(3, ""), (5, "")], 0), ([(3, ""), (5, "")], 0)]


def test_the_team_is_weighed_by_what_it_can_judge(test, able, unable, rita, client_of):
    page = decide(client_of(rita), test, [able.code, unable.code], look="1")

    people = {one.key: one.people for one in page.context["coverage"]}
    assert (people["topics:hate"], people["groups:old"], people["topics:drugs"]) == (2, 2, 0)


def test_the_queries_do_not_grow_with_the_applicants(test, able, rita, client_of, django_assert_max_num_queries):
    client = client_of(rita)
    client.get(page_of(test))
    with django_assert_max_num_queries(100) as before:
        client.get(page_of(test))
    for n in range(3):
        attempt_of(applicant(email=f"more{n}@example.org"), test)

    with django_assert_max_num_queries(len(before)):
        assert len(client.get(page_of(test)).context["rows"]) == 4


@pytest.mark.parametrize("person", ["ann", "hal", "charlie", "eve", "abe"])
@pytest.mark.parametrize("name", ["selection", "decide", "attempt", "identity"])
def test_nobody_else_chooses(request, test, able, client_of, person, name):
    address = page_of(test, name, *([able.code] if name in ("attempt", "identity") else []))
    client = client_of(request.getfixturevalue(person))

    for answer in (client.get(address), client.post(address, {"chosen": able.code, "outcome": "training"})):
        assert answer.status_code in {302, 403}
        assert answer.status_code == 403 or "/login/" in answer.headers["Location"]
    assert not Decision.objects.exists()
