"""Of which type is each column of a format? Read from its schema, for tables and for whoever loads the lines."""

from labeling.datasets.schemas import SCHEMAS

# JSON Schema's names, and those of Arrow and Hugging Face's `datasets`.
SCALARS = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool"}


def features(kind, format):
    """Return [{"name", …}, …]: the columns as `datasets` has them in the front matter of a card.

    Without them it takes the types from the first 10 MB of a file, and stops where a null or an empty list becomes
    something else later on. Lines that are lists (WebGPT's) have none: it reads no such lines.
    """
    return [_column(name, of) for name, of in SCHEMAS[kind, format].get("properties", {}).items()]


def _column(name, schema):
    return {"name": name, **_feature(schema)}


def _feature(schema):
    schema = of_something(schema)
    if "properties" in schema:
        return {"struct": [_column(name, of) for name, of in schema["properties"].items()]}
    if "items" in schema:
        of = _feature(schema["items"])
        return {"list": of.get("dtype") or of.get("struct") or of}
    return {"dtype": SCALARS.get(scalar(schema), "json")}


def of_something(schema):
    """Return what it is when it is not null."""
    return next((one for one in schema["anyOf"] if one != {"type": "null"}), {}) if "anyOf" in schema else schema


def scalar(schema):
    """Return string, integer, number or boolean; else what it is, which is no column of its own."""
    offered = [schema["const"]] if "const" in schema else schema.get("enum")
    if offered:
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
        return next(kinds[type(one)] for one in offered if one is not None)
    said = schema.get("type", "object")
    return next(kind for kind in said if kind != "null") if isinstance(said, list) else said
