//! Calls by each of the four protocols, as octets on the wire, and what their answers say.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use http_body_util::BodyExt;
use prost::Message;
use prost_types::{Any, Duration};
use reqwest::{
    Body, Client, Method, RequestBuilder,
    header::{DATE, HeaderMap},
};
use serde_json::{Value, json};

use crate::{Located, SEND_LINK, answer::builder, schema};

/// How a call travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// JSON on the paths of the REST bindings.
    Rest,
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web over HTTP/1.1.
    GrpcWeb,
    /// Connect with JSON.
    Connect,
}

/// A method and a request to it.
#[derive(Debug, Clone)]
pub struct Call {
    /// `/<package>.<Service>/<Method>`.
    pub rpc: &'static str,
    /// Its REST binding.
    pub rest: (Method, &'static str),
    /// The request as JSON.
    pub json: Vec<u8>,
    /// The request as protobuf.
    pub proto: Vec<u8>,
}

/// What a caller sees of an answer, whichever way it came.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The HTTP status.
    pub http: u16,
    /// The code: 0 for a success.
    pub code: u32,
    /// The text of an error.
    pub text: String,
    /// The details of an error.
    pub details: Vec<Detail>,
    /// Header fields and trailers.
    pub headers: HeaderMap,
    /// The message of a success: JSON, or protobuf on gRPC and gRPC-Web.
    pub message: Vec<u8>,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// A detail of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// `zitadel.v1.ErrorDetail`.
    Error {
        /// Names the error for programs.
        id: String,
        /// Names the error for people.
        message: String,
    },
    /// `google.rpc.RetryInfo`.
    Retry {
        /// How long to wait.
        seconds: i64,
    },
}

impl Call {
    /// A call of a method of ours, with its REST binding and the request as JSON.
    pub fn new(rpc: &'static str, method: Method, path: &str, json: &Value) -> Self {
        Self {
            rpc,
            rest: (method, path.to_owned().leak()),
            json: json.to_string().into_bytes(),
            proto: schema::request(rpc, json),
        }
    }

    /// The main call.
    pub fn send_link() -> Self {
        Self {
            rpc: "/zitadel.auth.v1.AuthService/SendMyPasswordlessLink",
            rest: (Method::POST, SEND_LINK),
            json: b"{}".to_vec(),
            proto: Vec::new(),
        }
    }

    /// The call for a link of one's own.
    pub fn add_link() -> Self {
        Self {
            rpc: "/zitadel.auth.v1.AuthService/AddMyPasswordlessLink",
            rest: (Method::POST, "/auth/v1/users/me/passwordless/_link"),
            ..Self::send_link()
        }
    }

    /// The call that asks how a service is, which REST does not have.
    pub fn health(service: &str) -> Self {
        Self {
            rpc: "/grpc.health.v1.Health/Check",
            json: json!({ "service": service }).to_string().into_bytes(),
            proto: field(1, service.as_bytes()),
            ..Self::send_link()
        }
    }
}

impl Outcome {
    /// The id of the error; empty for a success.
    pub fn id(&self) -> &str {
        let ids = self.details.iter().find_map(|detail| match detail {
            Detail::Error { id, .. } => Some(id.as_str()),
            Detail::Retry { .. } => None,
        });
        ids.unwrap_or_default()
    }

