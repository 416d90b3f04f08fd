from django.urls import path

from labeling.account import views

app_name = "own_account"
urlpatterns = [
    path("", views.me, name="me"),
    path("change/", views.change, name="change"),
    path("download/", views.download, name="download"),
    path("leave/", views.ask_to_leave, name="leave"),
    path("stay/", views.take_back, name="stay"),
]
