//! The OpenAPI document (OpenAPI Specification 3.1.1) of all REST paths.

use std::{collections::BTreeMap, env, error::Error};

use serde_json::{Map, Value, json};

use crate::{
    SERVER,
    calls::{Access, Call, Service},
    error_rows::Row,
    examples::Shown,
    schemas::Schemas,
};

const ABOUT: &str = "Registers passkeys on the next device: by a link that is mailed to the person, \
    or that the caller brings there. The same methods answer by gRPC, gRPC-Web and Connect.\n\n\
    An empty body is the same as `{}`. Unknown fields are ignored. Field names are also read as the \
    `.proto` files write them.";

/// The document. Its server is [`SERVER`].
pub fn document(services: &[Service]) -> Result<Value, Box<dyn Error>> {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut errors: BTreeMap<&str, Value> = BTreeMap::new();
    for service in services {
        for call in &service.calls {
            let operation = operation(service, call, &mut schemas)?;
            let path = paths.entry(call.binding.path).or_insert_with(|| json!({}));
            if let Some(path) = path.as_object_mut() {
                path.insert(call.binding.verb.name().to_lowercase(), operation);
            }
            errors.extend(call.errors.iter().map(|row| (row.id, error_example(row))));
        }
    }
    schemas.0.extend(error_schemas());
    let tags: Vec<_> = services
        .iter()
        .map(|it| json!({ "name": it.descriptor.full_name(), "description": it.about }))
        .collect();
    Ok(json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Passlink",
            "version": env::var("CARGO_PKG_VERSION")?,
            "description": ABOUT,
            "license": { "name": "MIT or Apache-2.0", "identifier": env::var("CARGO_PKG_LICENSE")? },
        },
        "servers": [{ "url": SERVER }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearerAuth": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of a person or a service (RFC 6750).",
                },
            },
            "schemas": schemas.0,
            "examples": errors,
        },
    }))
}

fn operation(
    service: &Service,
    call: &Call,
    schemas: &mut Schemas,
) -> Result<Value, Box<dyn Error>> {
    let (method, example) = (&call.method, &call.example);
    let in_path: Vec<_> = call.in_path().collect();
    let mut parameters = Vec::new();
    for name in &in_path {
        let field = method.input().get_field_by_name(name);
        let field = field.ok_or_else(|| format!("{}: no field {name}", call.binding.rpc))?;
        let mut schema = schemas.field(&field);
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        parameters.push(json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": about,
            "schema": schema,
            "example": example.request.json.get(field.json_name()),
        }));
    }
    let answer = schemas.message(&method.output(), &[]);
    let mut responses = Map::from_iter([(
        "200".to_owned(),
        json!({ "description": "Done.", "content": as_json(&answer, &example.response.json) }),
    )]);
    responses.extend(refusals(call));
    let mut operation = json!({
        "operationId": method.name(),
        "tags": [service.descriptor.full_name()],
        "summary": summary(&call.about),
        "description": description(&call.about),
        "security": security(call.access),
        "parameters": parameters,
    });
    let mut put = |key: &str, value| {
        operation.as_object_mut().map(|operation| operation.insert(key.to_owned(), value))
    };
    if call.has_body() {
        let schema = schemas.message(&method.input(), &in_path);
        let is_required = method
            .input()
            .fields()
            .any(|field| crate::fields::is_needed(&field) && !in_path.contains(&field.name()));
        let body = body_of(&example.request, call);
        put("requestBody", json!({ "required": is_required, "content": as_json(&schema, &body) }));
    }
    put("responses", responses.into());
    Ok(operation)
}

/// The message of a request without what stands in the path.
pub fn body_of(request: &Shown, call: &Call) -> Value {
    let mut body = request.json.clone();
    let input = call.method.input();
    for field in call.in_path().filter_map(|name| input.get_field_by_name(name)) {
        body.as_object_mut().map(|body| body.shift_remove(field.json_name()));
    }
    body
}

/// What a method is called: the first paragraph of what is said of it.
pub fn summary(about: &str) -> &str {
    parted(about).0
}

fn parted(about: &str) -> (&str, &str) {
    let (title, more) = about.split_once("\n\n").unwrap_or((about, ""));
    (title.trim_end_matches('.'), more)
}

