use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Answer, SEND_LINK};

/// Who answers requests of the API: a server, or an installation in this process.
pub trait Api {
    /// A request.
    fn request(&self, method: Method, path: &str) -> RequestBuilder;

    /// Sends a request and reads the answer.
    fn answer(&self, request: RequestBuilder) -> impl Future<Output = Answer>;

    /// The main call, with a token and the body that clients send.
    fn sending(&self, token: &str) -> RequestBuilder {
        self.request(Method::POST, SEND_LINK).bearer_auth(token).json(&json!({}))
    }

    /// Makes the main call.
    fn send_link(&self, token: &str) -> impl Future<Output = Answer> {
        self.answer(self.sending(token))
    }

    /// Sends JSON, with a token or without.
    fn post(&self, token: Option<&str>, path: &str, body: &Value) -> impl Future<Output = Answer> {
        let request = self.request(Method::POST, path).json(body);
        self.answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// Reads what is there.
    fn get(&self, path: &str) -> impl Future<Output = Answer> {
        self.answer(self.request(Method::GET, path))
    }
}
