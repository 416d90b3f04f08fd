from django.urls import path

from labeling.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("projects/<int:project_id>/start/", views.start, name="start"),
]
