"""What a gRPC client sees that learns the services by reflection.

grpc_client.py ADDRESS TOKEN [CA]. Calls SendMyPasswordlessLink twice, and prints what it saw as JSON. With a
CA's file it speaks TLS.
"""

import json
import sys
from pathlib import Path

from reflecting_client import Client

address, token = sys.argv[1:3]
client = Client(address, token, Path(sys.argv[3]).read_bytes() if sys.argv[3:] else None)
link = ("zitadel.auth.v1.AuthService", "SendMyPasswordlessLink")
print(
    json.dumps(
        {
            "v1": client.services_by("v1"),
            "v1alpha": client.services_by("v1alpha"),
            "health": client.call("grpc.health.v1.Health", "Check", {"service": link[0]}),
            "first": client.call(*link, {}),
            "second": client.call(*link, {}),
        }
    )
)
