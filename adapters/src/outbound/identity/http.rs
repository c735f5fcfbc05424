//! Asking an identity provider: with an end in time and size, and going nowhere else.

use std::{error::Error, time::Duration};

use http::{HeaderValue, header::ACCEPT};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS, SERVER_PORT,
    URL_FULL,
};
use reqwest::{Client, Request, RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::{Instrument, Span, field::Empty, info_span};

/// How long an answer may take, all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer, in octets.
const LONGEST: usize = 256 * 1024;

/// Why there is no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("{}", with_causes(.0))]
    NoAnswer(reqwest::Error),
    /// With the error that it names, if it is one of RFC 6749, section 5.2.
    #[error("the answer of {url} has the status {status}{}", named(.error))]
    Status { url: String, status: StatusCode, error: Option<String> },
    #[error("the answer of {0} is longer than {LONGEST} octets")]
    TooLong(String),
    #[error("the answer of {0} is not the JSON that it should be ({1})")]
    NotJson(String, String),
    /// The answer can be read, and something in it is wrong.
    #[error("{0}")]
    Wrong(String),
    #[error("it did not answer as it should a moment ago")]
    Paused,
}

impl From<reqwest::Error> for AskError {
    fn from(error: reqwest::Error) -> Self {
        Self::NoAnswer(error)
    }
}

impl AskError {
    /// A word for what went wrong, of which there are few.
    fn kind(&self) -> &'static str {
        match self {
            Self::NoAnswer(error) if error.is_timeout() => "timeout",
            Self::NoAnswer(_) => "connection",
            Self::Status { .. } => "status",
            Self::TooLong(_) => "too_long",
            Self::NotJson(..) => "not_json",
            Self::Wrong(_) => "wrong",
            Self::Paused => "paused",
        }
    }
}

fn named(error: &Option<String>) -> String {
    error.as_ref().map(|error| format!(", and says `{error}`")).unwrap_or_default()
}

/// The `error` of an answer, if it is a plain word.
fn error_code(answer: Value) -> Option<String> {
    let code = answer.get("error")?.as_str()?;
    let is_plain = code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_plain.then(|| code.to_owned())
}

fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[derive(Clone)]
pub(super) struct Http(Client);

impl Http {
    pub fn new() -> reqwest::Result<Self> {
        let json = [(ACCEPT, HeaderValue::from_static("application/json"))];
        let client = Client::builder()
            .user_agent(concat!("passlink/", env!("CARGO_PKG_VERSION")))
            .default_headers(json.into_iter().collect())
            .redirect(Policy::none())
            .timeout(PATIENCE);
        client.build().map(Self)
    }

    pub fn get(&self, url: &str) -> RequestBuilder {
        self.0.get(url)
    }

    pub fn post(&self, url: &str) -> RequestBuilder {
        self.0.post(url)
    }
}

/// Sends a request and reads its answer, which must be a success and JSON.
pub(super) async fn json<T: DeserializeOwned>(
    http: &Http,
    request: RequestBuilder,
) -> Result<T, AskError> {
    let request = request.build()?;
    let span = info_span!(
        "ask_issuer",
        otel.name = %request.method(),
        otel.kind = "client",
        { HTTP_REQUEST_METHOD } = %request.method(),
        { URL_FULL } = %request.url(),
        { SERVER_ADDRESS } = request.url().host_str(),
        { SERVER_PORT } = request.url().port_or_known_default(),
        { HTTP_RESPONSE_STATUS_CODE } = Empty,
        { ERROR_TYPE } = Empty,
    );
    let asking = async {
        let answered = answered(http, request).await;
        if let Err(error) = &answered {
            Span::current().record(ERROR_TYPE, error.kind());
        }
        answered
    };
    asking.instrument(span).await
}

async fn answered<T: DeserializeOwned>(http: &Http, request: Request) -> Result<T, AskError> {
    let mut answer = http.0.execute(request).await?;
    Span::current().record(HTTP_RESPONSE_STATUS_CODE, answer.status().as_u16());
    let url = answer.url().to_string();
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LONGEST {
            return Err(AskError::TooLong(url));
        }
        body.extend_from_slice(&chunk);
    }
    if status != StatusCode::OK {
        let error = serde_json::from_slice(&body).ok().and_then(error_code);
        return Err(AskError::Status { url, status, error });
    }
    // The text of the error tells what kind of thing is wrong and where, and may quote a value.
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        AskError::NotJson(url, format!("line {line}, column {column}"))
    })
}
