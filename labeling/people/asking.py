"""What has to be said before chosen rows are changed? One question between an action of the admin and what it does."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import render


def ask(model_admin, request, rows, *, action, form_class, button, answer):
    """Show the question, in `ask.html` of the rows' own templates; the answer comes back to the same action.

    `answer(rows, cleaned answers, user)` does it and returns what to say of it, or raises ValidationError.
    """
    form = form_class(request.POST if "answered" in request.POST else None)
    if form.is_valid():
        try:
            messages.success(request, answer(rows, form.cleaned_data, request.user))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return None
    context = model_admin.admin_site.each_context(request) | {
        "title": button,
        "button": button,
        "form": form,
        "action": action,
        "opts": model_admin.opts,
        "count": rows.count(),
        "selected": request.POST.getlist("_selected_action"),
        "select_across": request.POST.get("select_across", "0"),
    }
    return render(request, f"admin/{model_admin.opts.app_label}/{model_admin.opts.model_name}/ask.html", context)
