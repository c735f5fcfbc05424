//! The reference of the API: the page at `/docs`, the OpenAPI document, and what can be downloaded.
//! Why it is built so: `docs/decisions/reference.md`.

use std::sync::{Arc, LazyLock};

use axum::{
    Extension, Router,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use http::{
    HeaderMap, StatusCode, Uri,
    header::{CACHE_CONTROL, LOCATION},
};
use passlink_application::limits::ClientAddress;
use rust_embed::RustEmbed;
use url::Url;

mod call;
mod page;
mod protocols;
mod sample;
mod server;

pub use call::first_call;

use self::server::Server;
use super::{
    packed::Packed,
    pages::{PageError, broken},
    shelf::Shelf,
};

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

/// The document, and the page if there shall be one, of a server at this URL. Each is made at its first
/// request.
pub(super) fn routes(shelf: Arc<Shelf>, server: &Url, with_page: bool) -> Router {
    let server = Arc::new(Server::at(server));
    let of = |make: Make| document(shelf.clone(), make);
    let text = |media_type: &'static str, text: &'static str| {
        let server = server.clone();
        of(Box::new(move || Ok(Packed::new(media_type, server.in_place(text)))))
    };
    let mut router = Router::new()
        .route("/openapi.json", text(JSON, OPENAPI_JSON))
        .route("/openapi.yaml", text(YAML, OPENAPI_YAML));
    if !with_page {
        return router;
    }
    for name in Protos::iter() {
        let path = format!("/docs/proto/{name}");
        let content = move || Protos::get(&name).map(|file| file.data.into_owned());
        let text = move || Ok(Packed::new(TEXT, content().unwrap_or_default()));
        router = router.route(&path, of(Box::new(text)));
    }
    let (shelf_of_page, server_of_page) = (shelf.clone(), server.clone());
    let page = move || {
        let html = page::html(&shelf_of_page, &server_of_page)?;
        Ok(Packed::new(HTML, html))
    };
    router
        .route("/", leading_to("docs"))
        .route("/docs", of(Box::new(page)))
        .route("/docs/", leading_to("../docs"))
        .route("/docs/passlink.postman_collection.json", text(JSON, COLLECTION))
        .route("/docs/passlink-proto.tar.gz", of(Box::new(|| Ok(Packed::new(GZIP, ARCHIVE)))))
}

/// Leads to the page: seen from there, so that a proxy can put a path before all.
fn leading_to(page: &'static str) -> MethodRouter {
    get(async move || (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, page)]))
}

/// Makes a content. Errors: a template is broken, which the tests rule out.
type Make = Box<dyn FnOnce() -> Result<Packed, PageError> + Send>;

/// Answers with a content, for who may have a page.
fn document(shelf: Arc<Shelf>, make: Make) -> MethodRouter {
    let content = Arc::new(LazyLock::new(make));
    get(async move |uri: Uri, client: Option<Extension<ClientAddress>>, headers: HeaderMap| {
        if let Err(limit) = shelf.count(client) {
            return shelf.too_many(Some(uri.path()), &limit, &headers);
        }
        match &**content {
            Ok(content) => {
                ([(CACHE_CONTROL, CHECKED)], content.answer_if_new(&headers)).into_response()
            }
            Err(error) => broken(error),
        }
    })
}

#[cfg(test)]
mod tests;
