//! Errors as REST tells them: examples, schemas and the answers of a call.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{calls::Call, error_rows::Row};

/// What `@type` begins with.
const TYPE: &str = "type.googleapis.com";

/// An error, with what varies filled in.
pub fn example(row: &Row) -> Value {
    let (code, id) = (row.code, row.id);
    let text = row.text.replace("<field>", "user_id").replace("<why>", "must not be empty");
    let detail = format!("{TYPE}/zitadel.v1.ErrorDetail");
    let mut details = vec![json!({ "@type": detail, "id": id, "message": text })];
    if row.status == 429 {
        let retry = format!("{TYPE}/google.rpc.RetryInfo");
        details.push(json!({ "@type": retry, "retryDelay": "42s" }));
    }
    json!({ "code": code, "message": format!("{text} ({id})"), "details": details })
}

/// The answers to a call that is refused, by HTTP status.
pub fn answers(call: &Call) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<&Row>> = BTreeMap::new();
    for row in &call.errors {
        by_status.entry(row.status).or_default().push(row);
    }
    by_status
        .into_iter()
        .map(|(status, rows)| (status.to_string(), answer(status, &rows)))
        .collect()
}

fn answer(status: u16, rows: &[&Row]) -> Value {
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
    let mut answer = json!({
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
        _ => return answer,
    };
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("headers".to_owned(), header);
    }
    answer
}

pub fn schemas() -> [(String, Value); 3] {
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
            "@type": { "const": format!("{TYPE}/zitadel.v1.ErrorDetail") },
            "id": { "type": "string", "description": "Stable name of the error." },
            "message": { "type": "string", "description": "The text." },
        },
    });
    let retry = json!({
        "type": "object",
        "description": "When the same call may succeed; with status 429.",
        "required": ["@type", "retryDelay"],
        "properties": {
            "@type": { "const": format!("{TYPE}/google.rpc.RetryInfo") },
            "retryDelay": { "type": "string", "pattern": r"^\d+s$" },
        },
    });
    [("Error", error), ("ErrorDetail", detail), ("RetryInfo", retry)]
        .map(|(name, schema)| (name.to_owned(), schema))
}
