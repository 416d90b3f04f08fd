from django.urls import path

from labeling.surveys import views

app_name = "surveys"
urlpatterns = [
    path("about-you/", views.about_you, name="about-you"),
    path("work/<int:project_id>/", views.about_the_work, name="work"),
]
