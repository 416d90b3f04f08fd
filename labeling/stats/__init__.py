"""Sums without tables: no Django, and no other room, in here."""
