//! The edge where requests are taken apart, without a listener: what fuzzing feeds.

use std::{fs, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::{
    Error,
    config::Config,
    wiring::{House, Pending},
    worker::Bell,
};

/// More than any answer has, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// The whole router over an empty database of its own.
pub struct Edge {
    runtime: Runtime,
    router: axum::Router,
}

impl Edge {
    /// Opens the database in the system's folder for temporary files.
    pub fn open() -> Result<Self, Error> {
        let folder = std::env::temp_dir().join(format!("passlink-edge-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut config = Config::default();
        let database = folder.join("passlink.db");
        config.database.url = format!("sqlite://{}?mode=rwc", database.display()).into();
        config.secrets.key_file = folder.join("passlink.key");
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let router = runtime.block_on(async {
            let house = House::open(&config, Pending::Migrate).await?;
            house.router(&config, house.keys(&config)?, Arc::new(Bell::default()), || true)
        })?;
        Ok(Self { runtime, router })
    }

    /// Answers an input: the media type, the path and the compression, a line each, and then the
    /// body. One that no HTTP request can have is passed over.
    ///
    /// Errors: when the answer is what only a fault of ours can bring about.
    pub fn answer(&self, input: &[u8]) -> Result<(), Error> {
        let Some(request) = request(input) else { return Ok(()) };
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await?;
            let (status, headers) = (response.status(), format!("{:?}", response.headers()));
            let body = to_bytes(response.into_body(), MAX_ANSWER).await?;
            let told = format!("{status} {headers} {}", String::from_utf8_lossy(&body));
            match status.as_u16() == 500 || told.contains("SERVICE-") {
                true => Err(told.into()),
                false => Ok(()),
            }
        })
    }
}

fn request(input: &[u8]) -> Option<Request<Body>> {
    let mut parts = input.splitn(4, |octet| *octet == b'\n');
    let mut line = || parts.next();
    let (content_type, path, encoding, body) = (line()?, line()?, line()?, line()?);
    let mut request = Request::post(path).header(header::HOST, "localhost");
    request = request.header(header::CONTENT_TYPE, content_type);
    if !encoding.is_empty() {
        request = request.header(header::CONTENT_ENCODING, encoding);
        request = request.header("grpc-encoding", encoding);
    }
    request.body(Body::from(body.to_vec())).ok()
}

#[cfg(test)]
mod tests;
