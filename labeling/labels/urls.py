from django.urls import path

from labeling.labels import views
from labeling.labels.reading_pages import acknowledge

app_name = "labels"
urlpatterns = [
    path("<uuid:assignment_id>/", views.sheet, name="sheet"),
    path("<uuid:assignment_id>/draft/", views.draft, name="draft"),
    path("<uuid:assignment_id>/page/", views.turn, name="turn"),
    path("<uuid:assignment_id>/submit/", views.submit, name="submit"),
    path("<uuid:assignment_id>/skip/", views.skip, name="skip"),
    path("<uuid:assignment_id>/instructions/", acknowledge, name="acknowledge"),
]
