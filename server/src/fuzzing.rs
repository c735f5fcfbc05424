//! The whole router without a listener, for the fuzzer of requests.

use std::{fs, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Request, header},
};
use passlink_application::{callers::NewToken, users::NewUser};
use passlink_domain::{EmailAddress, OrganisationId, UserId};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    Error,
    config::Config,
    wiring::{App, Pending},
    worker::Bell,
};

/// The only user, and what stands for a token of hers in an input.
const ADA: &str = "ada";
/// How long the end of an answer is waited for: a stream goes on for as long as its caller listens.
const PAUSE: Duration = Duration::from_millis(50);
/// More than any answer has, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// The whole router over a database of its own, with one user.
pub struct FuzzedRouter {
    runtime: Runtime,
    router: axum::Router,
    bearer: HeaderValue,
}

impl FuzzedRouter {
    /// Opens the database in the system's folder for temporary files.
    pub fn open() -> Result<Self, Error> {
        let folder = std::env::temp_dir().join(format!("passlink-edge-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut config = Config::default();
        let database = folder.join("passlink.db");
        config.database.url = format!("sqlite://{}?mode=rwc", database.display()).into();
        config.secrets.key_file = folder.join("passlink.key");
        config.links.cooldown = Duration::ZERO;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (router, bearer) = runtime.block_on(async {
            let app = App::open(config, Pending::Migrate).await?;
            let token = token(&app).await?;
            let (keys, bell) = (app.keys()?, Arc::new(Bell::default()));
            let router = app.router(keys, bell, || true, CancellationToken::new())?;
            Ok::<_, Error>((router, HeaderValue::try_from(format!("Bearer {token}"))?))
        })?;
        Ok(Self { runtime, router, bearer })
    }

    /// Answers an input: a request as HTTP/1.1 writes it, but for the version, with bare line feeds,
    /// and with Ada's token where the `authorization` is `ada`. One that no HTTP request can have is
    /// passed over.
    ///
    /// Errors: when the answer is what only a fault of ours can bring about.
    pub fn answer(&self, input: &[u8]) -> Result<(), Error> {
        let Some(request) = self.request(input) else { return Ok(()) };
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await?;
            let (status, headers) = (response.status(), format!("{:?}", response.headers()));
            let body = match timeout(PAUSE, to_bytes(response.into_body(), MAX_ANSWER)).await {
                Ok(body) => body?,
                Err(_) => Bytes::new(),
            };
            let told = format!("{status} {headers} {}", String::from_utf8_lossy(&body));
            let faults = ["Errors.Internal (SERVICE-", "Errors.Unavailable (SERVICE-"];
            let is_fault = status.as_u16() == 500 || faults.iter().any(|it| told.contains(it));
            if is_fault { Err(told.into()) } else { Ok(()) }
        })
    }

    fn request(&self, input: &[u8]) -> Option<Request<Body>> {
        let (line, mut rest) = line(input)?;
        let (method, path) = line.split_once(' ')?;
        let mut request = Request::builder().method(method).uri(path);
        loop {
            let (line, after) = self::line(rest)?;
            rest = after;
            match line.split_once(':') {
                Some((name, value)) if name == header::AUTHORIZATION && value.trim() == ADA => {
                    request = request.header(name, self.bearer.clone());
                }
                Some((name, value)) => request = request.header(name, value.trim()),
                None => break,
            }
        }
        request = request.header(header::HOST, "localhost");
        request.body(Body::from(rest.to_vec())).ok()
    }
}

/// The first line, and what comes behind it.
fn line(input: &[u8]) -> Option<(&str, &[u8])> {
    let end = input.iter().position(|octet| *octet == b'\n')?;
    let (line, rest) = input.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(1..)?))
}

/// Adds Ada; a token of hers.
async fn token(app: &App) -> Result<String, Error> {
    let id = UserId::parse(ADA)?;
    let user = NewUser {
        id: Some(id.clone()),
        organisation: OrganisationId::parse("default")?,
        email: EmailAddress::parse("ada@example.com")?,
        email_verified: true,
        username: None,
        display_name: None,
        language: None,
    };
    app.users().add(user).await?;
    let token = app.tokens().create(NewToken { user: id, name: None, lifetime: None }).await?;
    Ok(token.1.expose().to_owned())
}

#[cfg(test)]
mod tests;
