"""What do researchers do to many prompts of the list at once?"""

from itertools import islice

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.people.asking import ask
from labeling.prompts.forms import TagsForm, UseCaseForm
from labeling.prompts.hygiene.deciding import bring_back, set_aside
from labeling.prompts.models import Prompt
from labeling.prompts.tagging import change_tags, set_use_case

WRITTEN_AT_ONCE = 1_000


@admin.action(description=gettext_lazy("Set the use case"), permissions=["change"])
def give_use_case(model_admin, request, prompts):
    return ask(model_admin, request, _plain(prompts), action="give_use_case", form_class=UseCaseForm,
               button=_("Set the use case"), answer=_use_case_given)  # fmt: skip


def _use_case_given(prompts, said, by):
    return _changed(set_use_case(prompts=prompts, use_case=said["use_case"]))


@admin.action(description=gettext_lazy("Change the tags"), permissions=["change"])
def give_tags(model_admin, request, prompts):
    return ask(model_admin, request, _plain(prompts), action="give_tags", form_class=TagsForm,
               button=_("Change the tags"), answer=_tags_given)  # fmt: skip


def _tags_given(prompts, said, by):
    return _changed(change_tags(prompts=prompts, **said))


def _changed(number):
    return ngettext("%(n)d prompt is changed.", "%(n)d prompts are changed.", number) % {"n": number}


@admin.action(description=gettext_lazy("Set aside"), permissions=["change"])
def put_aside(model_admin, request, prompts):
    number = set_aside(prompts=_plain(prompts), by=request.user)
    said = ngettext("%(n)d prompt is set aside.", "%(n)d prompts are set aside.", number) % {"n": number}
    messages.success(request, said)


@admin.action(description=gettext_lazy("Bring back"), permissions=["change"])
@transaction.atomic
def take_back(model_admin, request, prompts):
    prompts = _plain(prompts)
    _write_down(prompts.exclude(set_aside_as=""), by=request.user)
    number = bring_back(prompts=prompts)
    said = ngettext("%(n)d prompt stands again.", "%(n)d prompts stand again.", number) % {"n": number}
    messages.success(request, said)


def _write_down(prompts, *, by):
    """Who brought them back, in the history of each: the rows themselves forget that they were set aside."""
    rows = prompts.only("messages").iterator(chunk_size=WRITTEN_AT_ONCE)
    while some := list(islice(rows, WRITTEN_AT_ONCE)):
        LogEntry.objects.log_actions(by.pk, some, CHANGE, change_message="Brought back.")


def _plain(prompts):
    """The same prompts without the list's own order and counts, which an update does not take."""
    return Prompt.objects.filter(pk__in=prompts.order_by().values("pk"))
