from django.urls import path

from labeling.screening import join_pages

app_name = "screening"
urlpatterns = [
    path("join/<slug:code>/", join_pages.join, name="join"),
]
