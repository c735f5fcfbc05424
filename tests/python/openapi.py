# Holds an OpenAPI document against the specification: openapi.py FILE

import sys

from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

document, url = read_from_filename(sys.argv[1])
assert document["openapi"].startswith("3.1."), document["openapi"]
validate(document, base_uri=url)
