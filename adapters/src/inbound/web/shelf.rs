//! What the pages of a site share: its assets, its pages, and how many a client gets.

use std::sync::Arc;

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, StatusCode,
    header::{ACCEPT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER},
};
use passlink_application::limits::{ClientAddress, Limiter, TooMany};

use super::{
    assets::Assets,
    pages::{Page, Pages},
};

pub(super) struct Shelf {
    pub assets: Assets,
    pub pages: Pages,
    pub limiter: Arc<Limiter>,
}

impl Shelf {
    /// A page for who may have one. Without a `path`, it is beside those of the links, and finds its assets
    /// from there.
    pub fn shown(
        &self,
        page: Page,
        path: Option<&str>,
        client: Option<Extension<ClientAddress>>,
        headers: &HeaderMap,
    ) -> Response {
        match self.count(client) {
            Ok(()) => self.html(page, path, headers).into_response(),
            Err(limit) => self.too_many(path, &limit, headers),
        }
    }

    /// Counts a page of the client.
    pub fn count(&self, client: Option<Extension<ClientAddress>>) -> Result<(), TooMany> {
        client.map_or(Ok(()), |Extension(client)| self.limiter.count_client(client))
    }

    /// In place of a page, for who asks for too many.
    pub fn too_many(&self, path: Option<&str>, limit: &TooMany, headers: &HeaderMap) -> Response {
        let wait = [(RETRY_AFTER, limit.retry_after.as_secs())];
        let html = self.html(Page::TooMany, path, headers);
        (StatusCode::TOO_MANY_REQUESTS, wait, html).into_response()
    }

    /// A page in the best language.
    fn html(&self, page: Page, path: Option<&str>, headers: &HeaderMap) -> impl IntoResponse {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut html = self.pages.html(page, wanted.unwrap_or_default());
        if let Some(path) = path {
            let (base, base_from) = (self.assets.base(), self.assets.base_from(path));
            html = String::from_utf8_lossy(&html).replace(&base, &base_from).into();
        }
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], html)
    }
}
