"""Is a test built from what fits, keyed by researchers, and published only when it measures something?"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from labeling.labels import recording, reopening
from labeling.labels.models import Label
from labeling.quality.models import Gold
from labeling.screening import balance, building, keys, publishing
from labeling.screening.models import Criterion, Section
from labeling.work import projects, steering
from labeling.work.models import Assignment, Invitee, Project, ProjectState, Task
from tests.factories import ProjectFactory, UserFactory
from tests.factories.screening import answer_to, draft_test, keyed_test, work_through
from tests.screening.conftest import section_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("criterion", "fields", "sentence"),
    [
        ("flags", {"kind": "rating", "purpose": "training"}, "does not serve screening"),
        ("flags", {"kind": "rating", "purpose": "screening", "overlap": 2}, "must ask everybody"),
        ("rankings", {"kind": "rating", "purpose": "screening", "overlap": None}, "is of another kind"),
        ("self_assessment", {"kind": "rating", "purpose": "screening", "overlap": None}, "offers nothing to choose"),
    ],
)
def test_a_section_that_does_not_fit_is_refused(rita, criterion, fields, sentence):
    test = building.new_test(name="x", by=rita)

    with pytest.raises(ValidationError, match=sentence):
        building.add_section(test=test, criterion=criterion, title="x", project=ProjectFactory(**fields))


def test_researchers_who_agree_make_the_key_at_once(rita):
    test = draft_test(rita)
    raul = UserFactory(groups=["researcher"], is_staff=True)
    flags = section_of(test, Criterion.FLAGS)
    projects.open_project(project=flags.project)
    for person in (rita, raul):
        work_through(flags, person)

    assert keys.agree_where_unanimous(section=flags, by=rita) == 4
    assert keys.agree_where_unanimous(section=flags, by=rita) == 0
    assert Gold.objects.count() == 4


def test_where_researchers_differ_somebody_chooses(rita):
    test = draft_test(rita)
    raul = UserFactory(groups=["researcher"], is_staff=True)
    rankings = section_of(test, Criterion.RANKINGS)
    projects.open_project(project=rankings.project)
    work_through(rankings, rita)
    work_through(rankings, raul, reverse=True)

    item = keys.items(rankings)[0]

    assert (item.differs, item.is_agreed) == ([("ranking", None)], False)
    assert keys.agree_where_unanimous(section=rankings, by=rita) == 0
    keys.agree(task=item.task, label=item.labels[1], by=rita, explanation="As Raul says.")
    assert keys.items(rankings)[0].gold.label == item.labels[1]


def test_an_applicants_answer_is_no_key(rita, abe):
    test = draft_test(rita)
    flags = section_of(test, Criterion.FLAGS)
    projects.open_project(project=flags.project)
    Invitee.objects.create(project=flags.project, labeler=abe)
    (theirs, *_rest) = work_through(flags, abe)

    with pytest.raises(ValidationError, match="a standing label of a researcher"):
        keys.agree(task=theirs.assignment.task, label=theirs, by=rita)
    assert [item.labels for item in keys.items(flags)] == [[]] * 4
    assert keys.agree_where_unanimous(section=flags, by=rita) == 0


def test_an_answer_that_was_corrected_is_no_key(rita):
    test = draft_test(rita)
    flags = section_of(test, Criterion.FLAGS)
    projects.open_project(project=flags.project)
    (mine, *_rest) = work_through(flags, rita)
    corrected(mine, Criterion.FLAGS)

    with pytest.raises(ValidationError, match="a standing label of a researcher"):
        keys.agree(task=mine.assignment.task, label=mine, by=rita)


def reopened(label):
    sheet = Assignment.objects.select_related("project", "task__prompt", "labeler").get(pk=label.assignment_id)
    reopening.reopen(assignment=sheet)
    return Assignment.objects.select_related("project", "task__prompt", "labeler").get(pk=sheet.pk)


def corrected(label, criterion):
    """Have its researcher say the opposite."""
    sheet = reopened(label)
    return recording.record(assignment=sheet, body=answer_to(sheet, criterion, flip=True))


@pytest.mark.parametrize("change", [lambda label: corrected(label, Criterion.FLAGS), reopened])
def test_a_right_answer_that_is_corrected_is_to_be_chosen_again_before_publishing(rita, change):
    test = keyed_test(rita)
    gold = Gold.objects.filter(task__project__section__criterion=Criterion.FLAGS).first()
    change(gold.label)

    with pytest.raises(ValidationError) as refused:
        publishing.publish(test=test, by=rita)

    assert refused.value.messages == ["“Flags”: 1 of 4 right answers were corrected or reopened since: choose again."]
    assert not Label.objects.filter(locked_because="key").exists()


def test_what_was_corrected_becomes_the_key_with_what_else_is_agreed(rita):
    test = keyed_test(rita)
    flags = section_of(test, Criterion.FLAGS)
    gold = Gold.objects.filter(task__project=flags.project).first()
    newer = corrected(gold.label, Criterion.FLAGS)

    assert keys.agree_where_unanimous(section=flags, by=rita) == 1

    gold.refresh_from_db()
    assert (gold.label, gold.explanation) == (newer, "Because.")
    assert [message for message in publishing.faults(test) if "corrected" in message] == []


def test_publishing_says_everything_that_is_missing(rita):
    test = draft_test(rita)
    Project.objects.get(section__criterion=Criterion.DEMONSTRATIONS).tasks.all().delete()

    with pytest.raises(ValidationError) as refused:
        publishing.publish(test=test, by=rita)

    assert refused.value.messages == [
        "“Writing” has no items: add tasks to its project.",
        "“Practice”: 1 of 1 items have no right answer yet.",
        "“Flags”: 4 of 4 items have no right answer yet.",
        "“Rankings”: 2 of 2 items have no right answer yet.",
    ]


def test_a_whole_and_balanced_test_is_published(rita):
    test = publishing.publish(test=keyed_test(rita), by=rita)

    assert (test.state, test.published_by) == ("published", rita)
    states = Project.objects.filter(section__test=test).values_list("state", flat=True)
    assert set(states) == {ProjectState.OPEN}
    assert Label.objects.filter(gold__isnull=False, locked_because="key").count() == 7


def test_what_does_not_look_is_measured_against_the_key(rita):
    test = keyed_test(rita, ranking_variant="tie_half")

    found = {strategy.name: strategy.reaches for strategy in balance.strategies(test)}

    assert found == {
        "always_no": 0.5,
        "always_yes": 0.5,
        "constant": 0.5,
        # Four strict orders: half of each pair. One tie among five strict pairs: (5 / 2 + 1) / 6.
        "all_tied": pytest.approx((0.5 + 3.5 / 6) / 2),
        # One told apart: 3 of 6 right and 3 halves; 3 right, a tie that is one, and 2 halves.
        "one_apart": pytest.approx((4.5 + 5) / 12),
    }


def test_whoever_tells_but_one_response_apart_reaches_all_and_says_too_little(rita):
    one_apart = next(one for one in balance.strategies(keyed_test(rita)) if one.name == "one_apart")

    assert (one_apart.reaches, one_apart.told_apart) == (1.0, 6 / 11)  # of 6 pairs in order, and 5
    assert (one_apart.reaches_cutoff, one_apart.passes) == (True, False)


@pytest.mark.parametrize(
    ("orders", "fault"),
    [
        (["a=b=c > d", "a > b=c=d"], "Somebody who tells only one response of each ranking from the rest would reach"),
        (["a=b=c=d", "a=b=c=d"], "The rankings of the key have no pair to compare."),
    ],
)
def test_a_key_that_ties_nearly_everything_is_refused(rita, monkeypatch, orders, fault):
    monkeypatch.setattr("tests.factories.screening.ORDERS", orders)

    found = publishing.faults(keyed_test(rita))

    assert [sentence.startswith(fault) for sentence in found] == [True]


def test_the_balance_is_that_of_the_items_that_everybody_is_asked(rita):
    test = keyed_test(rita)
    flags = section_of(test, Criterion.FLAGS)
    no_no = next(item.task for item in keys.items(flags) if not any(item.answers[item.labels[0].pk].values()))
    steering.reprioritise(tasks=Task.objects.filter(pk=no_no.pk), priority=5)
    projects.change_project(project=flags.project, by=rita, most_per_labeler=1)

    found = {strategy.name: strategy.reaches for strategy in balance.strategies(test)}

    assert (found["always_no"], found["always_yes"]) == (1.0, 0.0)
    assert publishing.faults(test)[0] == "Somebody who always says no would reach 100% of 75%: balance the key."


def test_a_key_that_always_no_would_meet_is_refused(rita):
    test = keyed_test(rita, cutoff_flags="0.50")

    with pytest.raises(ValidationError) as refused:
        publishing.publish(test=test, by=rita)

    assert refused.value.messages[0] == "Somebody who always says no would reach 50% of 50%: balance the key."


def test_the_database_keeps_sections_and_key_of_a_published_test(rita):
    test = publishing.publish(test=keyed_test(rita), by=rita)

    with pytest.raises(IntegrityError, match="a published test keeps its sections"), transaction.atomic():
        Section.objects.filter(test=test).update(minutes=5)
    with pytest.raises(IntegrityError, match="a published test keeps its sections"), transaction.atomic():
        Gold.objects.all().delete()
    with pytest.raises(ValidationError, match="has been published"):
        building.start_section(test=test, criterion="flags", title="More", instructions="x", by=rita)
