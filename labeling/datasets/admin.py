"""Which datasets are there, and what is in them? Facts to be read; new ones are asked for on a page of its own."""

from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from labeling.datasets import pages
from labeling.datasets.models import DatasetVersion, File
from labeling.people.only_shown import OnlyShown


@admin.register(DatasetVersion)
class DatasetVersionAdmin(OnlyShown):
    list_display = ("__str__", "of_projects", "state", "progress", "rows", "requested_at", "requested_by")
    list_filter = ("state", "format", "projects")
    list_select_related = ("requested_by",)
    ordering = ("-pk",)

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("datasets.add_datasetversion")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("projects")

    def get_urls(self):
        own = [
            ("add/", pages.choose, "add"),
            ("<int:pk>/change/", pages.version, "change"),
            ("<int:pk>/retry/", pages.retry, "retry"),
            ("<int:pk>/cancel/", pages.cancel, "cancel"),
            ("<int:pk>/tag/", pages.tag, "tag"),
            ("<int:pk>/manifest/", pages.manifest, "manifest"),
            ("<int:pk>/card/", pages.card, "card"),
            ("<int:pk>/changes/", pages.changes, "changes"),
            ("<int:pk>/files/<str:name>", pages.download, "download"),
        ]
        return [
            path(address, self.admin_site.admin_view(page), name=f"datasets_datasetversion_{name}")
            for address, page, name in own
        ] + super().get_urls()

    @admin.display(description=_("projects"))
    def of_projects(self, version):
        return ", ".join(project.name for project in version.projects.all())

    @admin.display(description=_("progress"))
    def progress(self, version):
        return f"{version.percent} %"

    @admin.display(description=_("rows"))
    def rows(self, version):
        return version.manifest["rows"] if version.is_frozen else None


@admin.register(File)
class FileAdmin(OnlyShown):
    list_display = ("name", "version", "split", "rows", "bytes", "sha256", "download")
    list_filter = ("split", "version__format")
    list_select_related = ("version",)
    ordering = ("-version", "name")
    search_fields = ("=sha256",)
    fields = ("name", "version", "split", "rows", "bytes", "sha256", "download")
    readonly_fields = fields

    @admin.display(description=_("download"))
    def download(self, file):
        address = reverse("admin:datasets_datasetversion_download", args=[file.version_id, file.name])
        return format_html('<a href="{}">{}</a>', address, file.name)
