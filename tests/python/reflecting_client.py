"""A gRPC client that knows nothing but an address: it learns the services by reflection."""

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status


class Client:
    """Calls methods at an address, with a token, compressed by gzip; with a CA's certificate by TLS."""

    def __init__(self, address: str, token: str, ca: bytes | None = None):
        gzip = grpc.Compression.Gzip
        if ca:
            credentials = grpc.ssl_channel_credentials(ca)
            self.channel = grpc.secure_channel(address, credentials, compression=gzip)
        else:
            self.channel = grpc.insecure_channel(address, compression=gzip)
        self.metadata = [("authorization", f"Bearer {token}")]
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))

    def services_by(self, version: str) -> list[str]:
        """The services, by reflection v1 or v1alpha: their messages are the same."""
        ask = self.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        answer = next(iter(ask(iter([request]), timeout=120)))
        return sorted(service.name for service in answer.list_services_response.service)

    def call(self, service: str, name: str, fields: dict) -> dict:
        """The answer to a call, or its error with code, text and details."""
        method = self.pool.FindServiceByName(service).methods_by_name[name]
        request = message_factory.GetMessageClass(method.input_type)
        stub = self.channel.unary_unary(
            f"/{service}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        message = json_format.ParseDict(fields, request())
        try:
            answer = stub(message, timeout=120, metadata=self.metadata)
            return {"answer": json_format.MessageToDict(answer)}
        except grpc.RpcError as error:
            status = rpc_status.from_call(error)
            details = []
            for detail in status.details:
                found = self.pool.FindMessageTypeByName(detail.TypeName())
                told = message_factory.GetMessageClass(found)()
                assert detail.Unpack(told)
                details.append({"type": detail.TypeName(), **json_format.MessageToDict(told)})
            return {"code": error.code().value[0], "text": error.details(), "details": details}
