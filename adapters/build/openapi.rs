//! The OpenAPI document (OpenAPI Specification 3.1.1) of all REST paths.

use std::{collections::BTreeMap, env, error::Error};

use prost_reflect::FieldDescriptor;
use serde_json::{Map, Value, json};

use crate::{
    SERVER,
    calls::{Call, Service},
    errors,
    fields::is_needed,
    methods::Access,
    schemas::Schemas,
};

const ABOUT: &str = "Registers passkeys on the next device: by a link that is mailed to the person, \
    or that the caller brings there. Signs people in with them. The same methods answer by gRPC, gRPC-Web \
    and Connect.\n\n\
    An empty body is the same as `{}`. Unknown fields are ignored. Field names are also read as the \
    `.proto` files write them.";

/// The document. Its server is [`SERVER`].
pub fn document(services: &[Service]) -> Result<Value, Box<dyn Error>> {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut examples: BTreeMap<&str, Value> = BTreeMap::new();
    for service in services {
        for call in &service.calls {
            let operation = operation(service, call, &mut schemas);
            let path = paths.entry(call.binding.path).or_insert_with(|| json!({}));
            if let Some(path) = path.as_object_mut() {
                path.insert(call.binding.verb.name().to_lowercase(), operation);
            }
            examples.extend(call.errors.iter().map(|row| {
                (row.id, json!({ "summary": row.when, "value": errors::example(row) }))
            }));
        }
    }
    schemas.0.extend(errors::schemas());
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
            "examples": examples,
        },
    }))
}

fn operation(service: &Service, call: &Call, schemas: &mut Schemas) -> Value {
    let (in_path, in_body) = call.fields();
    let mut parameter = |field: &FieldDescriptor, name: &str, place: &str| {
        let mut schema = schemas.field(field);
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter = json!({
            "name": name,
            "in": place,
            "required": place == "path",
            "description": about,
            "schema": schema,
        });
        if let (Some(parameter), Some(example)) = (parameter.as_object_mut(), call.value(field)) {
            parameter.insert("example".to_owned(), example.into());
        }
        parameter
    };
    let mut parameters: Vec<_> =
        in_path.iter().map(|field| parameter(field, field.name(), "path")).collect();
    parameters
        .extend(call.in_query().iter().map(|field| parameter(field, field.json_name(), "query")));
    let answer = schemas.message(&call.method.output(), &[]);
    let done = as_json(&answer, &call.example.response.json);
    let done = json!({ "description": "Done.", "content": done });
    let mut responses = Map::from_iter([("200".to_owned(), done)]);
    responses.extend(errors::answers(call));
    let mut operation = json!({
        "operationId": call.method.name(),
        "tags": [service.descriptor.full_name()],
        "summary": call.title,
        "description": call.about,
        "security": security(call.access),
        "parameters": parameters,
    });
    let mut put = |key: &str, value| {
        operation.as_object_mut().map(|operation| operation.insert(key.to_owned(), value))
    };
    if let Some(body) = call.body() {
        let schema = schemas.message(&call.method.input(), &in_path);
        let is_required = in_body.iter().any(is_needed);
        put("requestBody", json!({ "required": is_required, "content": as_json(&schema, &body) }));
    }
    put("responses", responses.into());
    operation
}

fn security(access: Access) -> Value {
    match access {
        Access::Token => json!([{ "bearerAuth": [] }]),
        Access::Code => json!([]),
        Access::TokenOrCode | Access::TokenUnlessBegunByCode => json!([{ "bearerAuth": [] }, {}]),
    }
}

fn as_json(schema: &Value, example: &Value) -> Value {
    json!({ "application/json": { "schema": schema, "example": example } })
}
