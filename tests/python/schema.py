"""Holds TOML files against a JSON Schema. Reads {"schema": schema, "files": [path]} from stdin; prints
[path, where, what is wrong] a line."""

import json
import sys
import tomllib
from pathlib import Path

from jsonschema import Draft202012Validator

request = json.load(sys.stdin)
Draft202012Validator.check_schema(request["schema"])
validator = Draft202012Validator(request["schema"])
for file in request["files"]:
    for error in validator.iter_errors(tomllib.loads(Path(file).read_text())):
        print(json.dumps([file, error.json_path, error.message]))
