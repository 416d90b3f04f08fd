"""Where do researchers write questions and instructions?"""

import pytest
from django.urls import reverse

from labeling.guidelines import versions
from labeling.guidelines.models import Choice, Form, Instructions
from labeling.work import queue
from tests.factories import FormVersionFactory, InstructionsFactory, TaskFactory

pytestmark = pytest.mark.django_db

LISTS = ["form", "formversion", "instructions", "instructionsversion"]


def question(number, **fields):
    """One question as the page sends it."""
    sent = {"position": number, "key": f"q{number}", "wording": f"Question {number}", "scale": "binary"}
    sent |= {"per": "response", "is_required": "on"} | fields
    return {f"questions-{number}-{name}": value for name, value in sent.items()}


def version_page(*questions, **fields):
    sent = {"questions-TOTAL_FORMS": len(questions), "questions-INITIAL_FORMS": 0} | fields
    for each in questions:
        sent |= each
    return sent


@pytest.mark.parametrize("model", LISTS)
def test_researchers_open_the_lists(model, rita, client_of):
    FormVersionFactory(), InstructionsFactory()

    assert client_of(rita).get(reverse(f"admin:guidelines_{model}_changelist")).status_code == 200


@pytest.mark.parametrize("name", ["ann", "charlie", "eve", "judge"])
@pytest.mark.parametrize("model", LISTS)
def test_others_are_sent_away(model, name, client_of, request):
    client = client_of(request.getfixturevalue(name))

    assert client.get(reverse(f"admin:guidelines_{model}_changelist")).status_code == 302


def test_a_new_form_leads_on_to_its_first_version(rita, client_of):
    client = client_of(rita)

    response = client.post(reverse("admin:guidelines_form_add"), {"title": "Tone", "key": "tone"})

    form = Form.objects.get(key="tone")
    assert response.url == f"{reverse('admin:guidelines_formversion_add')}?form={form.pk}"
    assert client.get(response.url).status_code == 200


def test_a_version_is_written_question_by_question_in_the_order_of_positions(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")
    likert = question(0, position=2, key="tone", scale="likert", minimum=1, maximum=5, low_anchor="rude")
    topic = question(1, position=1, key="topic", scale="choice", choices="law: The law\nart: Art", per="prompt")
    blank = {"questions-2-is_required": "on", "questions-2-per": "response"}

    response = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"), version_page(likert, topic, blank, form=form.pk)
    )

    assert response.status_code == 302, response.context["errors"]
    version = form.newest()
    assert (version.number, version.created_by) == (1, rita)
    assert list(version.questions.values_list("position", "key", "scale", "per")) == [
        (0, "topic", "choice", "prompt"),
        (1, "tone", "likert", "response"),
    ]
    assert list(Choice.objects.filter(question__version=version).values_list("key", "label")) == [
        ("law", "The law"),
        ("art", "Art"),
    ]


def test_a_fault_in_a_version_is_said_on_the_page(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")

    response = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"),
        version_page(question(0, scale="likert"), question(1, key="q0"), form=form.pk),
    )

    assert "The Likert scale of “q0” needs a lowest and a higher highest number." in response.text
    assert "Two questions have the key “q0”; each needs its own." in response.text
    assert form.newest() is None


def test_a_choice_that_is_not_written_as_key_and_label_is_refused(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")

    response = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"),
        version_page(question(0, scale="choice", choices="The Law"), form=form.pk),
    )

    assert "“The Law” is not of the form “key: label”" in response.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"scale": "likert", "minimum": 40_000, "maximum": 40_006}, "must lie between -100 and 100"),
        ({"scale": "choice", "choices": f"law: {'x' * 201}\nart: Art"}, "longer than 200 characters"),
    ],
)
def test_what_no_column_holds_is_refused_in_a_sentence(fields, sentence, rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")

    response = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"), version_page(question(0, **fields), form=form.pk)
    )

    assert sentence in response.text
    assert form.newest() is None


def test_a_question_moves_with_all_that_was_typed_and_nothing_is_saved(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")
    asked = [question(0, position=""), question(1, position="", wording="Moves", allows_na="on"), question(2)]
    blank = {"questions-3-per": "response"}

    page = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"), version_page(*asked, blank, form=form.pk, _move="1 up")
    )

    rows = page.context["inline_admin_formsets"][0].formset.forms
    assert [(row["wording"].value(), row["position"].value()) for row in rows] == [
        ("Question 2", "1"),
        ("Moves", "2"),
        ("Question 0", "3"),
        (None, ""),
    ]
    assert [row["allows_na"].value() for row in rows] == [False, True, False, False]
    assert form.newest() is None


def test_without_a_script_there_is_room_for_one_more_question(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")

    page = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"), version_page(question(0), form=form.pk, _more="1")
    )

    assert page.context["inline_admin_formsets"][0].formset.total_form_count() == 2
    assert form.newest() is None


