from tests.api.conftest import rest  # noqa: F401
from tests.mail_server import mail_server  # noqa: F401
