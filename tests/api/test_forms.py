"""Forms over REST: asked, changed by a new version, and what is wrong with them said."""

import pytest

from labeling.guidelines.models import Form, FormVersion
from tests.factories import FormVersionFactory, ProjectFactory

pytestmark = pytest.mark.django_db

USEFUL = {"key": "useful", "wording": "How useful?", "scale": "likert", "minimum": 1, "maximum": 7}
STYLE = {
    "key": "style", "wording": "Style", "scale": "choice", "is_required": False, "applies_to_tags": ["letters"],
    "choices": [{"key": "formal", "label": "Formal"}, {"key": "casual", "label": "Casual"}],
}  # fmt: skip
LEFT_OUT = {
    "per": "response", "is_required": True, "allows_na": False, "minimum": None, "maximum": None, "low_anchor": "",
    "high_anchor": "", "good_answer": "", "applies_to_tags": [], "choices": [],
}  # fmt: skip


@pytest.fixture
def engineer(rest, eve):
    return rest(eve, "write")


def test_a_form_is_made_with_its_questions_and_shown_again(engineer):
    made = engineer.post("/api/v1/forms/", {"key": "feedback", "title": "Feedback", "questions": [USEFUL, STYLE]})

    whole = {
        "key": "feedback", "title": "Feedback", "version": 1,
        "questions": [LEFT_OUT | USEFUL, LEFT_OUT | STYLE],
    }  # fmt: skip
    assert (made.status_code, made.json()) == (201, whole)
    assert engineer.get("/api/v1/forms/feedback/").json() == whole
    assert engineer.get("/api/v1/forms/").json()["results"][0] == whole
    assert FormVersion.objects.get(form__key="feedback").created_by.email == "eve@attune.example"


def test_other_questions_make_a_new_version(engineer):
    form = FormVersionFactory().form

    changed = engineer.patch(f"/api/v1/forms/{form.key}/", {"title": "Usefulness", "questions": [USEFUL]})

    assert (changed.status_code, changed.json()["version"], changed.json()["title"]) == (200, 2, "Usefulness")
    assert [question["key"] for question in changed.json()["questions"]] == ["useful"]
    assert form.versions.get(number=1).questions.count() == 2


def test_a_project_asks_the_questions_of_a_form_made_over_rest(engineer):
    engineer.post("/api/v1/forms/", {"key": "feedback", "title": "Feedback", "questions": [USEFUL]})
    asked = {"name": "Rate feedback", "kind": "rating", "k": 1, "only_references": True, "form": "feedback"}

    assert engineer.post("/api/v1/projects/", asked | {"instructions": "Read first."}).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"questions": []}, 422, "A form asks at least one question."),
        ({"questions": [USEFUL, USEFUL]}, 422, "Two questions have the key “useful”; each needs its own."),
        ({"questions": [USEFUL | {"key": "overall_quality", "maximum": 5}]}, 422, "a Likert scale from 1 to 7"),
        ({"questions": [USEFUL | {"scale": "stars"}]}, 400, "“stars” is not a valid choice."),
        ({"questions": [USEFUL | {"color": "red"}]}, 400, "There is no field of this name here"),
        ({"key": "instructgpt"}, 400, "form with this key already exists."),
        ({"key": "not a key"}, 400, "Enter a valid “slug”"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_in_a_sentence(engineer, change, status, sentence):
    asked = {"key": "feedback", "title": "Feedback", "questions": [USEFUL]} | change

    answer = engineer.post("/api/v1/forms/", asked)

    assert answer.status_code == status
    assert sentence in answer.text.replace('\\"', "“", 1).replace('\\"', "”", 1)
    assert not Form.objects.filter(key="feedback").exists()


def test_the_list_takes_as_many_queries_for_five_forms_as_for_one(engineer, django_assert_num_queries):
    FormVersionFactory()
    engineer.get("/api/v1/forms/")
    for _ in range(4):
        FormVersionFactory(form=ProjectFactory().form, number=2)
    # the token, its roles; then the forms, their versions, the questions, the choices
    with django_assert_num_queries(6):
        engineer.get("/api/v1/forms/")
