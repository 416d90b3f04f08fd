"""Where are tests built, keyed, published and looked at?"""

from labeling.screening import invitation_admin as invitation_admin  # its tables are registered there
