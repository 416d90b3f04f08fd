from django.urls import path

from labeling.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("history/", views.past, name="history"),
    path("history/<uuid:assignment_id>/", views.past_sheet, name="past-sheet"),
    path("projects/<int:project_id>/start/", views.start, name="start"),
]
