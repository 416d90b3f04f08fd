"""Are responses good by a question of a project's own, where it asks for no overall quality?"""

import pytest
from django.core.exceptions import ValidationError

from labeling.datasets import choosing
from labeling.work import drawing
from tests.datasets.test_kinds import drawn, lines, rate
from tests.factories import FormVersionFactory, ProjectFactory, PromptFactory, ResponseFactory

pytestmark = pytest.mark.django_db

USEFUL = {"key": "useful", "wording": "How useful is it?", "scale": "likert", "minimum": 1, "maximum": 7}
CLEAR = {"key": "clear", "wording": "How clear is it?", "scale": "likert", "minimum": 0, "maximum": 10}
ERRORS = CLEAR | {"key": "errors", "wording": "How many errors?", "good_answer": "low"}
OVERALL = {"key": "overall_quality", "wording": "Quality", "scale": "likert", "minimum": 1, "maximum": 7}


def asking(*questions, **fields):
    return ProjectFactory(
        name=fields.pop("name", "Rate feedback"), kind="rating", form=FormVersionFactory(questions=questions).form,
        **{"k": 1, "only_references": True, "overlap": 2} | fields,
    )  # fmt: skip


def feedback(project, text):
    """A task of one reference, though a model has answered as well."""
    prompt = PromptFactory()
    ResponseFactory(prompt=prompt, endpoint=None, text=text)
    ResponseFactory(prompt=prompt, text="By a model.")
    drawing.add_tasks(project=project, prompts=[prompt.pk])
    return project.tasks.get(prompt=prompt)


def imitated(*projects, **filters):
    made = lines("sft", "trl", *projects, **filters)
    return [(line["completion"][0]["content"], line["from"], line["rating"]) for _split, line in made]


def refusal(kind, *projects, **filters):
    with pytest.raises(ValidationError) as refused:
        choosing.choose(kind=kind, format="trl", projects=projects, filters=filters)
    [sentence] = refused.value.message_dict["filters"]
    return sentence


def test_feedback_is_imitated_by_the_median_of_the_only_likert_question(ann, bob):
    project = asking(USEFUL, {"key": "kind", "wording": "Is it kind?", "scale": "binary"})
    for text, first, second in (("Say why.", 5, 7), ("Good.", 7, 4), ("Cite it.", 7, 7)):
        task = feedback(project, text)
        rate(task, ann, answers={"A": {"useful": first, "kind": True}})
        rate(task, bob, answers={"A": {"useful": second}})

    assert imitated(project, minimum_rating=6) == [("Say why.", "reference", 6.0), ("Cite it.", "reference", 7.0)]
    choice = choosing.choose(kind="sft", format="openai", projects=[project], filters={"minimum_rating": 6})
    assert choice.filters == {"minimum_rating": 6, "question": "useful"}


def test_a_question_is_named_where_there_are_several_and_judges_on_its_own_scale(ann):
    project = asking(USEFUL, CLEAR, ERRORS)
    rate(feedback(project, "Say why."), ann, answers={"A": {"useful": 2, "clear": 9, "errors": 10}})

    assert imitated(project, minimum_rating=9, question="clear") == [("Say why.", "reference", 9.0)]
    assert imitated(project, minimum_rating=3, question="useful") == []
    assert refusal("sft", project, minimum_rating=6) == (
        "“Rate feedback” asks for no overall quality: name another “question”; choose from clear, useful."
    )
    assert refusal("sft", project, minimum_rating=9, question="useful") == (
        "The filter “minimum_rating” is a number from 1 to 7, unlike 9."
    )
    assert refusal("sft", project, minimum_rating=1, question="errors") == (
        "“Rate feedback” asks no Likert question “errors” of each response; choose from clear, useful."
    )


def test_good_and_bad_are_told_by_the_middle_of_the_scale(ann):
    project = asking(CLEAR, k=2, only_references=False)
    rate(drawn(project, ["a", "b"]), ann, answers={"A": {"clear": 8}, "B": {"clear": 4}})

    made = lines("unpaired", "trl", project)

    assert [(line["completion"][0]["content"], line["label"]) for _, line in made] == [("a", True), ("b", False)]
    choice = choosing.choose(kind="unpaired", format="trl", projects=[project])
    assert choice.filters == {"threshold": 5.0, "question": "clear"}


def test_the_overall_quality_goes_first_and_is_not_said(ann):
    project = asking(OVERALL, USEFUL)
    rate(feedback(project, "Say why."), ann, A=7, answers={"A": {"useful": 1}})

    assert imitated(project, minimum_rating=6) == [("Say why.", "reference", 7.0)]
    said = {"minimum_rating": 6, "question": "overall_quality"}
    assert choosing.choose(kind="sft", format="trl", projects=[project], filters=said).filters == {"minimum_rating": 6}


def test_what_has_no_common_scale_is_refused(ann):
    project, other = asking(USEFUL), asking(OVERALL, name="Rate answers")
    nothing = asking({"key": "kind", "wording": "Kind?", "scale": "binary"}, name="Rate kindness")
    rate(feedback(project, "Say why."), ann, answers={"A": {"useful": 7}})
    FormVersionFactory(form=project.form, number=2, questions=[USEFUL | {"maximum": 5}])
    asked_by = feedback(project, "Cite it.")
    rate(asked_by, ann, answers={"A": {"useful": 5}})

    assert refusal("sft", project, minimum_rating=5) == (
        "“useful” was asked on several scales (1 to 5, 1 to 7), which have no common median."
    )
    assert refusal("sft", project, other, minimum_rating=5) == (
        "“Rate feedback” asks for no overall quality, and the projects have no Likert question in common."
    )
    assert refusal("unpaired", nothing) == (
        "“Rate kindness” asks for no overall quality, and the projects have no Likert question in common."
    )
    assert refusal("sft", project, references=True, question="useful") == (
        "“question” says what “minimum_rating” is about: give both."
    )


def test_references_that_were_rated_come_by_their_rating_and_only_once(ann):
    project = asking(OVERALL)
    rate(feedback(project, "Rated highly."), ann, A=6)
    rate(feedback(project, "Rated low."), ann, A=2)
    feedback(project, "Not rated yet.")

    assert imitated(project, minimum_rating=6) == [("Rated highly.", "reference", 6.0)]
    assert imitated(project, minimum_rating=6, references=True) == [
        ("Rated highly.", "reference", 6.0),
        ("Not rated yet.", "reference", None),
    ]
