//! The reference of the API: the page at `/docs`, the OpenAPI document, and what can be downloaded.
//! Why it is built so: `docs/decisions/reference.md`.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION},
};
use passlink_application::limits::ClientAddress;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use url::Url;

mod call;
mod page;
mod protocols;
mod sample;

pub use call::first_call;

use self::page::ReferencePage;
use super::{PageError, Shelf};
use crate::brand::Brand;

/// What the build writes where the URL of a server belongs.
const SERVER: &str = "https://server.invalid";
const OPENAPI_JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
const OPENAPI_YAML: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.yaml"));
const COLLECTION: &str = include_str!(concat!(env!("OUT_DIR"), "/collection.json"));
const ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/proto.tar.gz"));

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const GZIP: &str = "application/gzip";
/// Asked for again each time, and sent again only if it has changed.
const CHECKED: &str = "no-cache";

#[derive(RustEmbed)]
#[folder = "proto"]
struct Protos;

/// What a site tells of the API.
struct Reference {
    shelf: Arc<Shelf>,
    server: String,
    page: ReferencePage,
}

/// The document, and the page if there shall be one, of a server at this URL.
///
/// Errors: the page's template is broken, which the tests rule out.
pub(super) fn routes(
    shelf: Arc<Shelf>,
    brand: &Brand,
    server: &Url,
    with_page: bool,
) -> Result<Router, PageError> {
    let page = ReferencePage::new(brand, &shelf.assets, server)?;
    let server = server.as_str().trim_end_matches('/').to_owned();
    let reference = Arc::new(Reference { shelf, server, page });
    let mut router = Router::new()
        .route("/openapi.json", text(JSON, OPENAPI_JSON))
        .route("/openapi.yaml", text(YAML, OPENAPI_YAML));
    if with_page {
        router = router
            .route("/", leading_to("docs"))
            .route("/docs", get(show))
            .route("/docs/", leading_to("../docs"))
            .route("/docs/passlink.postman_collection.json", text(JSON, COLLECTION))
            .route("/docs/passlink-proto.tar.gz", get(archive))
            .route("/docs/proto/{*name}", get(proto));
    }
    Ok(router.with_state(reference))
}

/// Leads to the page: seen from there, so that a proxy can put a path before all.
fn leading_to(page: &'static str) -> MethodRouter<Arc<Reference>> {
    get(async move || (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, page)]))
}

/// Answers with a text that speaks of the site's server.
fn text(media_type: &'static str, text: &'static str) -> MethodRouter<Arc<Reference>> {
    get(async move |reference: State<Arc<Reference>>, client, headers: HeaderMap| {
        answer(&reference, client, &headers, media_type, || {
            text.replace(SERVER, &reference.server).into()
        })
    })
}

async fn show(
    reference: State<Arc<Reference>>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Response {
    match reference.page.html() {
        Ok(html) => answer(&reference, client, &headers, HTML, || html.into()),
        Err(error) => {
            tracing::error!(error = error as &dyn std::error::Error, "the reference has no page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn archive(
    reference: State<Arc<Reference>>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Response {
    answer(&reference, client, &headers, GZIP, || ARCHIVE.into())
}

async fn proto(
    Path(name): Path<String>,
    reference: State<Arc<Reference>>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Response {
    match Protos::get(&name) {
        Some(file) => answer(&reference, client, &headers, TEXT, || file.data.into_owned().into()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers with a content, or says that the client has it already (RFC 9110, section 13.1.2).
fn answer(
    reference: &Reference,
    client: Option<Extension<ClientAddress>>,
    headers: &HeaderMap,
    media_type: &'static str,
    content: impl FnOnce() -> Bytes,
) -> Response {
    if let Err(limit) = reference.shelf.count(client) {
        return reference.shelf.too_many(Some("/docs"), limit, headers);
    }
    let content = content();
    let hash = Sha256::digest(&content);
    let hash: String = hash.iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    // Weak: compressed, it has other octets.
    let tag = format!("W/\"{hash}\"");
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag);
    let caching = [(CACHE_CONTROL, CHECKED.to_owned()), (ETAG, tag)];
    if is_known {
        (StatusCode::NOT_MODIFIED, caching).into_response()
    } else {
        (caching, [(CONTENT_TYPE, media_type)], content).into_response()
    }
}

#[cfg(test)]
mod tests;
