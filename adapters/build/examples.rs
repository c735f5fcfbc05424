//! An example of each call: its messages as JSON, and as the octets that gRPC sends.

use std::{collections::BTreeMap, error::Error};

use base64::prelude::{BASE64_STANDARD, Engine};
use prost_reflect::{
    DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, SerializeOptions, prost::Message,
};
use serde::Deserialize;
use serde_json::Value;

const EXAMPLES: &str = include_str!("examples.json");

#[derive(Deserialize)]
struct Written {
    request: Value,
    response: Value,
}

pub struct Example {
    pub request: Shown,
    pub response: Shown,
}

pub struct Shown {
    pub json: Value,
    pub octets: Vec<u8>,
}

/// Those of all methods, by their names.
pub struct Examples(BTreeMap<String, Written>);

impl Examples {
    pub fn read() -> Result<Self, Box<dyn Error>> {
        Ok(Self(serde_json::from_str(EXAMPLES)?))
    }

    /// That of a method. An error if there is none, or if it does not fit the method's messages.
    pub fn take(&mut self, method: &MethodDescriptor) -> Result<Example, Box<dyn Error>> {
        let name = method.name();
        let written = self.0.remove(name).ok_or_else(|| format!("examples.json lacks {name}"))?;
        let fits = |message, json| shown(message, json).map_err(|error| format!("{name}: {error}"));
        Ok(Example {
            request: fits(method.input(), written.request)?,
            response: fits(method.output(), written.response)?,
        })
    }

    /// An error if there are examples of methods that there aren't.
    pub fn end(self) -> Result<(), Box<dyn Error>> {
        match self.0.into_keys().next() {
            Some(name) => Err(format!("examples.json has {name}, which is no method").into()),
            None => Ok(()),
        }
    }
}

fn shown(descriptor: MessageDescriptor, mut json: Value) -> Result<Shown, Box<dyn Error>> {
    encode_octets(&descriptor, &mut json);
    let message = DynamicMessage::deserialize(descriptor, json)?;
    let options = SerializeOptions::new().skip_default_fields(true);
    let mut json = message.serialize_with_options(serde_json::value::Serializer, &options)?;
    drop_fractions(&mut json);
    Ok(Shown { json, octets: message.encode_to_vec() })
}

/// Writes JSON in fields of octets as such fields are written.
fn encode_octets(descriptor: &MessageDescriptor, json: &mut Value) {
    let Value::Object(members) = json else { return };
    for (name, value) in members {
        let Some(field) = descriptor.get_field_by_json_name(name) else { continue };
        match field.kind() {
            Kind::Bytes if !value.is_string() => {
                *value = BASE64_STANDARD.encode(value.to_string()).into();
            }
            Kind::Message(inner) if !field.is_list() && !field.is_map() => {
                encode_octets(&inner, value)
            }
            _ => {}
        }
    }
}

/// Writes whole numbers as the server does: those of an object have no type of their own.
fn drop_fractions(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(drop_fractions),
        Value::Object(members) => members.values_mut().for_each(drop_fractions),
        Value::Number(number) => {
            let text = number.to_string();
            let whole = text.strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok());
            if let Some(whole) = whole {
                *number = whole.into();
            }
        }
        _ => {}
    }
}
