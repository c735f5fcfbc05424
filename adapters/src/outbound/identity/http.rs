//! Asking an identity provider: with an end in time and size, and going nowhere else.

use std::{error::Error, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;

/// How long an answer may take, all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer, in octets.
const LONGEST: usize = 1024 * 1024;

/// Why there is no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("{}", with_causes(.0))]
    NoAnswer(reqwest::Error),
    #[error("the answer of {0} has the status {1}")]
    Status(String, StatusCode),
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
        Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().map(Self)
    }

    pub fn get(&self, url: &str) -> RequestBuilder {
        self.0.get(url)
    }

    pub fn post(&self, url: &str) -> RequestBuilder {
        self.0.post(url)
    }
}

/// Sends a request and reads its answer, which must be a success and JSON.
pub(super) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, AskError> {
    let mut answer = request.send().await?;
    let url = answer.url().to_string();
    if answer.status() != StatusCode::OK {
        return Err(AskError::Status(url, answer.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LONGEST {
            return Err(AskError::TooLong(url));
        }
        body.extend_from_slice(&chunk);
    }
    // The text of the error tells what kind of thing is wrong and where, and may quote a value.
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        AskError::NotJson(url, format!("line {line}, column {column}"))
    })
}
