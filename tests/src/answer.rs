use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::LazyLock,
    time::Duration,
};

use reqwest::{RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{HOSTS, PATIENCE};

/// Where all hosts of tests are, at the port that a URL names.
const LOCALHOST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The path of the main call.
pub const SEND_LINK: &str = "/auth/v1/users/me/passwordless/_send_link";

/// A client that goes straight to the server and nowhere else.
pub fn client() -> reqwest::Client {
    builder().build().unwrap()
}

/// What [`client`] is made of.
pub fn builder() -> reqwest::ClientBuilder {
    // The first one that is installed stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The server closes what is idle, which a test that waits for another process does not see.
    let idle = Duration::from_secs(5);
    let builder = reqwest::Client::builder().pool_idle_timeout(idle).timeout(PATIENCE);
    let builder = HOSTS.iter().fold(builder, |builder, host| builder.resolve(host, LOCALHOST));
    // No test asks for https by this client, and to read the system's certificates takes long.
    builder.no_proxy().redirect(Policy::none()).tls_certs_only([])
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Sends a request and reads the answer.
    pub async fn to(request: RequestBuilder) -> Self {
        Self::try_to(request).await.unwrap()
    }

    /// Sends a request and reads the answer, if there is one.
    pub async fn try_to(request: RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    /// Sends a request and reads the body of the answer, as it came.
    pub async fn octets(request: RequestBuilder) -> Vec<u8> {
        request.send().await.unwrap().bytes().await.unwrap().into()
    }

    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, which must be JSON and say so.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.text).expect(&self.text)
    }

    /// The user's sequence number, of an answer that must be a success.
    #[track_caller]
    pub fn sequence(&self) -> u64 {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["details"]["sequence"].as_str().unwrap().parse().unwrap()
    }

    /// Holds the whole error against a row of the error table; returns the body.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: u32, text: &str, id: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, &body["code"]), (status, &json!(code)), "{self:?}");
        assert_eq!(body["message"], format!("{text} ({id})"));
        let detail = json!({
            "@type": "type.googleapis.com/zitadel.v1.ErrorDetail", "id": id, "message": text,
        });
        assert_eq!(body["details"][0], detail);
        let mut keys: Vec<_> = body.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["code", "details", "message"]);
        let challenge = (code == 16).then_some("Bearer");
        assert_eq!(self.header("www-authenticate"), challenge, "{self:?}");
        if id != "LINK-TooMany" {
            assert_eq!(body["details"].as_array().unwrap().len(), 1);
            assert_eq!(self.header("retry-after"), None, "{self:?}");
        }
        body
    }

    /// Holds the whole error against the table's row for too many links; returns the seconds to
    /// wait, which header and detail must tell alike.
    #[track_caller]
    pub fn assert_too_many(&self) -> u64 {
        let body =
            self.assert_error(429, 8, "Errors.User.Passwordless.TooManyLinks", "LINK-TooMany");
        let seconds = self.header("retry-after").expect("Retry-After").to_owned();
        let retry = json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s"),
        });
        assert_eq!(body["details"][1], retry);
        assert_eq!(body["details"].as_array().unwrap().len(), 2);
        seconds.parse().unwrap()
    }
}

/// Writes chunks to the port, with a pause before each but the first, and reads all of the answer.
pub async fn raw(port: u16, chunks: &[&[u8]]) -> String {
    static PAUSE: LazyLock<Duration> = LazyLock::new(|| Duration::from_millis(300));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    for (index, chunk) in chunks.iter().enumerate() {
        if index > 0 {
            tokio::time::sleep(*PAUSE).await;
        }
        // A server that has refused already may have closed its side.
        let _ = stream.write_all(chunk).await;
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
