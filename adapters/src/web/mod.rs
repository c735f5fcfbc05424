//! The pages that the links in the mails lead to, and what browsers may do on them. A page itself
//! changes nothing, whoever opens it how often: its script asks the API.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
    },
};
use passlink_application::{ClientAddress, Limiter};
use tower_http::set_header::SetResponseHeaderLayer;

use pages::{Page, Pages};

mod assets;
mod language;
mod pages;

pub use pages::PageError;

/// Nothing but the pages' own scripts, styles, icon and calls; in no frame, with no form that is
/// sent, and no text that becomes markup or script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
/// Passkeys are created by the page itself, and by nothing that it could ever hold.
const PERMISSIONS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(), \
     camera=(), geolocation=(), microphone=(), payment=(), usb=()";
/// The path of an asset holds the hash of all of them, so that what it leads to never changes.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The pages and their assets, for a site of this name; `limiter` counts the pages of a client.
///
/// Errors: when a page or a catalogue of texts is broken, which the tests rule out.
pub fn router(site: &str, limiter: Limiter) -> Result<Router, PageError> {
    let shelf = Arc::new(Shelf { pages: Pages::new(site)?, limiter });
    let mut router = Router::new();
    for (page, path) in Page::OF_LINKS {
        let show = async move |shelf: State<Arc<Shelf>>, client, headers: HeaderMap| {
            shown(&shelf, page, client, &headers)
        };
        router = router.route(path, get(show));
    }
    let mut router = router.with_state(shelf).route(assets::ROUTE, get(asset));
    for (name, value) in headers() {
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    Ok(router)
}

/// The pages, and how many of them a client gets.
struct Shelf {
    pages: Pages,
    limiter: Limiter,
}

/// What every answer carries, unless it says otherwise.
fn headers() -> [(HeaderName, HeaderValue); 7] {
    [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ]
}

fn shown(
    shelf: &Shelf,
    page: Page,
    client: Option<Extension<ClientAddress>>,
    headers: &HeaderMap,
) -> Response {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let html = |page| {
        let html = shelf.pages.html(page, wanted.unwrap_or_default());
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], html)
    };
    match client.map_or(Ok(()), |Extension(client)| shelf.limiter.count_client(client)) {
        Ok(()) => html(page).into_response(),
        Err(limit) => {
            let wait = [(RETRY_AFTER, limit.retry_after.as_secs())];
            (StatusCode::TOO_MANY_REQUESTS, wait, html(Page::TooMany)).into_response()
        }
    }
}

async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    match assets::find(&hash, &name) {
        Some(file) => {
            let content_type = file.metadata.mimetype().to_owned();
            let headers = [(CONTENT_TYPE, content_type)];
            ([(CACHE_CONTROL, FOREVER)], headers, file.data).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests;
