"""Who outside hears of events, and what became of the messages? Admins set endpoints up here."""

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.events import announcing, posting, webhooks
from labeling.events.models import Event, WebhookDelivery, WebhookEndpoint
from labeling.people.only_shown import OnlyShown


class EndpointForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        choices=[(event.value, event.value) for event in Event],
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Events"),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "description", "events", "is_active"]

    def clean_url(self):
        webhooks.check_url(self.cleaned_data["url"])
        return self.cleaned_data["url"]


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(admin.ModelAdmin):
    form = EndpointForm
    list_display = ("url", "description", "events", "is_active", "failing_since", "stopped_because", "created_at")
    list_filter = ("is_active",)
    search_fields = ("url", "description")
    actions = ("ping", "rotate")
    ordering = ("-pk",)

    def save_model(self, request, endpoint, form, change):
        if change:
            webhooks.started_again(endpoint).save()
            return
        made, secret = webhooks.register(**form.cleaned_data, created_by=request.user)
        # The admin goes on with the row it was given: let it be the one that was stored.
        endpoint.__dict__.update(made.__dict__)
        self._show(request, made, secret)

    @admin.action(description=gettext_lazy("Send a test message"), permissions=["change"])
    def ping(self, request, endpoints):
        for endpoint in endpoints:
            message = announcing.ping(endpoint=endpoint)
            if posting.post(message_id=message.pk):
                messages.success(request, _("%(url)s has taken it.") % {"url": endpoint.url})
            else:
                message.refresh_from_db()
                messages.error(request, f"{endpoint.url}: {message.error}")

    @admin.action(description=gettext_lazy("Change the secret"), permissions=["change"])
    def rotate(self, request, endpoints):
        for endpoint in endpoints:
            self._show(request, endpoint, webhooks.rotate(endpoint=endpoint))

    def _show(self, request, endpoint, secret):
        said = {"url": endpoint.url, "secret": secret}
        messages.warning(request, _("The secret of %(url)s, shown this once: %(secret)s") % said)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OnlyShown):
    list_display = (
        "event",
        "endpoint",
        "state",
        "attempts",
        "status",
        "error",
        "created_at",
        "next_try_at",
        "delivered_at",
    )
    list_filter = ("state", "event", "endpoint")
    list_select_related = ("endpoint",)
    ordering = ("-created_at",)
    actions = ("send_again",)

    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request, deliveries):
        done = sum(posting.send_again(message=message) for message in deliveries)
        if done:
            said = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", done) % {"n": done}
            messages.success(request, said)
        else:
            messages.warning(request, _("None of these messages has failed."))
