"""Calls by a gRPC client that learns the services by reflection.

grpc_calls.py ADDRESS TOKEN CALL... Each call is `{service, method, request}` as JSON. Prints the outcome of each
as a line of JSON.
"""

import json
import sys

from reflecting_client import Client

address, token, *calls = sys.argv[1:]
client = Client(address, token)
for call in map(json.loads, calls):
    print(json.dumps(client.call(call["service"], call["method"], call["request"])))
