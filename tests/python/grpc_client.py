"""A gRPC client that knows nothing but the address: it learns the services by reflection.

grpc_client.py ADDRESS TOKEN [CA]. Calls SendMyPasswordlessLink twice, compressed by gzip, and prints
what it saw as JSON. With a CA's file it speaks TLS.
"""

import json
import sys
from pathlib import Path

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

address, token = sys.argv[1:3]
if ca := sys.argv[3:]:
    credentials = grpc.ssl_channel_credentials(Path(ca[0]).read_bytes())
    channel = grpc.secure_channel(address, credentials, compression=grpc.Compression.Gzip)
else:
    channel = grpc.insecure_channel(address, compression=grpc.Compression.Gzip)


def services_by(version: str) -> list[str]:
    """The services, by reflection v1 or v1alpha: their messages are the same."""
    ask = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    answer = next(iter(ask(iter([request]), timeout=120)))
    return sorted(service.name for service in answer.list_services_response.service)


pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))


def call(service: str, name: str, fields: dict) -> dict:
    method = pool.FindServiceByName(service).methods_by_name[name]
    request = message_factory.GetMessageClass(method.input_type)
    stub = channel.unary_unary(
        f"/{service}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
    )
    metadata = [("authorization", f"Bearer {token}")]
    try:
        answer = stub(json_format.ParseDict(fields, request()), timeout=120, metadata=metadata)
        return {"answer": json_format.MessageToDict(answer)}
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        details = []
        for detail in status.details:
            found = pool.FindMessageTypeByName(detail.TypeName())
            message = message_factory.GetMessageClass(found)()
            assert detail.Unpack(message)
            details.append({"type": detail.TypeName(), **json_format.MessageToDict(message)})
        return {"code": error.code().value[0], "text": error.details(), "details": details}


link = ("zitadel.auth.v1.AuthService", "SendMyPasswordlessLink")
print(
    json.dumps(
        {
            "v1": services_by("v1"),
            "v1alpha": services_by("v1alpha"),
            "health": call("grpc.health.v1.Health", "Check", {"service": link[0]}),
            "first": call(*link, {}),
            "second": call(*link, {}),
        }
    )
)
