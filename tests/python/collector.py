"""An OTLP collector for tests, by the protocol's own messages and services: gRPC or HTTP, as --protocol
says. It prints `ready` when it listens.

What it is sent stands in --dir, an object a line: `traces.jsonl`, `metrics.jsonl`, `logs.jsonl`; and in
`octets`, as it came. Each answer takes --delay seconds; with --refuse, nothing is taken; with --refuse-part,
each answer says that so many items were not; with --discard (gRPC alone), all is taken unread.
"""

import argparse
import gzip
import json
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


def value(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [value(item) for item in any_value.array_value.values]
    if kind == "kvlist_value":
        return attributes(any_value.kvlist_value.values)
    return getattr(any_value, kind) if kind else None


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


def spans(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "resource": attributes(resource.resource.attributes),
                    "name": span.name,
                    "kind": span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex() or None,
                    "state": span.trace_state,
                    "start": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "attributes": attributes(span.attributes),
                    "events": [
                        {"name": event.name, "attributes": attributes(event.attributes)}
                        for event in span.events
                    ],
                    "links": [
                        {"trace": link.trace_id.hex(), "id": link.span_id.hex()} for link in span.links
                    ],
                    "status": {
                        "code": span.status.StatusCode.Name(span.status.code)
                        .removeprefix("STATUS_CODE_")
                        .lower(),
                        "message": span.status.message,
                    },
                }


def points(metric):
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points:
        if kind == "histogram":
            facts = {"count": point.count, "sum": point.sum}
        else:
            facts = {"value": getattr(point, point.WhichOneof("value"))}
        yield {"attributes": attributes(point.attributes), **facts}


def metrics(request):
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                yield {
                    "resource": attributes(resource.resource.attributes),
                    "name": metric.name,
                    "unit": metric.unit,
                    "points": list(points(metric)),
                }


def logs(request):
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield {
                    "resource": attributes(resource.resource.attributes),
                    "severity": record.severity_text,
                    "body": value(record.body),
                    "trace": record.trace_id.hex() or None,
                    "span": record.span_id.hex() or None,
                    "attributes": attributes(record.attributes),
                }


SIGNALS = {
    "traces": (trace_service_pb2.ExportTraceServiceRequest, spans),
    "metrics": (metrics_service_pb2.ExportMetricsServiceRequest, metrics),
    "logs": (logs_service_pb2.ExportLogsServiceRequest, logs),
}
# What answers, and where it says how many items were refused.
ANSWERS = {
    "traces": (trace_service_pb2.ExportTraceServiceResponse, "rejected_spans"),
    "metrics": (metrics_service_pb2.ExportMetricsServiceResponse, "rejected_data_points"),
    "logs": (logs_service_pb2.ExportLogsServiceResponse, "rejected_log_records"),
}


class Collector:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        options.dir.mkdir(parents=True, exist_ok=True)

    def take(self, signal, request):
        time.sleep(self.options.delay)
        _, read = SIGNALS[signal]
        lines = "".join(json.dumps(item) + "\n" for item in read(request))
        with self.lock:
            with open(self.options.dir / f"{signal}.jsonl", "a") as file:
                file.write(lines)
            with open(self.options.dir / "octets", "ab") as file:
                file.write(request.SerializeToString() + b"\n")
        response, refused = ANSWERS[signal]
        if not self.options.refuse_part:
            return response()
        return response(partial_success={refused: self.options.refuse_part, "error_message": "too many today"})


def discard(server):
    export = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    for signal in ("trace.v1.Trace", "metrics.v1.Metrics", "logs.v1.Logs"):
        service = f"opentelemetry.proto.collector.{signal}Service"
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": export}),))


def serve_grpc(collector):
    def handler(signal):
        def export(_self, request, context):
            if collector.options.refuse:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "nothing is taken here")
            return collector.take(signal, request)

        return export

    traces = type("Traces", (trace_service_pb2_grpc.TraceServiceServicer,), {
        "Export": handler("traces")})
    measures = type("Metrics", (metrics_service_pb2_grpc.MetricsServiceServicer,), {
        "Export": handler("metrics")})
    records = type("Logs", (logs_service_pb2_grpc.LogsServiceServicer,), {
        "Export": handler("logs")})
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    if collector.options.discard:
        discard(server)
    else:
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(traces(), server)
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(measures(), server)
        logs_service_pb2_grpc.add_LogsServiceServicer_to_server(records(), server)
    server.add_insecure_port(f"127.0.0.1:{collector.options.port}")
    server.start()
    print("ready", flush=True)
    server.wait_for_termination()


def serve_http(collector):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            signal = self.path.removeprefix("/v1/")
            if collector.options.refuse:
                self.answer(403)
            elif signal not in SIGNALS or self.headers["content-type"] != "application/x-protobuf":
                self.answer(404)
            else:
                response = collector.take(signal, SIGNALS[signal][0].FromString(body))
                self.answer(200, response.SerializeToString())

        def answer(self, status, body=b""):
            self.send_response(status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", collector.options.port), Handler)
    print("ready", flush=True)
    server.serve_forever()


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--dir", type=Path, required=True)
parser.add_argument("--protocol", choices=["grpc", "http"], required=True)
parser.add_argument("--delay", type=float, default=0)
parser.add_argument("--refuse", action="store_true")
parser.add_argument("--refuse-part", type=int, default=0)
parser.add_argument("--discard", action="store_true")
options = parser.parse_args()
{"grpc": serve_grpc, "http": serve_http}[options.protocol](Collector(options))
