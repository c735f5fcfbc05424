# Holds all examples of an OpenAPI document against their schemas: openapi_examples.py FILE. Prints how
# many there are.

import json
import sys

from jsonschema import Draft202012Validator

document = json.load(open(sys.argv[1]))
checked = 0


def check(schema, example):
    global checked
    # What it refers to stands beside it.
    Draft202012Validator(schema | {"components": document["components"]}).validate(example)
    checked += 1


def resolved(example):
    name = example.get("$ref", "").rsplit("/", 1)[-1]
    return document["components"]["examples"][name] if name else example


for operations in document["paths"].values():
    for operation in operations.values():
        for parameter in operation["parameters"]:
            if "example" in parameter:
                check(parameter["schema"], parameter["example"])
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (body["content"]["application/json"] for body in bodies if body):
            if "example" in media:
                check(media["schema"], media["example"])
            for example in media.get("examples", {}).values():
                check(media["schema"], resolved(example)["value"])
print(checked)
