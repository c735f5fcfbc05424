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
    HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use passlink_application::limits::{ClientAddress, Limiter};
use tower_http::set_header::SetResponseHeaderLayer;
use url::Url;

use pages::Page;
use shelf::Shelf;

mod assets;
mod packed;
mod pages;
mod reference;
mod related_origins;
mod shelf;

pub use pages::PageError;
pub use reference::first_call;
pub use related_origins::related_origins;

use crate::brand::Brand;

/// Nothing but the pages' own scripts, styles, icon and calls; in no frame, with no form that is
/// sent, and no text that becomes markup or script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
/// What came from others shows itself and does nothing, also when it is opened as a page.
const FOREIGN_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// Passkeys are created by the page itself, and by nothing that it could ever hold.
const PERMISSIONS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(), \
     camera=(), geolocation=(), microphone=(), payment=(), usb=()";
/// The path of an asset holds the hash of all of them, so that what it leads to never changes.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub struct Site {
    /// The pages of links.
    pub pages: Router,
    /// What pages load.
    pub assets: Router,
    /// Says at any path, with the status 404, that there is no page.
    pub missing: Router,
    shelf: Arc<Shelf>,
}

impl Site {
    /// What tells of the API of a server at this URL: its document, and the page if there shall be one.
    pub fn reference(&self, server: &Url, page: bool) -> Router {
        careful(reference::routes(self.shelf.clone(), server, page))
    }
}

/// The pages of a site under its brand; `limiter` counts those of a client.
pub fn site(brand: Brand, limiter: Arc<Limiter>) -> Site {
    let shelf = Arc::new(Shelf::new(brand, limiter));
    let mut router = Router::new();
    for (page, path) in Page::OF_LINKS {
        let show = async move |shelf: State<Arc<Shelf>>, client, headers: HeaderMap| {
            shelf.shown(page, None, client, &headers)
        };
        router = router.route(path, get(show));
    }
    let pages = router.with_state(shelf.clone());
    let assets = Router::new().route(assets::ROUTE, get(asset)).with_state(shelf.clone());
    let missing = Router::new().fallback(missing).with_state(shelf.clone());
    let (pages, assets, missing) = (careful(pages), careful(assets), careful(missing));
    Site { pages, assets, missing, shelf }
}

/// Adds what every answer carries, unless it says otherwise.
fn careful(router: Router) -> Router {
    headers().into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}

fn headers() -> [(HeaderName, HeaderValue); 7] {
    [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}

async fn missing(
    shelf: State<Arc<Shelf>>,
    uri: Uri,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Response {
    let mut answer = shelf.shown(Page::Missing, Some(uri.path()), client, &headers);
    if answer.status().is_success() {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    answer
}

async fn asset(
    shelf: State<Arc<Shelf>>,
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let asset = shelf.assets.find(&hash, &name).ok_or(StatusCode::NOT_FOUND)?;
    let policy = asset.is_foreign.then_some([(CONTENT_SECURITY_POLICY, FOREIGN_POLICY)]);
    Ok(([(CACHE_CONTROL, FOREVER)], policy, asset.content.answer(&headers)))
}

#[cfg(test)]
mod tests;
