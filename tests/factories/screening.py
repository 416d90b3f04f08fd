"""A small screening test with its key, and people who take it."""

from labeling.labels import recording
from labeling.people.models import User
from labeling.screening import building, keys, publishing, taking
from labeling.screening.models import Criterion
from labeling.work import drawing, projects, queue
from labeling.work.models import Assignment
from tests.factories import PromptFactory, ResponseFactory, UserFactory

# The key: (is the prompt sensitive?, is the response?) of four items, and the right order of two times four responses.
FLAGS = [(True, False), (False, True), (True, True), (False, False)]
ORDERS = ["b > a > c > d", "a > c=d > b"]


def applicant(**fields):
    return UserFactory(groups=["applicant"], **fields)


def draft_test(by, *, name="Screening", **fields):
    """A draft with one section for each criterion and a practice, without a key."""
    test = building.new_test(name=name, by=by, **fields)
    practice = _section(test, by, Criterion.PRACTICE, "Practice")
    flags = _section(test, by, Criterion.FLAGS, "Flags")
    rankings = _section(test, by, Criterion.RANKINGS, "Rankings")
    writing = _section(test, by, Criterion.DEMONSTRATIONS, "Writing")
    self_assessment = _section(test, by, Criterion.SELF_ASSESSMENT, "About you")
    _items(practice, ["p"])
    _items(flags, ["f1", "f2", "f3", "f4"])
    for n, _order in enumerate(ORDERS):
        _item(rankings, f"r{n}", [f"r{n}{letter}" for letter in "abcd"])
    for n in range(2):
        _item(writing, f"w{n}", [])
    _item(self_assessment, "s", [])
    return test


def _section(test, by, criterion, title):
    return building.start_section(test=test, criterion=criterion, title=title, instructions="Read with care.", by=by)


def _items(section, names):
    for name in names:
        _item(section, name, [f"{name} answered"])


def _item(section, name, responses):
    prompt = PromptFactory(messages=[{"role": "user", "content": f"{section.test.name} {name}"}])
    for text in responses:
        ResponseFactory(prompt=prompt, text=text)
    drawing.add_tasks(project=section.project, prompts=[prompt.pk], seed=1)


def keyed_test(by, **fields):
    """The same with its key, by the road that researchers take."""
    test = draft_test(by, **fields)
    for section in test.sections.filter(criterion__in=keys.KEYED):
        projects.open_project(project=section.project)
        work_through(section, by)
        for item in keys.items(section):
            keys.agree(task=item.task, label=item.labels[0], by=by, explanation="Because.")
    return test


def published_test(by, **fields):
    return publishing.publish(test=keyed_test(by, **fields), by=by)


def work_through(section, person: User, **said):
    """Answer every sheet of the section; `said` as `answer_to` takes it."""
    labels = []
    while sheet := queue.next_assignment(labeler=person, project=section.project):
        sheet = Assignment.objects.select_related("project", "task__prompt").get(pk=sheet.pk)
        labels.append(recording.record(assignment=sheet, body=answer_to(sheet, section.criterion, **said)))
    return labels


def answer_to(sheet, criterion, *, flip=False, reverse=False, text="A careful answer.", topics=("hate",)):
    """The right answer to a sheet; `flip` answers the opposite of each flag, `reverse` turns the order round."""
    name = sheet.task.prompt.messages[0]["content"].split()[-1]
    if criterion == Criterion.DEMONSTRATIONS:
        return {"text": text, "seconds": 60}
    if criterion == Criterion.SELF_ASSESSMENT:
        return {"prompt_answers": {"topics": list(topics), "groups": ["old"]}, "seconds": 5}
    if criterion == Criterion.RANKINGS:
        return {"ranking": ranking_of(sheet, ORDERS[int(name[1:])], reverse=reverse), "seconds": 20}
    prompt, response = FLAGS[int(name[1:] or 1) - 1]
    return {
        "prompt_answers": {"prompt_sensitive": prompt is not flip},
        "ratings": [{"slot": "A", "answers": {"sensitive": response is not flip}}],
        "seconds": 10,
    }


def ranking_of(sheet, order, *, reverse=False):
    """ "b > a=c" as the letters under which this labeler sees those responses."""
    letters = {
        slot.candidate.response.text[-1]: slot.letter for slot in sheet.slots.select_related("candidate__response")
    }
    groups = [[letters[name.strip()] for name in group.split("=")] for group in order.split(">")]
    return groups[::-1] if reverse else groups


def attempt_of(person, test, *, hand_in=True, sections=None, **said):
    """An attempt with every section worked through, handed in unless told otherwise."""
    attempt = taking.begin(test=test, applicant=person)
    for section in sections or test.sections.select_related("project", "test"):
        taking.open_section(attempt=attempt, section=section)
        work_through(section, person, **said)
        taking.finish_section(attempt=attempt, section=section)
    if hand_in:
        taking.hand_in(attempt=attempt)
    attempt.refresh_from_db()
    return attempt
