"""The scenery of tests: rows that are valid and small, made by their room's name."""

import secrets

import factory
from factory.django import DjangoModelFactory

from labeling.candidates.models import ModelEndpoint, Response, normal_hash
from labeling.guidelines.models import Form, FormVersion, Instructions, InstructionsVersion, Question
from labeling.people.models import Cohort, CohortMembership, User
from labeling.prompts.models import Owner, Prompt, Source
from labeling.work.models import Project, ProjectState, Task, TaskCandidate


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence("person{}@attune.example".format)
    name = factory.Sequence("Person {}".format)

    @factory.post_generation
    def verified(self, create, verified, **kwargs):
        if verified is not False:
            self.vouch_for_address()

    @factory.post_generation
    def groups(self, create, names, **kwargs):
        from django.contrib.auth.models import Group

        self.groups.set(Group.objects.filter(name__in=names or []))

    @factory.post_generation
    def cohort(self, create, cohort, **kwargs):
        if cohort:
            CohortMembership.objects.create(labeler=self, cohort=cohort)


class LabelerFactory(UserFactory):
    groups = factory.PostGeneration(lambda user, create, names, **kwargs: _join(user, "labeler"))
    cohort = factory.PostGeneration(
        lambda user, create, cohort, **kwargs: CohortMembership.objects.create(
            labeler=user, cohort=cohort or Cohort.TRAINING
        )
    )


def _join(user, *names):
    from django.contrib.auth.models import Group

    user.groups.set(Group.objects.filter(name__in=names))


class SourceFactory(DjangoModelFactory[Source]):
    class Meta:
        model = Source

    name = factory.Sequence("source {}".format)


class OwnerFactory(DjangoModelFactory[Owner]):
    class Meta:
        model = Owner

    key_hash = factory.Sequence("{:064x}".format)
    split = "train"


class PromptFactory(DjangoModelFactory[Prompt]):
    class Meta:
        model = Prompt

    source = factory.SubFactory(SourceFactory)
    external_id = factory.Sequence("prompt-{}".format)
    owner = factory.SubFactory(OwnerFactory)
    messages = factory.Sequence(lambda n: [{"role": "user", "content": f"Name {n} rivers."}])


class EndpointFactory(DjangoModelFactory[ModelEndpoint]):
    class Meta:
        model = ModelEndpoint

    name = factory.Sequence("model-{}".format)


class ResponseFactory(DjangoModelFactory[Response]):
    class Meta:
        model = Response

    prompt = factory.SubFactory(PromptFactory)
    endpoint = factory.SubFactory(EndpointFactory)
    text = factory.Sequence("Answer number {}.".format)
    text_hash = factory.LazyAttribute(lambda response: normal_hash(response.text))


class FormVersionFactory(DjangoModelFactory[FormVersion]):
    """A short form: overall quality and one yes/no question."""

    class Meta:
        model = FormVersion
        skip_postgeneration_save = True

    form = factory.LazyFunction(lambda: Form.objects.create(key=f"form-{secrets.token_hex(8)}", title="A form"))
    number = 1

    @factory.post_generation
    def questions(self, create, questions, **kwargs):
        for position, fields in enumerate(questions if questions is not None else SHORT_FORM):
            Question.objects.create(version=self, position=position, **fields)


SHORT_FORM = [
    {
        "key": "overall_quality", "wording": "Overall quality", "scale": "likert",
        "minimum": 1, "maximum": 7, "low_anchor": "worst", "high_anchor": "best",
    },
    {"key": "fails_task", "wording": "Fails the task", "scale": "binary"},
]  # fmt: skip


class InstructionsFactory(DjangoModelFactory[Instructions]):
    class Meta:
        model = Instructions
        skip_postgeneration_save = True

    name = factory.Sequence("instructions {}".format)

    @factory.post_generation
    def version(self, create, markdown, **kwargs):
        InstructionsVersion.objects.create(instructions=self, number=1, markdown=markdown or "Be *careful*.")


class ProjectFactory(DjangoModelFactory[Project]):
    """An open ranking project with the short form, overlap 1 and K = 4."""

    class Meta:
        model = Project

    name = factory.Sequence("project {}".format)
    state = ProjectState.OPEN
    form = factory.LazyFunction(lambda: FormVersionFactory().form)
    instructions = factory.SubFactory(InstructionsFactory)
    k = 4


class TaskFactory(DjangoModelFactory[Task]):
    """A task with K candidates, each by a model of its own."""

    class Meta:
        model = Task
        skip_postgeneration_save = True

    project = factory.SubFactory(ProjectFactory)
    prompt = factory.SubFactory(PromptFactory)
    seats = factory.SelfAttribute("project.overlap")
    position = factory.LazyFunction(lambda: secrets.randbits(62))
    seed = factory.LazyFunction(lambda: secrets.randbits(62))

    @factory.post_generation
    def candidates(self, create, texts, **kwargs):
        for ordinal in range(self.project.k):
            text = {"text": texts[ordinal]} if texts else {}
            response = ResponseFactory(prompt=self.prompt, **text)
            TaskCandidate.objects.create(task=self, response=response, ordinal=ordinal)
