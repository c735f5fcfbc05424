//! The calls as a collection for Postman, which Bruno imports as well (Postman Collection Format 2.1.0).

use serde_json::{Value, json};

use crate::{
    SERVER,
    calls::{Call, Service},
    methods::Access,
};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// The collection. Its server is [`SERVER`], and its token is asked for.
pub fn of(services: &[Service]) -> Value {
    let folders = services.iter().map(|service| {
        json!({
            "name": service.descriptor.full_name(),
            "description": service.about,
            "item": service.calls.iter().map(item).collect::<Vec<_>>(),
        })
    });
    json!({
        "info": { "name": "Passlink", "schema": SCHEMA },
        "auth": {
            "type": "bearer",
            "bearer": [{ "key": "token", "value": "{{token}}", "type": "string" }],
        },
        "variable": [{ "key": "server", "value": SERVER }, { "key": "token", "value": "" }],
        "item": folders.collect::<Vec<_>>(),
    })
}

fn item(call: &Call) -> Value {
    let path = call.binding.path.trim_start_matches('/');
    let segments = path.split('/').map(|part| match part.strip_prefix('{') {
        Some(name) => format!(":{}", name.trim_end_matches('}')),
        None => part.to_owned(),
    });
    let segments: Vec<_> = segments.collect();
    let (in_path, _) = call.fields();
    let named = in_path.iter().map(|it| json!({ "key": it.name(), "value": call.value(it) }));
    let mut request = json!({
        "method": call.binding.verb.name(),
        "description": call.about,
        "url": {
            "raw": format!("{{{{server}}}}/{}", segments.join("/")),
            "host": ["{{server}}"],
            "path": segments,
            "variable": named.collect::<Vec<_>>(),
        },
    });
    // Switched off, since nothing stands there yet.
    let in_query = call.in_query();
    let in_query =
        in_query.iter().map(|it| json!({ "key": it.json_name(), "value": "", "disabled": true }));
    let in_query: Vec<_> = in_query.collect();
    if let (Some(url), false) =
        (request.pointer_mut("/url").and_then(Value::as_object_mut), in_query.is_empty())
    {
        url.insert("query".to_owned(), in_query.into());
    }
    let mut put = |key: &str, value| {
        request.as_object_mut().map(|request| request.insert(key.to_owned(), value))
    };
    if let Some(body) = call.body() {
        put("header", json!([{ "key": "Content-Type", "value": "application/json" }]));
        put("body", json!({ "mode": "raw", "raw": format!("{body:#}") }));
    }
    if call.access == Access::Code {
        put("auth", json!({ "type": "noauth" }));
    }
    json!({ "name": call.title, "request": request })
}
