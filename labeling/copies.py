"""How are rows made of other rows? With all of their columns but the key, and what is to differ."""

BATCH = 1000


def copies(rows, *, change):
    """Store a copy of each of `rows` (of one table) and return {its key: the copy}.

    `change(row)` returns the columns that differ, by their names in the table: {"task_id": 7}.
    """
    rows = list(rows)
    if not rows:
        return {}
    model = type(rows[0])
    kept = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    made = [model(**{name: getattr(row, name) for name in kept} | change(row)) for row in rows]
    return dict(zip((row.pk for row in rows), model._base_manager.bulk_create(made, batch_size=BATCH), strict=True))
