"""Can a project be set up like this? Everything wrong with it, in whole sentences."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from labeling.candidates.models import Flag
from labeling.guidelines.models import Per
from labeling.guidelines.versions import check_markdown
from labeling.work import fixing
from labeling.work.models import Audience, Kind, Project, ProjectState, Purpose

MOST_CALIBRATION = Decimal("0.5")
LONGEST_LEASE = 30 * 24 * 60  # minutes


def check_project(project, *, markdown=None, faults=None):
    """Raise ValidationError (field → sentences) unless the project may be saved as it is.

    `markdown` is the text of its instructions where it brings new ones; `faults` are known ones, field → sentence.
    """
    faults = {field: [sentence] for field, sentence in (faults or {}).items()}
    _take(faults, _faults_of_the_fixed(project, markdown))
    _take(faults, _faults_of_fields(project))
    _take(faults, ({} if markdown is None else _faults_of_markdown(markdown)))
    if not faults:
        _take(faults, dict(_faults_together(project)))
    if faults:
        raise ValidationError(faults)


def _take(faults, more):
    for field, sentences in more.items():
        faults.setdefault(field, [sentences] if isinstance(sentences, str) else sentences)


def _faults_of_fields(project):
    """What Django's own fields say: types, lengths and choices."""
    try:
        project.clean_fields(exclude={"instructions", "created_by", "leave_out"})
    except ValidationError as error:
        return error.message_dict | _faults_of_leave_out(project)
    return _faults_of_leave_out(project)


def _faults_of_leave_out(project):
    """Django would speak of items of an array."""
    if isinstance(project.leave_out, (list, tuple)) and set(Flag.values).issuperset(project.leave_out):
        return {}
    known = ", ".join(f"“{flag}”" for flag in Flag.values)
    return {"leave_out": _("Responses are left out by a list of these flags: %(known)s.") % {"known": known}}


def _faults_of_markdown(markdown):
    try:
        check_markdown(markdown)
    except ValidationError as error:
        return {"instructions": error.messages}
    return {}


def _faults_together(project):
    """Yield (field, sentence). Each has its constraint in the database, except what only this program cannot do."""
    if Project.objects.filter(name=project.name).exclude(pk=project.pk).exists():
        yield "name", _("There is already a project named “%(name)s”.") % {"name": project.name}
    if project.kind != Kind.DEMONSTRATION and (project.prompt_types or project.asks_for_tags):
        field = "prompt_types" if project.prompt_types else "asks_for_tags"
        yield field, _("Only where demonstrations are written are labelers asked for prompts or their tags.")
    if project._state.adding and project.state not in {ProjectState.DRAFT, ProjectState.OPEN}:
        yield "state", _("A new project is a draft or open.")
    if project.cohort != Audience.TRAINING and project.purpose != Purpose.EVALUATION:
        yield "cohort", _("Held-out labelers only evaluate: choose the purpose “evaluation” or training labelers.")
    # Ratings are of one response by itself, or with none of the prompt alone.
    fewest = 0 if project.kind == Kind.RATING else 2
    if not fewest <= project.k <= 16:
        sentence = (
            _("A sheet rates up to 16 responses, not %(k)d.")
            if not fewest
            else _("A sheet compares 2 to 16 responses, not %(k)d.")
        )
        yield "k", sentence % {"k": project.k}
    elif project.min_k is not None and not max(fewest, 1) <= project.min_k <= project.k:
        sentence = _("The fewest responses accepted lie between %(fewest)d and the %(k)d wanted.")
        yield "min_k", sentence % {"fewest": max(fewest, 1), "k": project.k}
    if project.only_references and (project.kind != Kind.RATING or project.k != 1):
        yield "only_references", _("References alone are rated one by one: choose the kind “rating” and 1 response.")
    elif project.only_references and (project.with_references or project.baseline_id):
        field = "with_references" if project.with_references else "baseline"
        yield field, _("Where references are rated alone, no responses of models stand among them.")
    if project.most_per_model is not None and project.most_per_model < 1:
        yield (
            "most_per_model",
            _("At least one response of a model may stand in a task; leave the limit empty for any number."),
        )
    if project.most_per_labeler is not None and project.most_per_labeler < 1:
        yield "most_per_labeler", _("One labeler may do at least one task; leave the limit empty for any number.")
    if project.calibration_share is not None and not 0 <= project.calibration_share <= MOST_CALIBRATION:
        yield "calibration_share", _("Calibration is at most half of the work: a share from 0 to 0.5.")
    if project.overlap is not None and project.overlap < 1:
        yield "overlap", _("At least one labeler looks at each task; leave the overlap empty for everybody.")
    if not 1 <= project.lease_minutes <= LONGEST_LEASE:
        yield "lease_minutes", _("A lease lasts from one minute to 30 days.")
    if project.form.newest() is None:
        yield "form", _("The form “%(form)s” asks no questions yet.") % {"form": project.form}
    elif project.kind == Kind.RATING and not _asks(project.form.newest(), Per.RESPONSE if project.k else Per.PROMPT):
        sentence = (
            _("Rating needs a form that asks something of each response; “%(form)s” does not.")
            if project.k
            else _("Without responses the form must ask something of the prompt; “%(form)s” does not.")
        )
        yield "form", sentence % {"form": project.form}
    yield from _faults_of_change(project)


def _asks(version, per):
    return version.questions.filter(per=per).exists()


def _faults_of_the_fixed(project, markdown):
    before = None if project._state.adding else Project.objects.filter(pk=project.pk).first()
    if before is None or not before.is_fixed:
        return {}
    changed = fixing.changed(project, before)
    if markdown is not None and markdown != before.instructions.newest().markdown:
        changed.append("instructions")
    return dict.fromkeys(changed, fixing.why_not(before))


def _faults_of_change(project):
    """Kind and purpose are fixed once a project has a task: its labels were made for them."""
    before = None if project._state.adding else Project.objects.filter(pk=project.pk).first()
    if before is None or not before.tasks.exists():
        return
    if project.kind != before.kind:
        yield "kind", _("The kind is fixed, because the project has tasks.")
    if not project.asks_for_prompt and before.tasks.filter(prompt=None).exists():
        yield "prompt_types", _("Labelers must be asked for the prompt, because the project has tasks without one.")
    if project.asks_for_prompt and before.tasks.filter(prompt__isnull=False).exists():
        yield "prompt_types", _("Labelers cannot be asked for the prompt, because the project has tasks with one.")
    if project.purpose != before.purpose:
        yield "purpose", _("The purpose is fixed, because the project has tasks.")
