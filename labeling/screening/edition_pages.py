"""How does a researcher begin a new edition of a published test? On a page that says what comes along."""

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from labeling.screening import editions
from labeling.screening.key_pages import page_of_test, render_page
from labeling.screening.models import Test, TestState


class EditionForm(forms.ModelForm):
    class Meta:
        model = Test
        fields = ("name", "korean_name")
        widgets = dict.fromkeys(fields, AdminTextInputWidget)
        help_texts = {"name": gettext_lazy("Applicants see it. The earlier edition keeps its own.")}


@page_of_test
@require_http_methods(["GET", "POST"])
def new_edition(request, test):
    if test.state == TestState.DRAFT:
        messages.warning(request, _("“%(test)s” is a draft still: change it as it is.") % {"test": test})
        return redirect("admin:screening_test_change", test.pk)
    form = EditionForm(request.POST or None, initial=editions.names_for(test))
    if form.is_valid():
        try:
            edition = editions.new_edition(test=test, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            made = _("Made from “%(test)s”.") % {"test": test}
            LogEntry.objects.log_actions(request.user.pk, [edition], ADDITION, change_message=made, single_object=True)
            messages.success(request, _("“%(test)s” is a draft of its own now.") % {"test": edition})
            return redirect("admin:screening_test_change", edition.pk)
    return render_page(request, test, "new_edition.html", {"title": _("New edition"), "form": form})


PAGES = [("<int:test_id>/edition/", new_edition, "new_edition")]
