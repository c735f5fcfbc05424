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
    header::{
        ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
    },
};
use passlink_application::limits::{ClientAddress, Limiter, TooMany};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};
use url::Url;

use assets::Assets;
use pages::{Page, Pages};

mod assets;
mod pages;
mod reference;
mod related_origins;

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
    ///
    /// Errors: as [`site`].
    pub fn reference(&self, brand: &Brand, server: &Url, page: bool) -> Result<Router, PageError> {
        let routes = reference::routes(self.shelf.clone(), brand, server, page)?;
        Ok(careful(routes.layer(CompressionLayer::new())))
    }
}

/// The pages of a site under its brand; `limiter` counts those of a client.
///
/// Errors: when a page or a catalogue of texts is broken, which the tests rule out.
pub fn site(brand: &Brand, limiter: Arc<Limiter>) -> Result<Site, PageError> {
    let assets = Assets::of(brand);
    let shelf = Arc::new(Shelf { pages: Pages::new(brand, &assets)?, assets, limiter });
    let mut router = Router::new();
    for (page, path) in Page::OF_LINKS {
        let show = async move |shelf: State<Arc<Shelf>>, client, headers: HeaderMap| {
            shelf.shown(page, None, client, &headers)
        };
        router = router.route(path, get(show));
    }
    let pages = router.with_state(shelf.clone());
    let assets = Router::new().route(assets::ROUTE, get(asset)).with_state(shelf.clone());
    let assets = assets.layer(CompressionLayer::new());
    let missing = Router::new().fallback(missing).with_state(shelf.clone());
    let (pages, assets, missing) = (careful(pages), careful(assets), careful(missing));
    Ok(Site { pages, assets, missing, shelf })
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

struct Shelf {
    assets: Assets,
    pages: Pages,
    limiter: Arc<Limiter>,
}

impl Shelf {
    /// Counts a page of the client.
    fn count(&self, client: Option<Extension<ClientAddress>>) -> Result<(), TooMany> {
        client.map_or(Ok(()), |Extension(client)| self.limiter.count_client(client))
    }

    /// A page in the best language. Without a `path`, it is beside those of the links, and finds its assets
    /// from there.
    fn html(&self, page: Page, path: Option<&str>, headers: &HeaderMap) -> impl IntoResponse {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut html = self.pages.html(page, wanted.unwrap_or_default());
        if let Some(path) = path {
            let (base, base_from) = (self.assets.base(), self.assets.base_from(path));
            html = String::from_utf8_lossy(&html).replace(&base, &base_from).into();
        }
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], html)
    }

    /// In place of a page, for who asks for too many.
    fn too_many(&self, path: Option<&str>, limit: TooMany, headers: &HeaderMap) -> Response {
        let wait = [(RETRY_AFTER, limit.retry_after.as_secs())];
        let html = self.html(Page::TooMany, path, headers);
        (StatusCode::TOO_MANY_REQUESTS, wait, html).into_response()
    }

    /// A page for who may have one.
    fn shown(
        &self,
        page: Page,
        path: Option<&str>,
        client: Option<Extension<ClientAddress>>,
        headers: &HeaderMap,
    ) -> Response {
        match self.count(client) {
            Ok(()) => self.html(page, path, headers).into_response(),
            Err(limit) => self.too_many(path, limit, headers),
        }
    }
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
) -> Result<impl IntoResponse, StatusCode> {
    let asset = shelf.assets.find(&hash, &name).ok_or(StatusCode::NOT_FOUND)?;
    let policy = asset.is_foreign.then_some([(CONTENT_SECURITY_POLICY, FOREIGN_POLICY)]);
    let content_type = [(CONTENT_TYPE, asset.media_type)];
    Ok(([(CACHE_CONTROL, FOREVER)], content_type, policy, asset.content))
}

#[cfg(test)]
mod tests;
