from django.urls import path

from labeling.screening import join_pages, views

app_name = "screening"
urlpatterns = [
    path("apply/", views.apply, name="apply"),
    path("apply/<int:test_id>/", views.test, name="test"),
    path("apply/<int:test_id>/enter/", views.enter, name="enter"),
    path("apply/<int:test_id>/parts/<int:section_id>/begin/", views.begin_section, name="begin-section"),
    path("apply/<int:test_id>/parts/<int:section_id>/finish/", views.finish_section, name="finish-section"),
    path("apply/<int:test_id>/practice/", views.practised, name="practised"),
    path("apply/<int:test_id>/hand-in/", views.hand_in, name="hand-in"),
    path("apply/<int:test_id>/leave/", views.leave, name="leave"),
    path("apply/part/<int:project_id>/", views.part, name="part"),
    path("join/<slug:code>/", join_pages.join, name="join"),
]
