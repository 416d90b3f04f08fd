"""Where are tests built, keyed, published and looked at?"""

from labeling.screening import invitation_admin as invitation_admin  # their tables are registered there
from labeling.screening import test_admin as test_admin
