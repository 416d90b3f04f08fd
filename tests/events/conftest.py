from tests.events.receiver import receiver  # noqa: F401
from tests.mail_server import mail_server  # noqa: F401
