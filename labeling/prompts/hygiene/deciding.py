"""What becomes of prompts with findings? They are redacted, set aside or kept, by somebody, at some time.

A prompt is redacted where it stands: its source, its id, its import and its owner stay, and so do its tasks and labels,
because what must not be in a file must not be in any. So is what goes with it, a reference or a demonstration, even
where the label does not change any more. Files that are frozen already do not change.
"""

from collections import defaultdict

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from labeling.prompts.hygiene import beside
from labeling.prompts.models import Finding, FindingKind, Outcome, Prompt, SetAside

# What stands in the place of a finding: the same in every language, as a model is to learn it.
PLACEHOLDERS = {
    FindingKind.EMAIL: "[E-MAIL]",
    FindingKind.PHONE: "[PHONE]",
    FindingKind.CARD: "[CARD]",
    FindingKind.IBAN: "[IBAN]",
    FindingKind.IP: "[IP]",
    FindingKind.RESIDENT: "[RESIDENT NUMBER]",
    FindingKind.PATH: "[NAME]",
    FindingKind.SECRET: "[SECRET]",
}


@transaction.atomic
def redact(*, prompt, by, only=None):
    """Replace the open findings of `prompt` (a row or its key) by what they are; return how many were replaced.

    `only` names those to be replaced, by their keys: the others were mistaken, and are kept.
    """
    prompt = _locked(prompt)
    waiting = list(prompt.findings.open().values_list("pk", flat=True))
    chosen = set(waiting if only is None else only) & set(waiting)
    if chosen:
        _replace(prompt, chosen)
        _decide(prompt.findings.filter(pk__in=chosen), Outcome.REDACTED, by)
    if waiting:
        _decide(prompt.findings.open(), Outcome.KEPT, by)
    return len(chosen)


@transaction.atomic
def keep(*, prompt, by):
    """Leave the prompt as it stands: nothing in it is anybody's, or it may be said. Returns how many were decided."""
    return _decide(_locked(prompt).findings.open(), Outcome.KEPT, by)


@transaction.atomic
def set_aside_for_findings(*, prompt, by):
    """Set the prompt aside for what is personal in it. Returns how many findings were decided."""
    prompt = _locked(prompt)
    decided = _decide(prompt.findings.open(), Outcome.SET_ASIDE, by)
    if decided:
        set_aside(prompts=Prompt.objects.filter(pk=prompt.pk), reason=SetAside.PERSONAL, by=by)
    return decided


def set_aside(*, prompts, by, reason=SetAside.BY_HAND):
    """Set those of the queryset `prompts` aside that stand; return how many did."""
    return prompts.filter(set_aside_as="").update(set_aside_as=reason, set_aside_at=timezone.now(), set_aside_by=by)


def bring_back(*, prompts):
    """Have those of the queryset `prompts` stand again that are set aside; return how many were.

    What is personal in a prompt stays decided as it was; a duplicate is one no more.
    """
    return prompts.exclude(set_aside_as="").update(
        set_aside_as="", set_aside_at=None, set_aside_by=None, duplicate_of=None
    )


def waiting():
    """The prompts that somebody has to decide about: with open findings, and not set aside for something else."""
    return Prompt.objects.standing().with_open_findings()


def next_waiting(*, after=0):
    """The key of the next prompt that waits behind the prompt `after`, or of the first; None without any."""
    keys = waiting().order_by("pk").values_list("pk", flat=True)
    return keys.filter(pk__gt=after).first() or keys.first()


def _locked(prompt):
    return Prompt.objects.select_for_update().get(pk=getattr(prompt, "pk", prompt))


def _decide(findings, outcome, by):
    return findings.update(outcome=outcome, decided_at=timezone.now(), decided_by=by)


def _replace(prompt, chosen):
    """Write the placeholders where something was found, and move every finding to where its text now stands."""
    findings = list(prompt.findings.order_by("start"))
    by_part = defaultdict(list)
    for finding in findings:
        by_part[finding.stands_in, finding.row, finding.part].append(finding)
    beside.write(
        prompt,
        {
            place: [_rewritten(text, by_part[*place, part], chosen) for part, (_name, text) in enumerate(texts)]
            for place, texts in beside.texts(prompt, findings).items()
        },
    )
    # The admin's history quotes the beginning of the prompt.
    of_prompt = {"content_type": ContentType.objects.get_for_model(Prompt), "object_id": str(prompt.pk)}
    LogEntry.objects.filter(**of_prompt).update(object_repr=str(prompt))
    Finding.objects.bulk_update(findings, ["start", "end"])


def _rewritten(text, findings, chosen):
    written, done = "", 0
    for finding in findings:
        written += text[done : finding.start]
        said, done = text[finding.start : finding.end], finding.end
        finding.start = len(written)
        written += PLACEHOLDERS[FindingKind(finding.kind)] if finding.pk in chosen else said
        finding.end = len(written)
    return written + text[done:]
