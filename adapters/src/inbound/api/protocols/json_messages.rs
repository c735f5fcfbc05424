//! JSON messages of requests, before the framework reads them: none is `{}`, what a REST path names
//! joins the fields, and no list stands where a message must, which the framework would take for the
//! fields of that message in their order.

use std::sync::Arc;

use axum::extract::RawPathParams;
use buffa_descriptor::{DescriptorPool, FieldKind, MessageDescriptor, SingularKind};
use connectrpc::{
    CodecFormat, ConnectError, Interceptor, Next, NextStream, Payload, PayloadStream,
    RequestContext,
    interceptor::{StreamRequest, StreamResponse, UnaryRequest, UnaryResponse},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::inbound::api::services::error_table::ApiError;

#[derive(Clone)]
pub(crate) struct PathFields(Vec<(String, String)>);

impl PathFields {
    pub fn from_path(path: &RawPathParams) -> Self {
        Self(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Adds these fields to a JSON object; they win over its own.
    fn join(&self, message: &mut Value) -> Result<(), ApiError> {
        let fields = message.as_object_mut().ok_or(ApiError::Malformed)?;
        for (name, value) in &self.0 {
            fields.remove(&lower_camel_case(name));
            fields.insert(name.clone(), value.as_str().into());
        }
        Ok(())
    }
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
        if let Some(fields) = context.extensions().get::<PathFields>() {
            fields.join(&mut message)?;
        }
        if !self.fits(&message, self.request(context)) {
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
        let mut fields = message.into_iter().flat_map(|message| message.fields());
        let known = fields.find(|field| field.name() == name || field.json_name() == name);
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
