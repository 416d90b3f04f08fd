"""Is a prompt fit to train on? What has come before, what is too much of one owner, and what is personal.

`looking` looks at one prompt and knows no database; `sorting_out` compares it with those that are stored.
"""