/// What a method does: all that follows.
pub fn description(about: &str) -> &str {
    parted(about).1
}

fn security(access: Access) -> Value {
    match access {
        Access::Token => json!([{ "bearerAuth": [] }]),
        Access::Code => json!([]),
        Access::TokenOrCode => json!([{ "bearerAuth": [] }, {}]),
    }
}

fn as_json(schema: &Value, example: &Value) -> Value {
    json!({ "application/json": { "schema": schema, "example": example } })
}

/// The answers to a call that is refused, by HTTP status.
fn refusals(call: &Call) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<&Row>> = BTreeMap::new();
    for row in &call.errors {
        by_status.entry(row.status).or_default().push(row);
    }
    by_status
        .into_iter()
        .map(|(status, rows)| (status.to_string(), refusal(status, &rows)))
        .collect()
}

fn refusal(status: u16, rows: &[&Row]) -> Value {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let said: Vec<_> = rows.iter().map(|row| format!("- `{}`: {}", row.id, row.when)).collect();
    let refer =
        |id: &&str| ((*id).to_owned(), json!({ "$ref": format!("#/components/examples/{id}") }));
    let examples: Map<_, _> = ids.iter().map(refer).collect();
    let one_of_these = json!({ "required": ["id"], "properties": { "id": { "enum": ids } } });
    let schema = json!({
        "allOf": [{ "$ref": "#/components/schemas/Error" }],
        "properties": { "details": { "contains": one_of_these } },
    });
    let mut response = json!({
        "description": said.join("\n"),
        "content": { "application/json": { "schema": schema, "examples": examples } },
    });
    let header = match status {
        401 => json!({ "WWW-Authenticate": {
            "description": "How to authenticate (RFC 6750, section 3; RFC 9470).",
            "required": true,
            "schema": { "type": "string" },
        } }),
        429 => json!({ "Retry-After": {
            "description": "Seconds to wait before the same call may succeed.",
            "required": true,
            "schema": { "type": "integer", "minimum": 0 },
        } }),
        _ => return response,
    };
    if let Some(response) = response.as_object_mut() {
        response.insert("headers".to_owned(), header);
    }
    response
}

fn error_example(row: &Row) -> Value {
    json!({ "summary": row.when, "value": error_value(row) })
}

/// An error as REST tells it.
pub fn error_value(row: &Row) -> Value {
    let (code, id) = (row.code, row.id);
    let text = row.text.replace("<field>", "user_id").replace("<why>", "must not be empty");
    let told = "type.googleapis.com/zitadel.v1.ErrorDetail";
    let mut details = vec![json!({ "@type": told, "id": id, "message": text })];
    if row.status == 429 {
        let told = "type.googleapis.com/google.rpc.RetryInfo";
        details.push(json!({ "@type": told, "retryDelay": "42s" }));
    }
    json!({ "code": code, "message": format!("{text} ({id})"), "details": details })
}

fn error_schemas() -> [(String, Value); 3] {
    let typed = |name: &str| json!({ "const": format!("type.googleapis.com/{name}") });
    let error = json!({
        "type": "object",
        "description": "Why a call was refused.",
        "required": ["code", "message", "details"],
        "properties": {
            "code": { "type": "integer", "description": "gRPC's code." },
            "message": { "type": "string", "description": "The text, and the id in brackets." },
            "details": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "oneOf": [
                        { "$ref": "#/components/schemas/ErrorDetail" },
                        { "$ref": "#/components/schemas/RetryInfo" },
                    ],
                },
            },
        },
    });
    let detail = json!({
        "type": "object",
        "description": "Which error it is, for programs.",
        "required": ["@type", "id", "message"],
        "properties": {
            "@type": typed("zitadel.v1.ErrorDetail"),
            "id": { "type": "string", "description": "Stable name of the error." },
            "message": { "type": "string", "description": "The text." },
        },
    });
    let retry = json!({
        "type": "object",
        "description": "When the same call may succeed; with status 429.",
        "required": ["@type", "retryDelay"],
        "properties": {
            "@type": typed("google.rpc.RetryInfo"),
            "retryDelay": { "type": "string", "pattern": r"^\d+s$" },
        },
    });
    [("Error", error), ("ErrorDetail", detail), ("RetryInfo", retry)]
        .map(|(name, schema)| (name.to_owned(), schema))
}
