from django.urls import path

from labeling.people import views

app_name = "people"
urlpatterns = [
    path("consent/", views.consent, name="consent"),
]
