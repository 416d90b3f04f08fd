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

from labeling.datasets.models import File
from labeling.datasets.schemas import SCHEMAS

SUFFIX = ".parquet"
ROWS_AT_ONCE = 2_000  # some 13 MB of rankings
SCALARS = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool_"}


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

    columns = _columns(schema)
    shape = pa.schema([(name, _type(of)) for name, of in columns.items()])
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

    schema = _of_something(schema)
    if "properties" in schema:
        return pa.struct([(name, _type(of)) for name, of in schema["properties"].items()])
    if "items" in schema:
        return pa.list_(_type(schema["items"]))
    return getattr(pa, SCALARS.get(_scalar(schema), "string"))()


def _packed(value, schema):
    """Return the value with everything that has no shape of its own as JSON."""
    schema = _of_something(schema)
    if value is None:
        return None
    if "properties" in schema:
        return {name: _packed(value.get(name), of) for name, of in schema["properties"].items()}
    if "items" in schema:
        return [_packed(one, schema["items"]) for one in value]
    return value if _scalar(schema) in SCALARS else orjson.dumps(value).decode()


def _of_something(schema):
    """Return what it is when it is not null."""
    return next((one for one in schema["anyOf"] if one != {"type": "null"}), {}) if "anyOf" in schema else schema


def _scalar(schema):
    """Return string, integer, number or boolean; else what it is, which is no column of its own."""
    offered = [schema["const"]] if "const" in schema else schema.get("enum")
    if offered:
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
        return next(kinds[type(one)] for one in offered if one is not None)
    said = schema.get("type", "object")
    return next(kind for kind in said if kind != "null") if isinstance(said, list) else said
