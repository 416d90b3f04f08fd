"""What do people agree to, as it stands and as it stood, and who has agreed? Texts are added, never changed."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling import markdown
from labeling.people import consenting
from labeling.people.models import Consent, ConsentText
from labeling.people.only_shown import OnlyShown


class ConsentTextForm(forms.ModelForm):
    class Meta:
        model = ConsentText
        fields = ("english", "korean")
        widgets = {name: forms.Textarea(attrs={"rows": 16, "cols": 100}) for name in fields}
        help_texts = {
            "english": gettext_lazy("In Markdown. Once it is published, everybody is asked anew."),
            "korean": gettext_lazy("In Markdown. Empty: the English one is shown."),
        }

    def clean_english(self):
        return self.cleaned_data["english"].replace("\r\n", "\n")

    def clean_korean(self):
        return self.cleaned_data["korean"].replace("\r\n", "\n")


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):
    form = ConsentTextForm
    list_display = ("number", "published_at", "published_by", "agreed", "withdrawn")
    list_select_related = ("published_by",)
    fields = ("english", "korean")

    def get_queryset(self, request):
        standing = Count("consents", filter=Q(consents__withdrawn_at__isnull=True))
        ended = Count("consents", filter=Q(consents__withdrawn_at__isnull=False))
        return super().get_queryset(request).annotate(agreed_count=standing, withdrawn_count=ended)

    def get_fields(self, request, obj=None):
        if obj is None:
            return self.fields
        return ("number", "published_at", "published_by", "agreed", "withdrawn", "shown_in_english", "shown_in_korean")

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        """Nothing is published before it has been looked at as people will see it."""
        if request.method == "POST" and "_preview" in request.POST:
            form = ConsentTextForm(request.POST)
            if form.is_valid() and self.has_add_permission(request):
                return self._preview(request, form)
        title = {
            "title": _("Publish a consent text"),
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().add_view(request, form_url, title | (extra_context or {}))

    def _preview(self, request, form):
        newest = consenting.newest_text()
        context = self.admin_site.each_context(request) | {
            "title": _("Publish a consent text"),
            "opts": self.opts,
            "number": newest.number + 1 if newest else 1,
            "texts": form.cleaned_data,
            "english": markdown.render(form.cleaned_data["english"]),
            "korean": markdown.render(form.cleaned_data["korean"]),
        }
        return render(request, "admin/people/consenttext/preview.html", context)

    def save_model(self, request, obj, form, change):
        published = consenting.publish(**form.cleaned_data, by=request.user)
        obj.pk, obj.number = published.pk, published.number
        messages.info(request, _("Labelers and applicants are asked to agree to it before their next sheet."))

    @admin.display(description=gettext_lazy("agree"))
    def agreed(self, text):
        return text.agreed_count

    @admin.display(description=gettext_lazy("withdrew"))
    def withdrawn(self, text):
        return text.withdrawn_count

    @admin.display(description=gettext_lazy("text in English"))
    def shown_in_english(self, text):
        return markdown.render(text.english)

    @admin.display(description=gettext_lazy("text in Korean"))
    def shown_in_korean(self, text):
        return markdown.render(text.korean)


@admin.register(Consent)
class ConsentAdmin(OnlyShown):
    list_display = ("person", "text", "language", "agreed_at", "withdrawn_at")
    list_filter = ("text", "language", ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("person", "text")
    search_fields = ("person__email", "person__name")
    ordering = ("-agreed_at",)
