//! Messages and enums as schemas (JSON Schema 2020-12), by proto3's JSON mapping.

use prost_reflect::{
    EnumDescriptor, EnumValueDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};
use serde_json::{Map, Value, json};

use crate::{
    comments,
    fields::{is_needed, rule},
};

/// The schemas that a document refers to, by the full names of what they describe.
#[derive(Default)]
pub struct Schemas(pub Map<String, Value>);

impl Schemas {
    /// A reference to a message's schema. It lacks the fields that stand in the path.
    pub fn message(&mut self, message: &MessageDescriptor, in_path: &[FieldDescriptor]) -> Value {
        let name = message.full_name();
        if !self.0.contains_key(name) {
            // First of all, so that a message can hold itself.
            self.0.insert(name.to_owned(), Value::Null);
            let schema = self.object(message, in_path);
            self.0.insert(name.to_owned(), schema);
        }
        refer(name)
    }

    fn object(&mut self, message: &MessageDescriptor, in_path: &[FieldDescriptor]) -> Value {
        let fields: Vec<_> = message.fields().filter(|field| !in_path.contains(field)).collect();
        let mut schema = Map::from_iter([("type".to_owned(), "object".into())]);
        let mut put = |key: &str, value: Value| schema.insert(key.to_owned(), value);
        let about = comments::of_message(message);
        if !about.is_empty() {
            put("description", about.into());
        }
        let named = |field: &FieldDescriptor| (field.json_name().to_owned(), self.field(field));
        let properties: Map<_, _> = fields.iter().map(named).collect();
        if !properties.is_empty() {
            put("properties", properties.into());
        }
        let needed: Vec<_> =
            fields.iter().filter(|it| is_needed(it)).map(|it| it.json_name()).collect();
        if !needed.is_empty() {
            put("required", needed.into());
        }
        // Of a choice, no two may be given.
        let pairs = message.oneofs().flat_map(|oneof| {
            let names: Vec<_> = oneof.fields().map(|it| it.json_name().to_owned()).collect();
            let pairs = names.iter().enumerate().flat_map(|(index, name)| {
                names.iter().skip(index + 1).map(move |other| json!({ "required": [name, other] }))
            });
            pairs.collect::<Vec<_>>()
        });
        let pairs: Vec<_> = pairs.collect();
        if !pairs.is_empty() {
            put("not", json!({ "anyOf": pairs }));
        }
        schema.into()
    }

    /// The schema of a field, with what is said of it.
    pub fn field(&mut self, field: &FieldDescriptor) -> Value {
        let about = comments::at(&field.parent_file(), field.path());
        let mut schema = match self.value(field) {
            one if field.is_list() => json!({ "type": "array", "items": one }),
            one if field.is_map() => json!({ "type": "object", "additionalProperties": one }),
            one => one,
        };
        if let (Some(schema), false) = (schema.as_object_mut(), about.is_empty()) {
            schema.insert("description".to_owned(), about.into());
        }
        let options = field.field_descriptor_proto().options.as_ref();
        if let (Some(schema), true) =
            (schema.as_object_mut(), options.is_some_and(|options| options.deprecated()))
        {
            schema.insert("deprecated".to_owned(), true.into());
        }
        schema
    }

    /// The schema of a single value of a field.
    fn value(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => self.value(&entry.map_entry_value_field()),
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
                "google.protobuf.Duration" => {
                    json!({ "type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$" })
                }
                "google.protobuf.Struct" => json!({ "type": "object" }),
                _ => self.message(&message, &[]),
            },
            Kind::Enum(values) => self.values(&values),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "format": "uint64", "pattern": r"^\d+$" })
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({ "type": "string", "format": "int64", "pattern": r"^-?\d+$" })
            }
            Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "format": "uint32" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({ "type": "integer", "format": "int32" })
            }
            Kind::Float => json!({ "type": "number", "format": "float" }),
            Kind::Double => json!({ "type": "number", "format": "double" }),
            Kind::String => text(field),
        }
    }

    fn values(&mut self, values: &EnumDescriptor) -> Value {
        let name = values.full_name();
        if !self.0.contains_key(name) {
            let names: Vec<_> = values.values().map(|it| it.name().to_owned()).collect();
            let mut schema = json!({ "type": "string", "enum": names });
            let file = values.parent_file();
            let said = |value: EnumValueDescriptor| {
                format!("- `{}`: {}", value.name(), comments::at(&file, value.path()))
            };
            let list = values.values().map(said).collect::<Vec<_>>().join("\n");
            let about = format!("{}\n\n{list}", comments::at(&file, values.path()));
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), about.into());
            }
            self.0.insert(name.to_owned(), schema);
        }
        refer(name)
    }
}

fn text(field: &FieldDescriptor) -> Value {
    let rule = rule(field);
    let known = [
        ("minLength", rule.min.map(Value::from)),
        ("maxLength", rule.max.map(Value::from)),
        ("pattern", rule.pattern.map(Value::from)),
        ("format", rule.format.map(Value::from)),
    ];
    let known = known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let kind = [("type".to_owned(), Value::from("string"))];
    kind.into_iter().chain(known).collect::<Map<_, _>>().into()
}

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
