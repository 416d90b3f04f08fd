from django.urls import path

from labeling.labels import around_pages, demonstration_pages, views
from labeling.labels.reading_pages import acknowledge

app_name = "labels"
urlpatterns = [
    path("<uuid:assignment_id>/", views.sheet, name="sheet"),
    path("<uuid:assignment_id>/draft/", views.draft, name="draft"),
    path("<uuid:assignment_id>/page/", views.turn, name="turn"),
    path("<uuid:assignment_id>/preview/", demonstration_pages.preview, name="preview"),
    path("<uuid:assignment_id>/signed-in/", views.take_up, name="take-up"),
    path("<uuid:assignment_id>/submit/", views.submit, name="submit"),
    path("<uuid:assignment_id>/skip/", views.skip, name="skip"),
    path("<uuid:assignment_id>/instructions/", acknowledge, name="acknowledge"),
    path("<uuid:assignment_id>/reopen/", around_pages.reopen, name="reopen"),
    path("<uuid:assignment_id>/leave/", around_pages.leave, name="leave"),
    path("<uuid:assignment_id>/flag/", around_pages.flag, name="flag"),
]
