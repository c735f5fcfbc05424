use reqwest::{Method, RequestBuilder};

use crate::{Answer, Api, HOSTS, Passlink, client};

/// Where calls go: an installation, by whichever name.
pub trait Located {
    /// The beginning of all its URLs.
    fn url(&self) -> String;
}

impl Located for Passlink {
    fn url(&self) -> String {
        Passlink::url(self)
    }
}

/// A domain of an installation, as its people reach it: by its host.
pub struct Site<'p> {
    passlink: &'p Passlink,
    host: &'static str,
    client: reqwest::Client,
}

impl Passlink {
    /// The installation under one of [`HOSTS`].
    pub fn at(&self, host: &'static str) -> Site<'_> {
        assert!(HOSTS.contains(&host), "{host} leads nowhere");
        Site { passlink: self, host, client: client() }
    }
}

impl Located for Site<'_> {
    fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.passlink.port())
    }
}

impl Api for Site<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url() + path)
    }

    fn answer(&self, request: RequestBuilder) -> impl Future<Output = Answer> {
        Answer::to(request)
    }
}
