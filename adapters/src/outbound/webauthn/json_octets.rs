//! Octets in JSON. Browsers write base64url; libraries between them and us add padding, or write base64.

use base64::{
    DecodeError,
    prelude::{BASE64_URL_SAFE_NO_PAD, Engine},
};
use serde::{Deserialize, Deserializer, de};

fn decoded(text: &str) -> Result<Vec<u8>, DecodeError> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    BASE64_URL_SAFE_NO_PAD.decode(text)
}

pub(super) fn octets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    decoded(&String::deserialize(from)?).map_err(de::Error::custom)
}

pub(super) fn octets_if_any<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| decoded(&text)).transpose().map_err(de::Error::custom)
}
