"""What can be asked over REST? The site map of /api/."""

from typing import Any

from django.urls import include, path, re_path

from labeling.api import (
    agreement,
    datasets,
    docs,
    endpoints,
    forms,
    generations,
    imports,
    labels,
    projects,
    prompts,
    sheets,
    webhooks,
)

LIST: dict[str, Any] = {"get": "list", "post": "create"}
SHOW: dict[str, Any] = {"get": "retrieve"}
CHANGE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}

v1 = [
    path("imports/", imports.Imports.as_view(LIST)),
    path("imports/<int:pk>/", imports.Imports.as_view(SHOW)),
    path("imports/<int:pk>/refused/", imports.RefusedRows.as_view()),
    path("prompts/", prompts.Prompts.as_view(LIST)),
    path("prompts/<int:pk>/", prompts.Prompts.as_view(SHOW)),
    path("models/", endpoints.Endpoints.as_view(LIST)),
    path("models/<int:pk>/", endpoints.Endpoints.as_view(CHANGE)),
    path("models/<int:pk>/test/", endpoints.try_out),
    path("generations/", generations.Generations.as_view(LIST)),
    path("generations/<int:pk>/", generations.Generations.as_view(SHOW)),
    path("generations/<int:pk>/pause/", generations.pause),
    path("generations/<int:pk>/resume/", generations.resume),
    path("generations/<int:pk>/cancel/", generations.cancel),
    path("generations/<int:pk>/retry/", generations.retry),
    path("forms/", forms.Forms.as_view(LIST)),
    path("forms/<slug:key>/", forms.Forms.as_view(CHANGE)),
    path("projects/", projects.Projects.as_view(LIST)),
    path("projects/<int:pk>/", projects.Projects.as_view(CHANGE)),
    path("projects/<int:pk>/tasks/", projects.add_tasks),
    path("projects/<int:pk>/progress/", projects.show_progress),
    path("projects/<int:pk>/agreement/", agreement.show),
    path("projects/<int:pk>/next/", sheets.take_next),
    path("assignments/<uuid:pk>/", sheets.show),
    path("assignments/<uuid:pk>/draft/", sheets.save_draft),
    path("assignments/<uuid:pk>/submit/", sheets.submit),
    path("assignments/<uuid:pk>/skip/", sheets.skip),
    path("assignments/<uuid:pk>/flag/", sheets.flag),
    path("assignments/<uuid:pk>/reopen/", sheets.reopen),
    path("labels/", labels.Labels.as_view()),
    path("datasets/", datasets.Datasets.as_view(LIST)),
    path("dataset-formats/", datasets.list_formats),
    path("datasets/<int:pk>/", datasets.Datasets.as_view(SHOW)),
    path("datasets/<int:pk>/cancel/", datasets.cancel),
    path("datasets/<int:pk>/manifest/", datasets.show_manifest, name="dataset-manifest"),
    path("datasets/<int:pk>/card/", datasets.show_card),
    path("datasets/<int:pk>/changes/", datasets.show_changes),
    path("datasets/<int:pk>/files/<str:name>", datasets.download, name="dataset-file"),
    path("webhooks/", webhooks.Webhooks.as_view(LIST)),
    path("webhooks/<int:pk>/", webhooks.Webhooks.as_view(CHANGE | {"delete": "destroy"})),
    path("webhooks/<int:pk>/rotate/", webhooks.rotate),
    path("webhooks/<int:pk>/test/", webhooks.send_test),
    path("webhooks/<int:pk>/deliveries/", webhooks.Deliveries.as_view()),
]

app_name = "api"
urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", docs.Document.as_view(), name="schema"),
    path("docs/", docs.page, name="docs"),
    re_path("", docs.nothing_here),
]
