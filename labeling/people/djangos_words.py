"""What of Django's admin do we say ourselves in Korean, where its own translation goes astray? Nothing imports this.

Marked here, they stand in our catalogue, and that is read before Django's.
"""

from django.utils.translation import gettext_noop as _

SENTENCES = [
    _(" By %(filter_title)s "),
    _("Hold down “Control”, or “Command” on a Mac, to select more than one."),
    _("None available"),
    _("Save and add another"),
    _("Save and continue editing"),
    _("Select %s to view"),
    _("Start typing to filter…"),
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was added successfully. You may edit it again below."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("View %s"),
]
