"""How does a file of lines become a table? As Parquet beside it, some rows at a time; pyarrow is the extra `parquet`.

Columns follow the format's JSON Schema. What may hold anything (meta, sampling, answers) is JSON in a text column, so
that every row of every file has one shape.
"""

import gzip
import hashlib
import os
from importlib.util import find_spec
from itertools import islice

import orjson

from labeling.datasets.columns import SCALARS, of_something, scalar
from labeling.datasets.models import File
from labeling.datasets.schemas import SCHEMAS

SUFFIX = ".parquet"
ROWS_AT_ONCE = 2_000  # some 13 MB of rankings


def is_here():
    return find_spec("pyarrow") is not None


def beside(files, *, kind, format, folder, report):
    """Write a table beside each of the JSONL files in `folder`, and return the rows that say so.

    `report` is called after every group of rows.
    """
    return [_table(file, SCHEMAS[kind, format], folder, report) for file in files]


def _table(file, schema, folder, report):
    import pyarrow as pa
    from pyarrow import parquet

    shape = pa.schema([(name, _type(of)) for name, of in _columns(schema).items()])
    path = folder / f"{file.split}{SUFFIX}"
    with gzip.open(folder / file.name) as lines, parquet.ParquetWriter(path, shape, compression="zstd") as table:
        while rows := [_row(orjson.loads(line), schema) for line in islice(lines, ROWS_AT_ONCE)]:
            table.write_table(pa.Table.from_pylist(rows, shape))
            report()
    path.chmod(0o444)
    with path.open("rb") as written:
        os.fsync(written.fileno())
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return File(name=path.name, split=file.split, rows=file.rows, bytes=path.stat().st_size, sha256=sha256)


def _columns(schema):
    """{name: schema}; a line that is a list is one column."""
    return schema.get("properties", {"items": schema})


def _row(line, schema):
    said = line if "properties" in schema else {"items": line}
    return {name: _packed(said.get(name), of) for name, of in _columns(schema).items()}


def _type(schema):
    """Return the Arrow type of a JSON Schema of ours."""
    import pyarrow as pa

    schema = of_something(schema)
    if "properties" in schema:
        return pa.struct([(name, _type(of)) for name, of in schema["properties"].items()])
    if "items" in schema:
        return pa.list_(_type(schema["items"]))
    return pa.type_for_alias(SCALARS.get(scalar(schema), "string"))


def _packed(value, schema):
    """Return the value with everything that has no shape of its own as JSON."""
    schema = of_something(schema)
    if value is None:
        return None
    if "properties" in schema:
        return {name: _packed(value.get(name), of) for name, of in schema["properties"].items()}
    if "items" in schema:
        return [_packed(one, schema["items"]) for one in value]
    return value if scalar(schema) in SCALARS else orjson.dumps(value).decode()
