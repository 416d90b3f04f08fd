"""Has somebody agreed to the text as it stands? Asked anew when it changes, and taken back at any time."""

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper
from django.dispatch import Signal
from django.utils import timezone

from labeling.people.models import Consent, ConsentText, Role
from labeling.prepared import prepared

# Who works for the operation is bound by other papers; a program by none.
ASKED = (Role.LABELER, Role.APPLICANT)

# Sent with `person` when somebody takes their consent back, in the transaction in which they do.
withdrawn = Signal()


def asks(person):
    """Is `person` one of those who have to agree before they are given work?"""
    return not person.is_program and not person.is_staff and any(person.plays(role) for role in ASKED)


def wanted_of(person):
    """Return the text that `person` has yet to agree to, or None."""
    return missing_of(person) if asks(person) else None


def missing_of(person):
    """Return the newest text unless `person`, whatever their role, has agreed to it; None, too, where there is none."""
    return ConsentText.objects.filter(pk__in=_newest()).exclude(consents__in=_standing(person)).first()


def is_missing(person):
    """Return what annotates a queryset with whether `person` (an account, or an OuterRef) has not agreed as yet.

    For pages that are too busy to ask by themselves; whether the person is to be asked at all, `asks` says.
    """
    agreed = Exists(_standing(person).filter(text__in=_newest()))
    return ExpressionWrapper(Exists(ConsentText.objects.all()) & ~agreed, output_field=BooleanField())


def has_withdrawn(person, *, until):
    """Had `person` taken their consent back by the moment `until`, and not agreed again since?

    Whoever has never agreed, or not to a newer text as yet, has taken nothing back.
    """
    ends = _ends_of(person=person.pk)
    return bool(ends) and all(end and end <= until for end in ends) and asks(person)


@prepared
def _ends_of(person):
    return Consent.objects.filter(person=person).values_list("withdrawn_at", flat=True)


def is_withdrawn(person):
    """Return what annotates a queryset with whether `person` (an OuterRef) agreed once, and to nothing any more."""
    once = Exists(Consent.objects.filter(person=person))
    return ExpressionWrapper(once & ~Exists(_standing(person)), output_field=BooleanField())


def newest_text():
    """Return the text as it stands, or None where there is none yet."""
    return ConsentText.objects.order_by("-number").first()


def in_language(text, language):
    """Return the language in which a text is read by whoever reads `language`, and what it says, in Markdown."""
    return ("ko", text.korean) if language == "ko" and text.korean.strip() else ("en", text.english)


def agree(*, person, text, language):
    """Note that `person` agrees to `text` as they read it, in `language`. Again changes nothing."""
    Consent.objects.bulk_create([Consent(person=person, text=text, language=language)], ignore_conflicts=True)


@transaction.atomic
def withdraw(*, person):
    """Note that `person` no longer agrees; return whether they did until now. They are given no further sheets."""
    ended = _standing(person).update(withdrawn_at=timezone.now())
    if ended:
        withdrawn.send(sender=Consent, person=person)
    return bool(ended)


@transaction.atomic
def publish(*, english, korean="", by):
    """Publish a text under the next number and return it: everybody is asked anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('consent text', 0))")
    newest = newest_text()
    return ConsentText.objects.create(
        number=newest.number + 1 if newest else 1, english=english, korean=korean, published_by=by
    )


def _standing(person):
    return Consent.objects.filter(person=person, withdrawn_at__isnull=True)


def _newest():
    return ConsentText.objects.order_by("-number").values("pk")[:1]
