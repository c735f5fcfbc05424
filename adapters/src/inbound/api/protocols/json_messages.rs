//! JSON messages of requests, before the framework reads them: none is `{}`, what a REST URL names
//! joins the fields, and no list stands where a message must, which the framework would take for the
//! fields of that message in their order.

use std::sync::Arc;

use axum::extract::RawPathParams;
use buffa_descriptor::{
    DescriptorPool, FieldDescriptor, FieldKind, MessageDescriptor, ScalarType, SingularKind,
};
use connectrpc::{
    CodecFormat, ConnectError, Interceptor, Next, NextStream, Payload, PayloadStream,
    RequestContext,
    interceptor::{StreamRequest, StreamResponse, UnaryRequest, UnaryResponse},
};
use futures_util::StreamExt;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::inbound::api::services::error_table::ApiError;

/// What a REST URL says of a message.
#[derive(Clone)]
pub(crate) struct UrlFields {
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
}

impl UrlFields {
    /// Of what a path names, and of a query that may hold fields.
    pub fn new(path: &RawPathParams, query: &str) -> Self {
        Self::of(path.iter(), query)
    }

    fn of<'p>(path: impl Iterator<Item = (&'p str, &'p str)>, query: &str) -> Self {
        let path = path.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { path, query: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    /// Adds these fields to a JSON object. The path's win over the query's, and those over its own.
    fn join(&self, json: &mut Value, message: Option<&MessageDescriptor>) -> Result<(), ApiError> {
        let fields = json.as_object_mut().ok_or(ApiError::Malformed)?;
        for (name, value) in self.of_query(message)? {
            put(fields, name, value);
        }
        for (name, value) in &self.path {
            put(fields, name, value.as_str().into());
        }
        Ok(())
    }

    /// The fields that stand in the query: single values at the top of the message. What else it has is
    /// ignored.
    ///
    /// Errors: a field stands there twice, or what stands there can't be one.
    fn of_query<'m>(
        &self,
        message: Option<&'m MessageDescriptor>,
    ) -> Result<Vec<(&'m str, Value)>, ApiError> {
        let mut found: Vec<(&str, Value)> = Vec::new();
        for (name, value) in &self.query {
            let Some(field) = message.and_then(|message| field(message, name)) else { continue };
            let value = match field.kind() {
                FieldKind::Singular(SingularKind::Scalar(ScalarType::Bool)) => {
                    value.parse::<bool>().map_err(|_| ApiError::Malformed)?.into()
                }
                FieldKind::Singular(SingularKind::Scalar(_) | SingularKind::Enum(_)) => {
                    value.as_str().into()
                }
                _ => continue,
            };
            if found.iter().any(|(known, _)| *known == field.name()) {
                return Err(ApiError::Malformed);
            }
            found.push((field.name(), value));
        }
        Ok(found)
    }
}

/// Puts a field in place of one that has its name, or its name in JSON.
fn put(fields: &mut Map<String, Value>, name: &str, value: Value) {
    fields.remove(&lower_camel_case(name));
    fields.insert(name.to_owned(), value);
}

/// The field of a message that has this name, or this name in JSON.
fn field<'m>(message: &'m MessageDescriptor, name: &str) -> Option<&'m FieldDescriptor> {
    let mut fields = message.fields().iter();
    fields.find(|field| field.name() == name || field.json_name() == name)
}

fn lower_camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at_checked(1).unwrap_or_default();
        name + &head.to_ascii_uppercase() + tail
    })
}

#[derive(Clone)]
pub(crate) struct JsonMessages(pub Arc<DescriptorPool>);

impl JsonMessages {
    fn ready(&self, context: &RequestContext, payload: Payload) -> Result<Payload, ApiError> {
        if payload.format() != CodecFormat::Json {
            return Ok(payload);
        }
        let mut message = match payload.bytes().as_ref() {
            [] => json!({}),
            bytes => serde_json::from_slice(bytes).map_err(|_| ApiError::Malformed)?,
        };
        let request = self.request(context);
        if let Some(fields) = context.extensions().get::<UrlFields>() {
            fields.join(&mut message, request)?;
        }
        if !self.fits(&message, request) {
            return Err(ApiError::Malformed);
        }
        let options = payload.decode_options().clone();
        let message = message.to_string().into();
        Ok(Payload::new(message, CodecFormat::Json).with_decode_options(options))
    }

    /// Whether a message, or nothing, stands wherever one must. A field that is not known may hold
    /// anything.
    fn fits(&self, json: &Value, message: Option<&MessageDescriptor>) -> bool {
        match json {
            Value::Null => true,
            Value::Object(fields) => {
                fields.iter().all(|(name, json)| self.field_fits(json, name, message))
            }
            _ => false,
        }
    }

    fn field_fits(&self, json: &Value, name: &str, message: Option<&MessageDescriptor>) -> bool {
        let known = message.and_then(|message| field(message, name));
        let at = match known.map(|field| field.kind()) {
            Some(
                FieldKind::Singular(SingularKind::Message(at))
                | FieldKind::List(SingularKind::Message(at))
                | FieldKind::Map { value: SingularKind::Message(at), .. },
            ) => at,
            _ => return true,
        };
        let message = self.0.message(at);
        // Those are other values in JSON, as a time is a text.
        if message.full_name().starts_with("google.protobuf.") {
            return true;
        }
        let fits = |json| self.fits(json, Some(message));
        match (known.map(|field| field.kind()), json) {
            (Some(FieldKind::List(_)), Value::Array(items)) => items.iter().all(fits),
            (Some(FieldKind::Map { .. }), Value::Object(entries)) => entries.values().all(fits),
            _ => fits(json),
        }
    }

    /// What the request of a call is, if the call is known.
    fn request(&self, context: &RequestContext) -> Option<&MessageDescriptor> {
        let (service, method) = context.path()?.trim_start_matches('/').split_once('/')?;
        let method = self.0.service_by_name(service)?.method(method)?;
        Some(self.0.message(method.input()))
    }
}

#[connectrpc::async_trait]
impl Interceptor for JsonMessages {
    async fn intercept_unary(
        &self,
        request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        let UnaryRequest { ctx, payload, .. } = request;
        let payload = self.ready(&ctx, payload)?;
        next.run(UnaryRequest::from_parts(ctx, payload)).await
    }

    async fn intercept_streaming(
        &self,
        request: StreamRequest,
        inbound: PayloadStream,
        next: NextStream<'_>,
    ) -> Result<StreamResponse, ConnectError> {
        let (messages, context) = (self.clone(), request.ctx.clone());
        let ready = inbound.map(move |payload| Ok(messages.ready(&context, payload?)?));
        next.run(request, Box::pin(ready)).await
    }
}

#[cfg(test)]
mod tests;
