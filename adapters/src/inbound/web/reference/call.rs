//! The calls of the API, as the build wrote them down for the reference.

use handlebars::RenderError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sample::{Sampled, Samples};
use crate::inbound::web::PageError;

const WRITTEN: &str = include_str!(concat!(env!("OUT_DIR"), "/reference.json"));
/// The call by which people come to know the API.
const FIRST: &str = "SendMyPasswordlessLink";

#[derive(Deserialize, Serialize)]
pub(super) struct Written {
    pub services: Vec<Service>,
    pub errors: Value,
    /// What an error looks like.
    pub error_example: String,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Service {
    pub calls: Vec<Call>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A method, by REST.
#[derive(Deserialize, Serialize)]
pub(super) struct Call {
    pub name: String,
    verb: String,
    /// Its path, with values in place of what it names.
    filled: String,
    sends_token: bool,
    media: Vec<Media>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
struct Media {
    id: String,
    request: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Written {
    pub fn read() -> Result<Self, serde_json::Error> {
        serde_json::from_str(WRITTEN)
    }

    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.services.iter().flat_map(|service| &service.calls)
    }
}

impl Call {
    /// The call as a program in a language, by its id, with a server's URL.
    pub fn sample(
        &self,
        samples: &Samples,
        language: &str,
        server: &str,
    ) -> Result<String, RenderError> {
        let url = format!("{server}{}", self.filled);
        let (verb, body, token) = (self.verb.as_str(), self.body(), self.sends_token);
        samples.write(language, Sampled { verb, url: &url, body, token })
    }

    /// The example of its body, as JSON.
    pub fn body(&self) -> Option<&str> {
        self.media.iter().find(|media| media.id == "json")?.request.as_deref()
    }
}

/// The first call that anybody makes, as a command with `curl`, to a server at this URL.
///
/// Errors: what the build wrote is broken, which the tests rule out.
pub fn first_call(server: &str) -> Result<String, PageError> {
    let written = Written::read()?;
    let (samples, mut calls) = (Samples::new()?, written.calls());
    let first = calls.find(|call| call.name == FIRST);
    Ok(first.map(|call| call.sample(&samples, "curl", server)).transpose()?.unwrap_or_default())
}
