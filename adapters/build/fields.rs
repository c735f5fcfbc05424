//! What fields hold beyond their types: lengths, formats, and which must be given.

use prost_reflect::{FieldDescriptor, Kind};

/// How long an identifier, a name or a code may be, in characters.
const TEXT: u32 = 200;
/// The longest address, in characters.
const LOGIN_NAME: u32 = 254;
/// The longest language tag, in characters.
const LANGUAGE: u32 = 35;

/// What a text may be.
#[derive(Default)]
pub struct Rule {
    pub min: Option<u32>,
    pub max: Option<u32>,
    pub pattern: Option<&'static str>,
    pub format: Option<&'static str>,
}

pub fn rule(field: &FieldDescriptor) -> Rule {
    let is_id = field.name() == "id" || field.name().ends_with("_id");
    match (field.parent_message().name(), field.name()) {
        _ if field.kind() != Kind::String => Rule::default(),
        // What is not offered, and what browsers say of themselves.
        ("CheckIDPIntent" | "CheckTOTP" | "CheckOTP" | "CreatorQuery", _) => Rule::default(),
        (_, "fingerprint_id") => Rule::default(),
        ("RenamePasskeyRequest", "name") => between(1, TEXT),
        // This one is a username.
        ("UserFactor", "login_name") => between(1, TEXT),
        (_, "login_name") => between(1, LOGIN_NAME),
        (_, "resource_owner") => id(),
        (_, "code" | "url_template") => between(1, TEXT),
        (_, "name" | "display_name" | "passkey_name" | "token_name") => {
            Rule { max: Some(TEXT), ..Rule::default() }
        }
        (_, "language") => Rule { max: Some(LANGUAGE), ..Rule::default() },
        (_, "domain") => Rule { format: Some("hostname"), ..Rule::default() },
        (_, "link") => Rule { format: Some("uri"), ..Rule::default() },
        (message, _) if is_id && message != "ErrorDetail" => id(),
        _ => Rule::default(),
    }
}

fn id() -> Rule {
    Rule { pattern: Some(r"^[^\s\x00-\x1f\x7f-\x9f]+$"), ..between(1, TEXT) }
}

fn between(min: u32, max: u32) -> Rule {
    Rule { min: Some(min), max: Some(max), ..Rule::default() }
}

/// Whether a request without it is refused.
pub fn is_needed(field: &FieldDescriptor) -> bool {
    let message = field.parent_message();
    match (message.name(), field.name()) {
        ("PasskeyRegistrationCode", _) => true,
        ("VerifyMyPasswordlessRequest", "verification") => true,
        ("RenamePasskeyRequest", "name") => true,
        (_, "public_key_credential" | "credential_assertion_data") => true,
        (name, "code") => name.ends_with("Request") && name != "RegisterPasskeyRequest",
        (name, field) => name.ends_with("Request") && field.ends_with("_id"),
    }
}

impl Rule {
    /// In words, for readers.
    pub fn words(&self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max} characters"),
            (None, Some(max)) => format!("At most {max} characters"),
            _ => String::new(),
        }
    }
}
