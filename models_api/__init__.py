"""Everything that talks to a model. No Django, and nothing of the house, in here."""
