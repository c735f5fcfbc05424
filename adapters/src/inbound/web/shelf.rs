//! What the pages of a site share: its assets, its pages, and how many a client gets.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{ACCEPT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER},
};
use passlink_application::limits::{ClientAddress, Limiter, TooMany};

use super::{
    assets::Assets,
    pages::{self, Page, PageError, broken},
};
use crate::brand::Brand;

pub(super) struct Shelf {
    pub brand: Brand,
    pub assets: Assets,
    pub limiter: Arc<Limiter>,
    made: Mutex<Made>,
}

/// Pages by language, and by where their assets are. Each is made when it is asked for first.
type Made = BTreeMap<(Page, &'static str, String), Bytes>;

impl Shelf {
    pub fn new(brand: Brand, limiter: Arc<Limiter>) -> Self {
        Self { assets: Assets::of(&brand), brand, limiter, made: Mutex::default() }
    }

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
            Ok(()) => self.html(page, path, headers),
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
    fn html(&self, page: Page, path: Option<&str>, headers: &HeaderMap) -> Response {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let base = path.map_or_else(|| self.assets.base(), |path| self.assets.base_from(path));
        let language = pages::language(wanted.unwrap_or_default());
        match language.and_then(|language| self.made(page, language, base)) {
            Ok(html) => ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
            Err(error) => broken(&error),
        }
    }

    fn made(&self, page: Page, language: &'static str, base: String) -> Result<Bytes, PageError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match made.entry((page, language, base)) {
            Entry::Occupied(there) => there.get().clone(),
            Entry::Vacant(place) => {
                let (_, _, base) = place.key();
                let html = pages::html(page, (&self.brand, &self.assets), base, language)?;
                place.insert(html.into()).clone()
            }
        })
    }
}
