"""How many links lead to a project or a test? The number, with the way to them."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext


def links_to(kind, row):
    """Return the number of `row.invitations`, linked to their list; None for a row that is yet to be made.

    `kind` is what that list is filtered by. A list of people may bring thousands, which no form could hold, so that
    they are set from the invitations' side.
    """
    if row.pk is None:
        return None
    n = row.invitations.count()
    said = ngettext("%(n)d invitation", "%(n)d invitations", n) % {"n": n}
    if n == 0:
        return said
    return format_html('<a href="{}?{}={}">{}</a>', reverse("admin:people_invitation_changelist"), kind, row.pk, said)
