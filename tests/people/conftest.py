from tests.mail_server import mail_server  # noqa: F401
