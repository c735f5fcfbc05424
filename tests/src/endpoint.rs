use std::time::Duration;

use reqwest::Url;

use crate::Answer;

/// Where a node answers the main call, whether it runs or not.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub(crate) client: reqwest::Client,
    pub(crate) url: Url,
}

impl Endpoint {
    /// Makes the main call.
    ///
    /// Errors: there was no answer, or none within `patience`.
    pub async fn send_link(&self, token: &str, patience: Duration) -> reqwest::Result<Answer> {
        let request = self.client.post(self.url.clone()).timeout(patience).bearer_auth(token);
        Answer::try_to(request.header("content-type", "application/json").body("{}")).await
    }
}
