//! What the page and the documents show of each call.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::{
    calls::{Call, Service},
    comments,
    error_rows::{self, Row},
    errors,
    examples::Shown,
    fields::{is_needed, rule},
    methods::Access,
};

/// How many octets a line of a dump shows.
const LINE: usize = 16;
/// What ends an answer by gRPC-Web: trailers in a frame of their own.
const TRAILERS: &[u8] = b"grpc-status: 0\r\n";

pub fn of(services: &[Service]) -> Value {
    let services = services.iter().map(|service| {
        json!({
            "name": service.descriptor.full_name(),
            "short": service.descriptor.name(),
            "about": service.about,
            "file": service.descriptor.parent_file().name(),
            "calls": service.calls.iter().map(call).collect::<Vec<_>>(),
        })
    });
    json!({
        "services": services.collect::<Vec<_>>(),
        "errors": error_rows::ALL.iter().map(error).collect::<Vec<_>>(),
        "error_example": text(&errors::example(&error_rows::TOO_MANY_LINKS)),
    })
}

fn call(call: &Call) -> Value {
    let ((in_path, in_body), example) = (call.fields(), &call.example);
    let filled = in_path.iter().fold(call.binding.path.to_owned(), |path, field| {
        path.replace(&format!("{{{}}}", field.name()), call.value(field).unwrap_or_default())
    });
    let parameters = in_path.iter().map(|field| {
        json!({
            "name": field.name(),
            "about": comments::at(&field.parent_file(), field.path()),
            "rule": rule(field).words(),
            "example": call.value(field),
        })
    });
    let in_query = call.in_query();
    let in_query = in_query.iter().map(|field| {
        json!({
            "name": field.json_name(),
            "about": comments::at(&field.parent_file(), field.path()),
        })
    });
    let (access, sends_token) = match call.access {
        Access::Token => ("Takes a bearer token.", true),
        Access::Code => ("Takes the code of a link, and no bearer token.", false),
        Access::TokenOrCode => ("Takes the code of a link in its body, or a bearer token.", false),
        Access::TokenUnlessBegunByCode => {
            ("Takes a bearer token, unless the code of a link began the registration.", true)
        }
    };
    let (input, output) = (call.method.input(), call.method.output());
    json!({
        "name": call.method.name(),
        "title": call.title,
        "about": call.about,
        "verb": call.binding.verb.name(),
        "path": call.binding.path,
        "filled": filled,
        "rpc": call.binding.rpc,
        "access": access,
        "sends_token": sends_token,
        "takes_token": call.access != Access::Code,
        "parameters": parameters.collect::<Vec<_>>(),
        "in_query": in_query.collect::<Vec<_>>(),
        "request": {
            "message": input.full_name(),
            "about": comments::of_message(&input),
            "fields": in_body.iter().map(|it| described(it, true)).collect::<Vec<_>>(),
        },
        "answer": {
            "message": output.full_name(),
            "about": comments::of_message(&output),
            "fields": inner(&output, false),
        },
        "media": [
            {
                "type": "application/json",
                "id": "json",
                "request": call.body().as_ref().map(text),
                "response": text(&example.response.json),
            },
            {
                "type": "application/grpc",
                "id": "grpc",
                "binary": true,
                "request": dump(&frame(&example.request)),
                "response": dump(&frame(&example.response)),
            },
            {
                "type": "application/grpc-web+proto",
                "id": "grpc-web",
                "binary": true,
                "trailers": true,
                "request": dump(&frame(&example.request)),
                "response": dump(&[frame(&example.response), framed(0x80, TRAILERS)].concat()),
            },
        ],
        "errors": call.errors.iter().copied().map(error).collect::<Vec<_>>(),
    })
}

fn error(row: &Row) -> Value {
    json!({
        "status": row.status,
        "code": row.code,
        "text": row.text,
        "id": row.id,
        "when": row.when,
    })
}

fn described(field: &FieldDescriptor, in_request: bool) -> Value {
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    let kind = match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    };
    let kind = match kind {
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => "time (RFC 3339)".to_owned(),
            "google.protobuf.Duration" => "duration, such as `3600s`".to_owned(),
            "google.protobuf.Struct" => "JSON object".to_owned(),
            _ => {
                fields = inner(&message, in_request);
                "object".to_owned()
            }
        },
        Kind::Enum(known) => {
            let file = known.parent_file();
            let said = |it: prost_reflect::EnumValueDescriptor| json!({ "name": it.name(), "about": comments::at(&file, it.path()) });
            values = known.values().map(said).collect();
            "enum".to_owned()
        }
        Kind::Bytes => "string (base64)".to_owned(),
        Kind::Uint64 | Kind::Int64 => "string (whole number)".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    let choice = field.containing_oneof().filter(|it| it.fields().len() > 1);
    let names = choice.map(|it| {
        it.fields().map(|it| format!("`{}`", it.json_name())).collect::<Vec<_>>().join(", ")
    });
    let kind = match field {
        list if list.is_list() => format!("list of {kind}s"),
        map if map.is_map() => format!("map to {kind}"),
        _ => kind,
    };
    json!({
        "name": field.json_name(),
        "original": field.name(),
        "number": field.number(),
        "kind": kind,
        "rule": rule(field).words(),
        "needed": in_request && is_needed(field),
        "choice": names,
        "about": comments::at(&field.parent_file(), field.path()),
        "fields": fields,
        "values": values,
    })
}

fn inner(message: &MessageDescriptor, in_request: bool) -> Vec<Value> {
    message.fields().map(|field| described(&field, in_request)).collect()
}

/// JSON for readers.
fn text(json: &Value) -> String {
    format!("{json:#}")
}

/// A message as gRPC sends it: behind a flag and its length.
fn frame(shown: &Shown) -> Vec<u8> {
    framed(0, &shown.octets)
}

fn framed(flag: u8, octets: &[u8]) -> Vec<u8> {
    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[flag], &length[..], octets].concat()
}

/// Octets in hexadecimal, which `xxd -r -p` turns back.
fn dump(octets: &[u8]) -> String {
    let line =
        |line: &[u8]| line.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ");
    octets.chunks(LINE).map(line).collect::<Vec<_>>().join("\n")
}
