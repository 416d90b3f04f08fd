"""What is personal in this prompt, and what becomes of it? One page that leads from prompt to prompt."""

from collections import defaultdict
from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from labeling.prompts.hygiene import beside
from labeling.prompts.hygiene.deciding import keep, next_waiting, redact, set_aside_for_findings, waiting
from labeling.prompts.hygiene.parts import PAIR, examples
from labeling.prompts.models import Prompt

# Of a million prompts, counting those that wait would take longer than the page.
MOST_COUNTED = 1_000
ROLES = {
    "system": gettext_lazy("System"),
    "user": gettext_lazy("User"),
    "assistant": gettext_lazy("Assistant"),
    "query": gettext_lazy("Example query"),
    "response": gettext_lazy("Example response"),
}


def for_deciders(view):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("prompts.change_finding"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@for_deciders
@require_safe
def show_first(request):
    return _to_the_next(request, after=0)


@for_deciders
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request, pk):
    """The prompt with what was found in it; an answer leads on to the next one."""
    prompt = get_object_or_404(Prompt.objects.select_related("source", "owner"), pk=pk)
    if request.method == "POST":
        decision = DECISIONS.get(request.POST.get("decision"))
        if decision is None:
            return HttpResponseBadRequest(_("Redact, set aside or keep?"), content_type="text/plain; charset=utf-8")
        messages.success(request, decision(request, prompt) or _("Somebody has decided this already."))
        return _to_the_next(request, after=prompt.pk)
    findings = list(prompt.findings.order_by("stands_in", "row", "part", "start"))
    context = admin.site.each_context(request) | {
        "title": _("Findings"),
        "prompt": prompt,
        "parts": _shown(prompt, findings),
        "open": [finding for finding in findings if not finding.outcome],
        "waiting": waiting().order_by("pk")[: MOST_COUNTED + 1].count(),
        "most_counted": MOST_COUNTED,
    }
    return render(request, "admin/prompts/prompt/findings.html", context)


def _redacted(request, prompt):
    """With none ticked, all were mistaken."""
    ticked = [int(key) for key in request.POST.getlist("finding") if key.isdecimal()]
    if not ticked:
        return _kept(request, prompt)
    number = redact(prompt=prompt, by=request.user, only=ticked)
    said = ngettext("%(n)d finding is redacted.", "%(n)d findings are redacted.", number) % {"n": number}
    return said if number else ""


def _set_aside(request, prompt):
    return _("The prompt is set aside.") if set_aside_for_findings(prompt=prompt, by=request.user) else ""


def _kept(request, prompt):
    return _("The prompt is kept as it stands.") if keep(prompt=prompt, by=request.user) else ""


# Each returns what to say of it, or nothing where nothing was left to decide.
DECISIONS = {"redact": _redacted, "set_aside": _set_aside, "keep": _kept}


def _to_the_next(request, *, after):
    following = next_waiting(after=after)
    if following is None:
        messages.info(request, _("No finding waits for a decision."))
        return redirect("admin:prompts_prompt_changelist")
    return redirect("admin:prompts_prompt_decide", following)


def _shown(prompt, findings):
    """The prompt and what goes with it: [(what it is, [(text, finding or None), …]), …]; findings are counted through.

    Of what a file said beside the prompt, only that in which something was found.
    """
    by_part = defaultdict(list)
    for number, finding in enumerate(findings, start=1):
        finding.number = number
        by_part[finding.stands_in, finding.row, finding.part].append(finding)
    asked = len(prompt.messages) + len(PAIR) * len(examples(prompt.meta))
    return [
        (ROLES[name] if is_asked else name, _pieces(text, by_part[*place, part]))
        for place, texts in beside.texts(prompt, findings).items()
        for part, (name, text) in enumerate(texts)
        if (is_asked := place == beside.ITS_OWN and part < asked) or by_part[*place, part]
    ]


def _pieces(text, findings):
    pieces, done = [], 0
    for finding in findings:
        finding.said = text[finding.start : finding.end]
        pieces += [(text[done : finding.start], None), (finding.said, finding)]
        done = finding.end
    return [*pieces, (text[done:], None)]
