"""A dozen people who have taken the demo's tests, as well as their simulated abilities let them.

Nobody has decided about them yet: whoever looks at the demo may.
"""

import random

from labeling.demo import screening
from labeling.people.models import User
from labeling.quality import grading
from labeling.screening import scoring, taking
from labeling.screening.models import Attempt, Criterion

# (e-mail, name, language, ability): the share of answers that are not left to chance.
APPLICANTS = [
    ("abigail@attune.example", "Abigail", "en", 0.97),
    ("bashir@attune.example", "Bashir", "en", 0.92),
    ("carmen@attune.example", "Carmen", "en", 0.88),
    ("dmitri@attune.example", "Dmitri", "en", 0.8),
    ("elif@attune.example", "Elif", "en", 0.72),
    ("fatou@attune.example", "Fatou", "en", 0.6),
    ("goran@attune.example", "Goran", "en", 0.45),
    ("hina@attune.example", "Hina", "en", 0.9),
    ("ines@attune.example", "Inês", "en", 0.2),
    ("jiho@attune.example", "지호", "ko", 0.95),
    ("kyung@attune.example", "경아", "ko", 0.75),
    ("minsu@attune.example", "민수", "ko", 0.4),
]
GRADES = {"good": 6, "fair": 4, "poor": 2}


def take_tests(tests):
    """Let each applicant take the test in their language, unless they have; `tests` is {language: Test}."""
    graders = [User.objects.get(email=email) for email in screening.RESEARCHERS]
    for email, _name, language, ability in APPLICANTS:
        person = User.objects.get(email=email)
        if not Attempt.objects.filter(applicant=person).exists():
            take_test(tests[language], person, language, ability, random.Random(email), graders)  # noqa: S311


def take_test(test, person, language, ability, chance, graders):
    """Let `person` take it to the end, and everything be graded: `ability` of the answers are not left to `chance`."""
    attempt = taking.begin(test=test, applicant=person)
    for section in test.sections.select_related("project", "test"):
        taking.open_section(attempt=attempt, section=section)

        def answer(sheet, criterion=section.criterion):
            return _answer(sheet, criterion, language, ability, chance)

        written = screening.work_through(section, person, answer)
        taking.finish_section(attempt=attempt, section=section)
        if section.criterion == Criterion.DEMONSTRATIONS:
            to_grade = written
    taking.hand_in(attempt=attempt)
    for label in to_grade:
        for grader in graders:
            _grade(label, grader, language, chance)
    attempt.refresh_from_db()
    scoring.score(attempt=attempt)


def _answer(sheet, criterion, language, ability, chance):
    if criterion == Criterion.SELF_ASSESSMENT:
        return {"prompt_answers": _chosen(sheet, chance), "seconds": 30}
    item = screening.item_of(sheet, criterion, language)
    if criterion == Criterion.DEMONSTRATIONS:
        quality = "good" if chance.random() < ability else chance.choice(["fair", "poor"])
        return {"text": item[quality], "seconds": 240}
    if criterion == Criterion.RANKINGS:
        order = screening.right_order(item)
        if chance.random() > ability:
            order = chance.sample(order, len(order))
        return {"ranking": screening.lettered(sheet, item, order), "seconds": 45}
    right = item["prompt_sensitive"], item["sensitive"]
    return screening.flagged(*(is_so if chance.random() < ability else chance.random() < 0.5 for is_so in right))


def _chosen(sheet, chance):
    """Some of the topics and groups that the form offers."""
    questions = sheet.form_version.questions.prefetch_related("choices")
    offered = {question.key: [choice.key for choice in question.choices.all()] for question in questions}
    return {key: sorted(chance.sample(choices, chance.randint(1, 5))) for key, choices in offered.items() if choices}


def _grade(label, grader, language, chance):
    text = label.demonstration.text
    quality = next(
        quality for item in screening.texts(language)["demonstrations"] for quality in GRADES if item[quality] == text
    )
    score = min(7, max(1, GRADES[quality] + chance.choice([-1, 0, 0, 1])))
    grading.grade(label=label, score=score, by=grader)
