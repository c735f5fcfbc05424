//! Access tokens of identity providers: JWTs (RFC 9068), which are verified here, and opaque ones, which
//! their issuer is asked about (RFC 7662).

mod claims;
mod client_auth;
mod http;
mod introspection;
mod issuers;
mod jwt;
mod pause;
mod provider;
mod ring_crypto;
mod settings;
mod user_info;

pub use issuers::Issuers;
pub use settings::{Introspection, IssuerSettings};
