"""How do questions and instructions change? By a new version; the old one stays as labels were made under it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labeling.guidelines.models import (
    Choice,
    Form,
    FormVersion,
    Good,
    Instructions,
    InstructionsVersion,
    Per,
    Question,
    Scale,
)

OFFERING = (Scale.CHOICE, Scale.CHOICES)
GOOD_ON = {Good.HIGH: Scale.LIKERT, Good.LOW: Scale.LIKERT, Good.YES: Scale.BINARY, Good.NO: Scale.BINARY}
# A sheet has fields of these names for every response, or for the prompt; and “na” is how it says that a question does
# not apply.
TAKEN_KEYS, TAKEN_OF_PROMPT, TAKEN_CHOICE = ("rank", "notes", "answers"), ("title",), "na"
FARTHEST, LONGEST_LABEL = 100, 200


def new_form(*, key, title, questions, by):
    """Make a form with its first version; returns the form. Raises ValidationError, as `new_form_version` does."""
    form = Form(key=key, title=title)
    form.full_clean()
    with transaction.atomic():
        form.save()
        new_form_version(form=form, questions=questions, by=by)
    return form


@transaction.atomic
def new_form_version(*, form, questions, by):
    """Append a version of `form` and return it; sheets leased from now on ask its questions.

    `questions` are dicts of `Question`'s fields in their order, with "choices": [{"key", "label"}, …] where the scale
    offers some. Raises ValidationError with one whole sentence per fault.
    """
    check_questions(questions)
    Form.objects.select_for_update().get(pk=form.pk)
    version = FormVersion.objects.create(form=form, number=_next_number(form), created_by=by)
    write_questions(version=version, questions=questions)
    return version


@transaction.atomic
def write_questions(*, version, questions):
    """Let `version`, which no sheet uses yet, ask exactly these questions."""
    check_questions(questions)
    version.questions.all().delete()
    for position, fields in enumerate(questions):
        choices = fields.get("choices", [])
        plain = {name: value for name, value in fields.items() if name not in {"choices", "position"}}
        question = Question.objects.create(version=version, position=position, **plain)
        Choice.objects.bulk_create(
            Choice(question=question, position=place, **choice) for place, choice in enumerate(choices)
        )


@transaction.atomic
def new_instructions(*, instructions, markdown, by):
    """Append a version of `instructions` and return it; sheets leased from now on show it."""
    check_markdown(markdown)
    Instructions.objects.select_for_update().get(pk=instructions.pk)
    check_not_fixed(instructions)
    return InstructionsVersion.objects.create(
        instructions=instructions, number=_next_number(instructions), markdown=markdown, created_by=by
    )


def check_markdown(markdown):
    if not markdown.strip():
        raise ValidationError(_("Write instructions: they are what labelers judge by."))


def check_not_fixed(instructions):
    """Raise ValidationError for those of a project that stays as it is; projects stand further down."""
    if instructions.projects.filter(fixed_version__isnull=False).exists():
        raise ValidationError(
            _("“%(instructions)s” belong to a published test and stay as they are. Make a new edition of the test.")
            % {"instructions": instructions}
        )


def is_pinned(version):
    """Does any row outside of this room point at the version (a sheet was leased under it)? Then it stays as it is."""
    pointers = [
        relation
        for relation in version._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and relation.related_model is not Question
    ]
    return any(
        pointer.related_model._base_manager.filter(**{pointer.field.name: version}).exists() for pointer in pointers
    )


def check_questions(questions):
    """Raise a ValidationError that lists, in sentences, everything wrong with these questions."""
    faults = [] if questions else [_("A form asks at least one question.")]
    keys = [fields["key"] for fields in questions]
    for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
        faults.append(_("Two questions have the key “%(key)s”; each needs its own.") % {"key": key})
    faults += [fault for fields in questions for fault in _faults_of(fields)]
    if faults:
        raise ValidationError(faults)


def _faults_of(fields):
    scale, key = fields.get("scale"), {"key": fields["key"]}
    if scale not in Scale.values:
        yield _("Question “%(key)s” has no scale that we know.") % key
    if fields.get("per", Per.RESPONSE) not in Per.values:
        yield _("Question “%(key)s” is asked of each response or of the prompt, nothing else.") % key
    if (good := fields.get("good_answer", "")) and good not in Good.values:
        yield _("Question “%(key)s” has a good answer that we do not know.") % key
    elif good and GOOD_ON.get(good, scale) != scale:
        yield _("Question “%(key)s” has a good answer that its scale does not offer.") % key
    if fields["key"] in TAKEN_KEYS or (fields["key"] in TAKEN_OF_PROMPT and fields.get("per") == Per.PROMPT):
        yield _("No question can have the key “%(key)s”: the sheet has a field of that name already.") % key
    if fields["key"] == "overall_quality" and not _is_overall_quality(fields):
        yield _("The question “overall_quality” is a Likert scale from 1 to 7, asked of each response.")
    if fields["key"] == "overall_quality" and fields.get("allows_na"):
        yield _("The question “overall_quality” always applies. To let labelers leave it open, do not require it.")
    yield from _faults_of_range(scale, fields, key)
    yield from _faults_of_choices(scale, fields.get("choices", []), key)


def _is_overall_quality(fields):
    asked = (fields.get("scale"), fields.get("minimum"), fields.get("maximum"), fields.get("per", Per.RESPONSE))
    return asked == (Scale.LIKERT, 1, 7, Per.RESPONSE)


def _faults_of_range(scale, fields, key):
    low, high = fields.get("minimum"), fields.get("maximum")
    if scale == Scale.LIKERT and (low is None or high is None or low >= high):
        yield _("The Likert scale of “%(key)s” needs a lowest and a higher highest number.") % key
    if scale == Scale.LIKERT and None not in (low, high) and high - low > 10:
        yield _("The Likert scale of “%(key)s” has more than 11 points, which nobody can tell apart.") % key
    if scale == Scale.LIKERT and any(number is not None and abs(number) > FARTHEST for number in (low, high)):
        yield _("The Likert scale of “%(key)s” must lie between -100 and 100.") % key
    if scale != Scale.LIKERT and (low is not None or high is not None):
        yield _("Question “%(key)s” has a range of numbers, but only Likert scales use one.") % key


def _faults_of_choices(scale, choices, key):
    keys = [choice["key"] for choice in choices]
    if scale in OFFERING and len(choices) < 2:
        yield _("Question “%(key)s” must offer at least two choices.") % key
    if scale not in OFFERING and choices:
        yield _("Question “%(key)s” offers choices, but its scale has none.") % key
    if any(len(choice["label"]) > LONGEST_LABEL for choice in choices):
        yield _("A choice of question “%(key)s” is longer than 200 characters.") % key
    if len(set(keys)) < len(keys):
        yield _("Two choices of question “%(key)s” have the same key.") % key
    if TAKEN_CHOICE in keys:
        yield _("A choice of question “%(key)s” has the key “na”, which means “not applicable”.") % key


def _next_number(versioned):
    newest = versioned.newest()
    return newest.number + 1 if newest else 1
