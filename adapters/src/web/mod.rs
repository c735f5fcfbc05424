//! The pages that the links in the mails lead to, and what browsers may do on them. A page itself
//! changes nothing, whoever opens it how often: its script asks the API.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
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

/// The pages and their assets, for a site of this name.
///
/// Errors: when a page or a catalogue of texts is broken, which the tests rule out.
pub fn router(site: &str) -> Result<Router, PageError> {
    let pages = Arc::new(Pages::new(site)?);
    let mut router = Router::new();
    for page in [Page::Register, Page::Revoke, Page::Undo] {
        let show =
            async move |pages: State<Arc<Pages>>, headers: HeaderMap| shown(&pages, page, &headers);
        router = router.route(page.path(), get(show));
    }
    let mut router = router.with_state(pages).route(assets::ROUTE, get(asset));
    for (name, value) in headers() {
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    Ok(router)
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

fn shown(pages: &Pages, page: Page, headers: &HeaderMap) -> Response {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let html = pages.html(page, wanted.unwrap_or_default());
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
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