    /// All of the answer, but for what differs from call to call.
    pub fn whole(&self) -> (u16, HeaderMap, Vec<u8>) {
        let mut headers = self.headers.clone();
        headers.remove(DATE);
        (self.http, headers, self.body.clone())
    }
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rest, Self::Grpc, Self::GrpcWeb, Self::Connect];
    /// Those that call by the name of the method.
    pub const RPC: [Self; 3] = [Self::Grpc, Self::GrpcWeb, Self::Connect];

    /// The media type of a request.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Rest | Self::Connect => "application/json",
            Self::Grpc => "application/grpc",
            Self::GrpcWeb => "application/grpc-web+proto",
        }
    }

    /// A request without a body and a token.
    pub fn bare(self, passlink: &impl Located, call: &Call) -> RequestBuilder {
        let (method, path) = match self {
            Self::Rest => call.rest.clone(),
            _ => (Method::POST, call.rpc),
        };
        let builder = match self {
            Self::Grpc => builder().http2_prior_knowledge(),
            _ => builder().http1_only(),
        };
        let client: Client = builder.build().unwrap();
        let request = client.request(method, passlink.url() + path);
        match self {
            Self::Grpc => request.header("te", "trailers"),
            Self::GrpcWeb => request.header("x-grpc-web", "1"),
            Self::Connect => request.header("connect-protocol-version", "1"),
            Self::Rest => request,
        }
        .header("content-type", self.content_type())
    }

    /// A request with its body, without a token.
    pub fn request(self, passlink: &impl Located, call: &Call) -> RequestBuilder {
        self.bare(passlink, call).body(self.body(call))
    }

    /// The body of a request.
    pub fn body(self, call: &Call) -> Vec<u8> {
        match self {
            Self::Rest | Self::Connect => call.json.clone(),
            Self::Grpc | Self::GrpcWeb => frame(0, &call.proto),
        }
    }

    /// Makes a call, with a token if there is one.
    pub async fn call(self, passlink: &impl Located, token: Option<&str>, call: &Call) -> Outcome {
        let request = self.request(passlink, call);
        self.outcome(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// The message of a success, as JSON.
    #[track_caller]
    pub fn answer(self, call: &Call, outcome: &Outcome) -> Value {
        assert_eq!(outcome.code, 0, "{self:?}: {outcome:?}");
        match self {
            Self::Rest | Self::Connect => serde_json::from_slice(&outcome.message).unwrap(),
            Self::Grpc | Self::GrpcWeb => schema::answer(call.rpc, &outcome.message),
        }
    }

    /// Sends a request and reads the answer.
    pub async fn outcome(self, request: RequestBuilder) -> Outcome {
        let response = http::Response::<Body>::from(request.send().await.unwrap());
        let (parts, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let mut headers = parts.headers;
        headers.extend(collected.trailers().cloned().unwrap_or_default());
        let body = collected.to_bytes();
        let answer = Received { http: parts.status.as_u16(), headers, body: body.to_vec() };
        match self {
            Self::Rest | Self::Connect if answer.http == 200 => answer.success(body.to_vec()),
            Self::Rest => answer.rest(&body),
            Self::Connect => answer.connect(&body),
            Self::Grpc | Self::GrpcWeb => answer.grpc(&body),
        }
    }
}

/// A field of a protobuf message that holds octets.
pub fn field(number: u8, octets: &[u8]) -> Vec<u8> {
    let mut length = Vec::new();
    prost::encoding::encode_varint(octets.len() as u64, &mut length);
    [&[number << 3 | 2][..], &length, octets].concat()
}

/// A frame of gRPC: flags, length, payload.
pub fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], payload].concat()
}

