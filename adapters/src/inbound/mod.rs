//! What callers and browsers reach: the API and the pages.

pub mod api;
pub mod web;
