"""What does the demo consist of? Accounts, forty prompts, the answers to most, projects to work on, screening tests.

The last prompts come without answers: the four models, for whom a server with the written answers stands in, are
there to be asked. Loading it again changes nothing that is there, but for the address of that server.
"""

import io
import os
from pathlib import Path

import orjson
from django.contrib.auth.models import Group

from labeling.candidates import importing
from labeling.candidates.models import ModelEndpoint
from labeling.demo import applicants, screening
from labeling.people import consenting
from labeling.people.models import Cohort, CohortMembership, Role, User
from labeling.prompts.models import Import, Prompt
from labeling.work import drawing, projects
from labeling.work.models import Project

HERE = Path(__file__).parent
PROMPTS = HERE / "data" / "prompts.jsonl"
INSTRUCTIONS = HERE / "data" / "instructions.md"
HOW_TO_WRITE = HERE / "data" / "demonstrations.md"
SOURCE = "demo"
PASSWORD = "attune-demo"  # noqa: S105  printed by ./run demo; the demo listens on this machine only
PROJECT = "Rank the answers"
WRITING = "Write demonstrations"
TO_WRITE = 6  # of the unanswered prompts
UNANSWERED = 10  # prompts at the end of the file that models are to be asked about

# (e-mail, name, role, cohort)
ACCOUNTS = [
    ("admin@attune.example", "Ada", Role.ADMIN, None),
    ("ann@attune.example", "Ann", Role.LABELER, Cohort.TRAINING),
    ("bob@attune.example", "Bob", Role.LABELER, Cohort.TRAINING),
    ("hal@attune.example", "Hal", Role.LABELER, Cohort.HELD_OUT),
    ("rita@attune.example", "Rita", Role.RESEARCHER, None),
    ("rolf@attune.example", "Rolf", Role.RESEARCHER, None),
    *((email, name, Role.APPLICANT, None) for email, name, _language, _ability in applicants.APPLICANTS),
]
CONSENT = {"english": HERE / "data" / "consent.en.md", "korean": HERE / "data" / "consent.ko.md"}
# The parts that the written answers play, in the paper's terms.
MODELS = {"gpt-175b": "gpt", "sft-175b": "sft", "ppo-175b": "ppo", "ppo-ptx-175b": "ppo_ptx"}


def load():
    """Make whatever of the demo is missing, and return the project of rankings."""
    for account in ACCOUNTS:
        make_account(*account)
    admin = User.objects.get(email=ACCOUNTS[0][0])
    for name, role in MODELS.items():
        make_model(name, role)
    if not Import.objects.filter(source__name=SOURCE, state="done").exists():
        import_prompts(requested_by=admin)
    if not Project.objects.filter(name=WRITING).exists():
        make_writing_project(admin)
    ask_for_consent(admin)
    applicants.take_tests({language: screening.load(language) for language in screening.LANGUAGES})
    return Project.objects.filter(name=PROJECT).first() or make_project(admin)


def make_account(email, name, role, cohort):
    """Make one account of the demo: its address counts as verified, and it has no second factor."""
    if User.objects.filter(email=email).exists():
        return
    is_admin, is_staff = role == Role.ADMIN, role in (Role.ADMIN, Role.RESEARCHER)
    user = User.objects.create_user(email, PASSWORD, name=name, is_staff=is_staff, is_superuser=is_admin)
    user.groups.add(Group.objects.get(name=role))
    if cohort:
        CohortMembership.objects.create(labeler=user, cohort=cohort)


def ask_for_consent(admin):
    """Publish what labelers and applicants agree to; those of the demo have."""
    if consenting.newest_text() is None:
        consenting.publish(by=admin, **{language: path.read_text() for language, path in CONSENT.items()})
    text = consenting.newest_text()
    for person in User.objects.filter(email__in=[email for email, *_rest in ACCOUNTS]):
        if consenting.wanted_of(person):
            consenting.agree(person=person, text=text, language="en")


def make_model(name, role):
    """Register one of the four; where the stand-in listens may differ from one start to the next."""
    address = os.environ.get("DEMO_MODEL_URL", "")
    model, _new = ModelEndpoint.objects.get_or_create(
        name=name, defaults={"role": role, "size": "175B", "model_id": name, "base_url": address, "max_tokens": 512}
    )
    if address and model.base_url != address and (not model.base_url or model.base_url.startswith("http://127.0.0.1:")):
        ModelEndpoint.objects.filter(pk=model.pk).update(base_url=address)


def make_project(admin):
    """Open a ranking project over every prompt of the demo, each for two labelers."""
    project = projects.create_project(
        name=PROJECT,
        kind="ranking",
        purpose="training",
        instructions=INSTRUCTIONS.read_text(),
        form="instructgpt",
        k=4,
        # One prompt has an empty response among its four: it is ranked with three.
        min_k=3,
        overlap=2,
        created_by=admin,
    )
    answered = Prompt.objects.filter(source__name=SOURCE, responses__isnull=False).distinct()
    drawing.add_tasks(project=project, prompts=answered, seed=2203)
    projects.open_project(project=project)
    return project


def make_writing_project(admin):
    """Open a project of demonstrations over some of the prompts that nobody has answered, each for one labeler."""
    project = projects.create_project(
        name=WRITING,
        kind="demonstration",
        purpose="training",
        instructions=HOW_TO_WRITE.read_text(),
        overlap=1,
        created_by=admin,
    )
    unanswered = Prompt.objects.filter(source__name=SOURCE).exclude(responses__endpoint__isnull=False)
    drawing.add_tasks(project=project, prompts=unanswered, limit=TO_WRITE, seed=2203)
    projects.open_project(project=project)


def import_prompts(*, requested_by):
    """Bring the written prompts and answers in by the same road as any file."""
    running = importing.request_import(
        file=io.BytesIO(as_imported()),
        filename=PROMPTS.name,
        source_name=SOURCE,
        mapping={},
        requested_by=requested_by,
        wake_worker=False,
    )
    importing.run_import(import_id=running.pk)


def as_imported():
    """The file, without the answers to its last prompts."""
    rows = [orjson.loads(line) for line in PROMPTS.read_bytes().splitlines()]
    for row in rows[-UNANSWERED:]:
        del row["responses"]
    return b"\n".join(map(orjson.dumps, rows))
