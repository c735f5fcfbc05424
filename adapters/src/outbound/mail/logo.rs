//! The logo as a part of a message.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use lettre::message::{
    SinglePart,
    header::{ContentDisposition, ContentId, ContentTransferEncoding, ContentType, ContentTypeErr},
};
use sha2::{Digest, Sha256};

use crate::brand::Logo;

/// Octets of the hash that tell a logo from any other.
const HASHED: usize = 12;

/// The part that [`source`] leads to.
pub(super) fn part(logo: &Logo) -> Result<SinglePart, ContentTypeErr> {
    Ok(SinglePart::builder()
        .header(ContentType::parse("image/png")?)
        .header(ContentId::from(format!("<{}>", id(logo))))
        .header(ContentDisposition::inline_with_name("logo.png"))
        .header(ContentTransferEncoding::Base64)
        .body(logo.png.to_vec()))
}

/// The URL that stands for the logo in the message (RFC 2392).
pub(super) fn source(logo: &Logo) -> String {
    format!("cid:{}", id(logo))
}

/// The URL that holds the logo itself, for HTML outside of a message.
pub(super) fn data_url(logo: &Logo) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&logo.png))
}

/// The same in every message: programs that keep messages together take it for one image.
fn id(logo: &Logo) -> String {
    let mut id = "logo-".to_owned();
    for octet in Sha256::digest(&logo.png).into_iter().take(HASHED) {
        let _ = write!(id, "{octet:02x}");
    }
    id + "@passlink"
}
