//! Contents that never change while the server runs: compressed once, and shared by all who get them.

use std::{io::Write, sync::OnceLock};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
};
use sha2::{Digest, Sha256};

const GZIP: HeaderValue = HeaderValue::from_static("gzip");
/// What can be made smaller; all else is compressed by its own form.
const PACKABLE: [&str; 5] =
    ["text/", "application/json", "application/yaml", "application/javascript", "image/svg+xml"];

pub(super) struct Packed {
    media_type: String,
    plain: Bytes,
    gzip: OnceLock<Bytes>,
}

impl Packed {
    pub fn new(media_type: impl Into<String>, content: impl Into<Bytes>) -> Self {
        let (media_type, plain) = (media_type.into(), content.into());
        Self { media_type, plain, gzip: OnceLock::new() }
    }

    pub fn octets(&self) -> &Bytes {
        &self.plain
    }

    /// The content, in the form that the client takes (RFC 9110, section 12.5.3).
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let media_type = [(CONTENT_TYPE, self.media_type.as_str())];
        if !PACKABLE.iter().any(|it| self.media_type.starts_with(it)) {
            return (media_type, self.plain.clone()).into_response();
        }
        let varies = [(VARY, ACCEPT_ENCODING.as_str())];
        if takes_gzip(headers) {
            (media_type, varies, [(CONTENT_ENCODING, GZIP)], self.gzip()).into_response()
        } else {
            (media_type, varies, self.plain.clone()).into_response()
        }
    }

    /// The same with a tag, for who asks again: nothing, where the client has it already (RFC 9110, section
    /// 13.1.2).
    pub fn answer_if_new(&self, headers: &HeaderMap) -> Response {
        let mut answer = self.answer(headers);
        let hash = Sha256::digest(&self.plain);
        let hash: String = hash.iter().take(8).map(|octet| format!("{octet:02x}")).collect();
        if is_known(headers, &format!("\"{hash}\"")) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = Body::empty();
            answer.headers_mut().remove(CONTENT_ENCODING);
        }
        // Weak: compressed, it has other octets.
        if let Ok(tag) = HeaderValue::try_from(format!("W/\"{hash}\"")) {
            answer.headers_mut().insert(ETAG, tag);
        }
        answer
    }

    fn gzip(&self) -> Bytes {
        self.gzip.get_or_init(|| gzip(&self.plain)).clone()
    }
}

fn gzip(plain: &Bytes) -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    // Nothing stands in the way of writing to memory.
    match packed.write_all(plain).and_then(|()| packed.finish()) {
        Ok(packed) => packed.into(),
        Err(_) => Bytes::new(),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    listed(headers, ACCEPT_ENCODING).any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = parameters.trim().strip_prefix("q=").map(str::parse::<f32>);
        let is_refused = quality.is_some_and(|quality| !quality.is_ok_and(|it| it > 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

/// Whether the client has what this tag stands for. Weak tags are compared.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    listed(headers, IF_NONE_MATCH).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

fn listed(headers: &HeaderMap, name: http::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
}

#[cfg(test)]
mod tests;
