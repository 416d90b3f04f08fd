"""How is somebody told by letter? By a row in the transaction of what is told; a worker sends it."""

from functools import partial

from django.db import transaction

from labeling.events.models import Mail

LETTERS = ("handed_in", "admitted", "declined", "waiting")
INVITED = "invited"


def tell(*, person, letter, **facts):
    """Have `letter` (a name of LETTERS) sent to `person`, with plain values for its wording. Return the Mail."""
    if letter not in LETTERS:
        raise ValueError(f"There is no letter “{letter}”.")
    mail = Mail.objects.create(to=person, letter=letter, facts=facts)
    # The task imports the sending. A broker that is away costs nothing but time: the sweeper looks again.
    from labeling.events import tasks

    transaction.on_commit(partial(tasks.deliver.delay, str(mail.pk)), robust=True)
    return mail


def invite(letters):
    """Have a letter sent to whoever each invitation is for: `letters` are (invitation, facts). Return the Mails."""
    mails = Mail.objects.bulk_create(
        Mail(invitation=invitation, letter=INVITED, facts=facts) for invitation, facts in letters
    )
    # One message for all of them: a worker sends whatever waits.
    from labeling.events import tasks

    if mails:
        transaction.on_commit(tasks.deliver_waiting.delay, robust=True)
    return mails
