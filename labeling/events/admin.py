"""Which letters went out, which wait, and which could not be sent?"""

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.events import delivering, webhook_admin
from labeling.events.models import Mail
from labeling.people.only_shown import OnlyShown

__all__ = ["MailAdmin", "webhook_admin"]


@admin.register(Mail)
class MailAdmin(OnlyShown):
    list_display = ("reader", "letter", "state", "attempts", "error", "created_at", "not_before", "sent_at")
    list_filter = ("state", "letter")
    list_select_related = ("to", "invitation")
    search_fields = ("to__email", "to__name", "invitation__email", "invitation__name")
    ordering = ("-created_at",)
    actions = ("send_again",)
    fields = ("reader", "letter", "wording", "state", "attempts", "error", "created_at", "not_before", "sent_at")
    readonly_fields = ("reader", "wording")

    @admin.display(description=gettext_lazy("to"), ordering="to")
    def reader(self, mail):
        return mail.to or mail.invitation.email

    @admin.display(description=gettext_lazy("wording"))
    def wording(self, mail):
        letter = delivering.worded(mail)
        return f"{letter.subject}\n\n{letter.body}"

    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request, mails):
        done = sum(delivering.send_again(mail=mail) for mail in mails)
        if done:
            said = ngettext("%(n)d letter is sent again.", "%(n)d letters are sent again.", done) % {"n": done}
            messages.success(request, said)
        else:
            messages.warning(request, _("None of these letters has failed."))
