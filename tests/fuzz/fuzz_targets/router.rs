//! The whole router, in this process, over a database with one user.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Request, header},
};
use passlink_adapters::outbound::system::SystemClock;
use passlink_application::{
    callers::{ManageTokens, NewToken},
    users::{ManageUsers, NewUser},
};
use passlink_server::in_process::InProcess;
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};
use tower::ServiceExt;

/// The only user, and what stands for a token of hers in an input.
const ADA: &str = "ada";
/// How long the end of an answer is waited for: a stream goes on for as long as its caller listens.
const PAUSE: Duration = Duration::from_millis(50);
/// More than any answer has, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// What the fuzzer of requests asks.
pub struct FuzzedRouter {
    runtime: Runtime,
    router: axum::Router,
    bearer: HeaderValue,
}

impl FuzzedRouter {
    /// Opens the database in a folder.
    pub fn open(folder: PathBuf) -> Self {
        let variables = [
            (
                "PASSLINK_DATABASE__URL",
                format!("sqlite://{}/passlink.db?mode=rwc", folder.display()),
            ),
            ("PASSLINK_SECRETS__KEY_FILE", folder.join("passlink.key").display().to_string()),
            ("PASSLINK_LINKS__COOLDOWN", "0s".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (router, bearer) = runtime.block_on(async {
            let passlink = InProcess::open(variables, Arc::new(SystemClock)).await.unwrap();
            let token = token(&passlink).await;
            (passlink.router, HeaderValue::try_from(format!("Bearer {token}")).unwrap())
        });
        Self { runtime, router, bearer }
    }

    /// Answers an input: a request as HTTP/1.1 writes it, but for the version, with bare line feeds,
    /// and with Ada's token where the `authorization` is `ada`. One that no HTTP request can have is
    /// passed over. Panics when the answer is what only a fault of ours can bring about.
    pub fn answer(&self, input: &[u8]) {
        let Some(request) = self.request(input) else { return };
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (status, headers) = (response.status(), format!("{:?}", response.headers()));
            let body = match timeout(PAUSE, to_bytes(response.into_body(), MAX_ANSWER)).await {
                Ok(body) => body.unwrap(),
                Err(_) => Bytes::new(),
            };
            let told = format!("{status} {headers} {}", String::from_utf8_lossy(&body));
            let faults = ["Errors.Internal (SERVICE-", "Errors.Unavailable (SERVICE-"];
            let is_fault = status.as_u16() == 500 || faults.iter().any(|it| told.contains(it));
            assert!(!is_fault, "{told}");
        });
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
async fn token(passlink: &InProcess) -> String {
    let user = NewUser {
        id: ADA.parse().ok(),
        organisation: "default".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        email_verified: true,
        username: None,
        display_name: None,
        language: None,
    };
    let user = ManageUsers(passlink.ports.clone()).add(user).await.unwrap().id;
    let token = NewToken::of(user);
    ManageTokens(passlink.ports.clone()).create(token).await.unwrap().1.expose().to_owned()
}