/// The frames in the body of an answer: flags and payload of each.
pub fn frames(mut body: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let [flags, rest @ ..] = body {
        let (length, rest) = rest.split_first_chunk().unwrap();
        let (payload, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        frames.push((*flags, payload));
        body = rest;
    }
    frames
}

struct Received {
    http: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Received {
    fn success(self, message: Vec<u8>) -> Outcome {
        self.with(0, String::new(), Vec::new(), message)
    }

    fn with(self, code: u32, text: String, details: Vec<Detail>, message: Vec<u8>) -> Outcome {
        let Self { http, headers, body } = self;
        Outcome { http, code, text, details, headers, message, body }
    }

    fn json(&self, body: &[u8]) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{body:?}");
        serde_json::from_slice(body).unwrap()
    }

    fn rest(self, body: &[u8]) -> Outcome {
        let body = self.json(body);
        let code = body["code"].as_u64().unwrap().try_into().unwrap();
        let details = body["details"].as_array().unwrap().iter().map(json_detail).collect();
        self.with(code, body["message"].as_str().unwrap().to_owned(), details, Vec::new())
    }

    fn connect(self, body: &[u8]) -> Outcome {
        let body = self.json(body);
        let name = body["code"].as_str().unwrap();
        let code = 1 + CODES.iter().position(|code| *code == name).expect(name) as u32;
        let details = body["details"].as_array().unwrap().iter();
        let details = details.map(|detail| {
            let text = |key| detail[key].as_str().unwrap();
            let value = BASE64_STANDARD_NO_PAD.decode(text("value")).unwrap();
            binary_detail(text("type"), &value)
        });
        let details = details.collect();
        self.with(code, body["message"].as_str().unwrap().to_owned(), details, Vec::new())
    }

    fn grpc(mut self, body: &[u8]) -> Outcome {
        let mut message = Vec::new();
        for (flags, payload) in frames(body) {
            match flags & 0x80 {
                0 => message = payload.to_vec(),
                _ => self.headers.extend(trailers(payload)),
            }
        }
        let text = |name| Some(self.headers.get(name)?.to_str().unwrap().to_owned());
        let code = text("grpc-status").expect("grpc-status").parse().unwrap();
        let status = text("grpc-status-details-bin").map(|value| {
            let octets = BASE64_STANDARD_NO_PAD.decode(value.trim_end_matches('=')).unwrap();
            Status::decode(&octets[..]).unwrap()
        });
        let status = status.unwrap_or_default();
        let message_text = text("grpc-message").unwrap_or_default();
        let decoded = percent_encoding::percent_decode_str(&message_text).decode_utf8().unwrap();
        assert_eq!((status.code as u32, &*status.message), (code, &*decoded));
        let details = status.details.iter().map(|any| {
            let name = any.type_url.strip_prefix("type.googleapis.com/").unwrap();
            binary_detail(name, &any.value)
        });
        let details = details.collect();
        self.with(code, decoded.into_owned(), details, message)
    }
}

/// The trailers that a gRPC-Web answer has in its body.
fn trailers(payload: &[u8]) -> HeaderMap {
    let lines = std::str::from_utf8(payload).unwrap().lines();
    let pairs = lines.map(|line| line.split_once(':').expect(line));
    pairs.map(|(name, value)| (name.parse().unwrap(), value.trim().parse().unwrap())).collect()
}

/// The codes from 1 on, by the names that Connect gives them.
const CODES: [&str; 16] = [
    "canceled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `zitadel.v1.ErrorDetail`.
#[derive(Clone, PartialEq, Message)]
struct ErrorDetail {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    message: String,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, required, tag = "1")]
    retry_delay: Duration,
}

fn binary_detail(name: &str, value: &[u8]) -> Detail {
    match name {
        "zitadel.v1.ErrorDetail" => {
            let ErrorDetail { id, message } = Message::decode(value).unwrap();
            Detail::Error { id, message }
        }
        "google.rpc.RetryInfo" => {
            let RetryInfo { retry_delay } = Message::decode(value).unwrap();
            Detail::Retry { seconds: retry_delay.seconds }
        }
        other => panic!("an unknown detail: {other}"),
    }
}

fn json_detail(detail: &Value) -> Detail {
    let text = |key| detail[key].as_str().unwrap();
    match text("@type") {
        "type.googleapis.com/zitadel.v1.ErrorDetail" => {
            Detail::Error { id: text("id").to_owned(), message: text("message").to_owned() }
        }
        "type.googleapis.com/google.rpc.RetryInfo" => {
            let seconds = text("retryDelay").strip_suffix('s').unwrap();
            Detail::Retry { seconds: seconds.parse().unwrap() }
        }
        other => panic!("an unknown detail: {other}"),
    }
}

/// Panics unless a call was refused like this, with one detail.
#[track_caller]
pub fn assert_refused(outcome: &Outcome, code: u32, id: &str) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert!(outcome.text.ends_with(&format!("({id})")), "{outcome:?}");
    assert_eq!(outcome.details.len(), 1, "{outcome:?}");
}
