app_name = "own_account"
urlpatterns = []
