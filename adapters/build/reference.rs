//! What the page and the documents show of each call.

use std::error::Error;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::{
    calls::{Access, Call, Service},
    comments,
    error_rows::{self, Row},
    examples::Shown,
    fields::{is_needed, rule},
    openapi::{body_of, description, error_value, summary},
};

/// How many octets a line of a dump shows.
const LINE: usize = 16;
/// What ends an answer by gRPC-Web: trailers in a frame of their own.
const TRAILERS: &[u8] = b"grpc-status: 0\r\n";

pub fn of(services: &[Service]) -> Result<Value, Box<dyn Error>> {
    let services = services.iter().map(|service| {
        let calls = service.calls.iter().map(call).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({
            "name": service.descriptor.full_name(),
            "short": service.descriptor.name(),
            "about": service.about,
            "file": service.descriptor.parent_file().name(),
            "calls": calls,
        }))
    });
    let services = services.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let errors: Vec<_> = error_rows::ALL.iter().map(error).collect();
    let example = text(&error_value(&error_rows::AUTH_MISSING))?;
    Ok(json!({ "services": services, "errors": errors, "error_example": example }))
}

fn call(call: &Call) -> Result<Value, Box<dyn Error>> {
    let in_path: Vec<_> = call.in_path().collect();
    let (path, body): (Vec<_>, Vec<_>) =
        call.method.input().fields().partition(|field| in_path.contains(&field.name()));
    let example = &call.example;
    let mut filled = call.binding.path.to_owned();
    let mut parameters = Vec::new();
    for field in &path {
        let value = example.request.json.get(field.json_name()).and_then(Value::as_str);
        let value = value.ok_or_else(|| format!("{}: no {}", call.binding.rpc, field.name()))?;
        filled = filled.replace(&format!("{{{}}}", field.name()), value);
        let mut shown = described(field);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("example".to_owned(), value.into());
        }
        parameters.push(shown);
    }
    let request = call.has_body().then(|| text(&body_of(&example.request, call))).transpose()?;
    Ok(json!({
        "name": call.method.name(),
        "summary": summary(&call.about),
        "about": description(&call.about),
        "verb": call.binding.verb.name(),
        "path": call.binding.path,
        "filled": filled,
        "rpc": call.binding.rpc,
        "takes_token": call.access != Access::Code,
        "needs_token": call.access == Access::Token,
        "takes_code": call.access != Access::Token,
        "parameters": parameters,
        "body": body.iter().map(described).collect::<Vec<_>>(),
        "answer": call.method.output().fields().map(|it| described(&it)).collect::<Vec<_>>(),
        "request_message": call.method.input().full_name(),
        "answer_message": call.method.output().full_name(),
        "media": [
            {
                "type": "application/json",
                "id": "json",
                "request": request,
                "response": text(&example.response.json)?,
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
                "request": dump(&frame(&example.request)),
                "response": dump(&[frame(&example.response), framed(0x80, TRAILERS)].concat()),
            },
        ],
        "errors": call.errors.iter().copied().map(error).collect::<Vec<_>>(),
    }))
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

fn described(field: &FieldDescriptor) -> Value {
    let (kind, inner, values) = match field.kind() {
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => ("RFC 3339 time".to_owned(), Vec::new(), Vec::new()),
            "google.protobuf.Duration" => {
                ("duration, as `3600s`".to_owned(), Vec::new(), Vec::new())
            }
            "google.protobuf.Struct" => ("JSON object".to_owned(), Vec::new(), Vec::new()),
            _ => ("object".to_owned(), inner(&message), Vec::new()),
        },
        Kind::Enum(values) => {
            let file = values.parent_file();
            let said = values.values().map(
                |value| json!({ "name": value.name(), "about": comments::at(&file, value.path()) }),
            );
            ("enum".to_owned(), Vec::new(), said.collect())
        }
        Kind::Bytes => ("string, base64".to_owned(), Vec::new(), Vec::new()),
        Kind::Uint64 | Kind::Int64 => ("string, a whole number".to_owned(), Vec::new(), Vec::new()),
        Kind::Bool => ("boolean".to_owned(), Vec::new(), Vec::new()),
        Kind::String => ("string".to_owned(), Vec::new(), Vec::new()),
        other => (format!("{other:?}").to_lowercase(), Vec::new(), Vec::new()),
    };
    let choice = field.containing_oneof().filter(|it| it.fields().len() > 1);
    json!({
        "name": field.json_name(),
        "original": field.name(),
        "number": field.number(),
        "kind": if field.is_list() { format!("list of {kind}s") } else { kind },
        "rule": rule(field).words(),
        "needed": is_needed(field),
        "choice": choice.map(|it| it.name().to_owned()),
        "about": comments::at(&field.parent_file(), field.path()),
        "fields": inner,
        "values": values,
    })
}

fn inner(message: &MessageDescriptor) -> Vec<Value> {
    message.fields().map(|field| described(&field)).collect()
}

fn text(json: &Value) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(json)
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