def test_tags_of_the_paper_and_of_ones_own_limit_a_question(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")
    asked = question(0, tags=["closed_domain", "ambiguous"], other_tags="law, , art")
    client = client_of(rita)

    client.post(reverse("admin:guidelines_formversion_add"), version_page(asked, form=form.pk))

    assert form.newest().questions.get().applies_to_tags == ["closed_domain", "ambiguous", "law", "art"]
    page = client.get(reverse("admin:guidelines_formversion_change", args=[form.newest().pk]))
    [row] = [row for row in page.context["inline_admin_formsets"][0].formset.forms if row.instance.pk]
    assert (row.initial["tags"], row.initial["other_tags"]) == (["closed_domain", "ambiguous"], "law, art")


def test_a_preview_with_a_fault_says_it_in_place_of_the_preview(rita, client_of):
    form = Form.objects.create(key="tone", title="Tone")

    page = client_of(rita).post(
        reverse("admin:guidelines_formversion_add"),
        version_page(question(0, scale="likert"), form=form.pk, _preview="1"),
    )

    assert "The Likert scale of “q0” needs a lowest and a higher highest number." in page.text
    assert form.newest() is None


def test_a_version_says_what_it_changed(rita, client_of):
    first = FormVersionFactory()
    asked = [{"key": "fails_task", "wording": "Fails the task", "scale": "binary", "choices": []}]
    second = versions.new_form_version(form=first.form, questions=asked, by=rita)

    page = client_of(rita).get(reverse("admin:guidelines_formversion_change", args=[second.pk]))

    assert "“overall_quality” is no longer asked." in page.text


def test_a_version_that_is_not_there_leads_home(rita, client_of):
    response = client_of(rita).post(reverse("admin:guidelines_formversion_change", args=["nonsense"]))

    assert (response.status_code, response.url) == (302, "/admin/")


def test_a_new_version_starts_from_the_newest(rita, client_of):
    form = FormVersionFactory().form

    page = client_of(rita).get(f"{reverse('admin:guidelines_formversion_add')}?form={form.pk}").text

    assert 'value="overall_quality"' in page
    assert 'value="fails_task"' in page


def test_a_version_that_no_sheet_uses_can_be_changed(rita, client_of):
    version = FormVersionFactory()
    first, second = version.questions.all()
    page = version_page(
        question(0, key="overall_quality", wording="Overall", scale="likert", minimum=1, maximum=7, id=first.pk),
        question(1, id=second.pk, DELETE="on"),
        question(2, key="too_long", wording="Too long"),
        **{"questions-INITIAL_FORMS": 2},
    )

    response = client_of(rita).post(reverse("admin:guidelines_formversion_change", args=[version.pk]), page)

    assert response.status_code == 302, response.context["errors"]
    assert list(version.questions.values_list("key", "wording")) == [
        ("overall_quality", "Overall"),
        ("too_long", "Too long"),
    ]


def test_a_version_that_a_sheet_uses_is_shown_and_offered_for_copying(rita, ann, client_of):
    task = TaskFactory()
    version = task.project.form.newest()
    versions.write_questions(
        version=version,
        questions=[
            {
                "key": "topic",
                "wording": "Topic",
                "scale": "choice",
                "choices": [{"key": "law", "label": "The law"}, {"key": "art", "label": "Art"}],
            }
        ],
    )
    queue.next_assignment(labeler=ann, project=task.project)
    address = reverse("admin:guidelines_formversion_change", args=[version.pk])
    client = client_of(rita)

    page = client.get(address).text
    refusal = client.post(address, version_page(question(0)))

    assert "Sheets use this version, so it stays as it is." in page
    assert "Copy to a new version" in page
    assert "law: The law" in page
    assert 'name="questions-0-key"' not in page
    assert refusal.status_code == 403
    assert version.questions.get().key == "topic"


def test_instructions_are_written_and_rewritten_on_one_page(rita, client_of):
    client = client_of(rita)
    client.post(reverse("admin:guidelines_instructions_add"), {"name": "Ranking", "markdown": "Be *fair*."})
    instructions = Instructions.objects.get(name="Ranking")
    page = reverse("admin:guidelines_instructions_change", args=[instructions.pk])
    empty = {"versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0}

    client.post(page, {"name": "Ranking", "markdown": "Be *fair*.", **empty})
    client.post(page, {"name": "Ranking", "markdown": "Be fair\r\nand quick.", **empty})

    assert list(instructions.versions.order_by("number").values_list("markdown", flat=True)) == [
        "Be *fair*.",
        "Be fair\nand quick.",
    ]
    assert instructions.newest().created_by == rita
    assert "Be fair\nand quick." in client.get(page).text


def test_instructions_saved_unchanged_by_a_browser_stay_the_same_version(rita, client_of):
    instructions = InstructionsFactory(version="Be fair\nand quick.\n")
    page = reverse("admin:guidelines_instructions_change", args=[instructions.pk])
    empty = {"versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0}

    client_of(rita).post(page, {"name": "Another name", "markdown": "Be fair\r\nand quick.\r\n", **empty})

    instructions.refresh_from_db()
    assert (instructions.name, instructions.versions.count()) == ("Another name", 1)


def test_a_version_of_instructions_is_only_shown(rita, client_of):
    version = InstructionsFactory().newest()
    page = reverse("admin:guidelines_instructionsversion_change", args=[version.pk])
    client = client_of(rita)

    assert "Be *careful*." in client.get(page).text
    assert client.post(page, {"markdown": "Otherwise."}).status_code == 403
