//! JSON messages of requests, before the framework reads them: none is `{}`, what a REST path names
//! joins the fields, and no list stands where a message must, which the framework would take for the
//! fields of that message in their order.

use std::{fmt, sync::Arc};

use axum::extract::RawPathParams;
use buffa_descriptor::{
    DescriptorPool, FieldKind, MessageDescriptor, MessageIndex, PoolError, SingularKind,
};
use bytes::Bytes;
use connectrpc::{
    CodecFormat, ConnectError, Interceptor, Next, NextStream, Payload, PayloadStream,
    RequestContext,
    interceptor::{StreamRequest, StreamResponse, UnaryRequest, UnaryResponse},
};
use futures_util::StreamExt;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::inbound::api::services::error_table::ApiError;

/// The fields that a REST path names.
#[derive(Clone)]
pub(crate) struct PathFields(Vec<(String, String)>);

impl PathFields {
    pub fn of(path: &RawPathParams) -> Self {
        Self(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// A JSON object with these fields, which win over its own.
    fn join(&self, message: &[u8]) -> Result<Bytes, ApiError> {
        let mut fields: Map<String, Value> =
            serde_json::from_slice(message).map_err(|_| ApiError::Malformed)?;
        for (name, value) in &self.0 {
            fields.remove(&lower_camel_case(name));
            fields.insert(name.clone(), value.as_str().into());
        }
        Ok(Value::Object(fields).to_string().into())
    }
}

/// The name of a field in JSON.
fn lower_camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at_checked(1).unwrap_or_default();
        name + &head.to_ascii_uppercase() + tail
    })
}

/// Makes the messages of requests ready to be read.
#[derive(Clone)]
pub(crate) struct JsonMessages(Arc<DescriptorPool>);

impl JsonMessages {
    /// By the compiled `.proto` files.
    ///
    /// Errors: they can't be read.
    pub fn described_by(descriptors: &[u8]) -> Result<Self, PoolError> {
        Ok(Self(Arc::new(DescriptorPool::decode(descriptors)?)))
    }

    fn ready(&self, context: &RequestContext, payload: Payload) -> Result<Payload, ApiError> {
        if payload.format() != CodecFormat::Json {
            return Ok(payload);
        }
        let mut message = payload.bytes().clone();
        if message.is_empty() {
            message = Bytes::from_static(b"{}");
        }
        if let Some(fields) = context.extensions().get::<PathFields>() {
            message = fields.join(&message)?;
        }
        let position = Position { pool: &self.0, kind: Kind::One, message: self.request(context) };
        let mut json = serde_json::Deserializer::from_slice(&message);
        position.deserialize(&mut json).map_err(|_| ApiError::Malformed)?;
        let options = payload.decode_options().clone();
        Ok(Payload::new(message, CodecFormat::Json).with_decode_options(options))
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

/// What stands at a position of a message.
#[derive(Clone, Copy)]
enum Kind {
    One,
    List,
    Map,
}

/// Sees what stands at a position of a message, or of several.
#[derive(Clone, Copy)]
struct Position<'p> {
    pool: &'p DescriptorPool,
    kind: Kind,
    /// None, if nothing is known of it.
    message: Option<&'p MessageDescriptor>,
}

impl<'p> Position<'p> {
    /// The position of a field, if messages stand there.
    fn below(self, name: &str) -> Option<Self> {
        let mut fields = self.message?.fields().iter();
        let field = fields.find(|field| field.name() == name || field.json_name() == name)?;
        let (kind, at) = match field.kind() {
            FieldKind::Singular(SingularKind::Message(at)) => (Kind::One, at),
            FieldKind::List(SingularKind::Message(at)) => (Kind::List, at),
            FieldKind::Map { value: SingularKind::Message(at), .. } => (Kind::Map, at),
            _ => return None,
        };
        Some(Self { kind, message: Some(self.described(at)?), ..self })
    }

    /// A message that is no other value in JSON, as a time is.
    fn described(self, at: MessageIndex) -> Option<&'p MessageDescriptor> {
        let message = self.pool.message(at);
        (!message.full_name().starts_with("google.protobuf.")).then_some(message)
    }
}

impl<'de> DeserializeSeed<'de> for Position<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Position<'_> {
    type Value = ();

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a message")
    }

    /// `null` is a field that is not there.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<(), A::Error> {
        while let Some(name) = json.next_key::<String>()? {
            let position = match self.kind {
                Kind::Map => Some(Self { kind: Kind::One, ..self }),
                Kind::One | Kind::List => self.below(&name),
            };
            match position {
                Some(position) => json.next_value_seed(position)?,
                None => drop(json.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<(), A::Error> {
        let Kind::List = self.kind else {
            return Err(serde::de::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        while json.next_element_seed(Self { kind: Kind::One, ..self })?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests;
