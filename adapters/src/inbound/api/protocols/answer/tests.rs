use axum::body::{Body, to_bytes};
use buffa_descriptor::DescriptorPool;
use connectrpc::{RequestContext, Response as Answer, ServiceRequest, ServiceResult};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::inbound::api::{
    proto::{DESCRIPTORS, zitadel::session::v2::*},
    protocols::whole_numbers,
};

/// Says what it was asked.
struct Echo;

#[expect(refining_impl_trait, reason = "the concrete answer is the shortest to write")]
impl SessionService for Echo {
    async fn create_session(
        &self,
        _: RequestContext,
        _: ServiceRequest<'_, CreateSessionRequest>,
    ) -> ServiceResult<CreateSessionResponse> {
        let options = whole_numbers::object(r#"{"publicKey":{"timeout":300000}}"#)?;
        let web_auth_n = challenges::WebAuthN {
            public_key_credential_request_options: Some(options).into(),
            ..Default::default()
        };
        let challenges = Challenges { web_auth_n: Some(web_auth_n).into(), ..Default::default() };
        let challenges = Some(challenges).into();
        Answer::ok(CreateSessionResponse { challenges, ..Default::default() })
    }

    async fn list_sessions(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, ListSessionsRequest>,
    ) -> ServiceResult<ListSessionsResponse> {
        let sessions = request.to_owned_message().queries.into_iter().map(|query| {
            let id = format!("{:?}", query.query.is_some());
            Session { id, ..Default::default() }
        });
        Answer::ok(ListSessionsResponse { sessions: sessions.collect(), ..Default::default() })
    }

    async fn set_session(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, SetSessionRequest>,
    ) -> ServiceResult<SetSessionResponse> {
        let SetSessionRequest { session_id, session_token, metadata, .. } =
            request.to_owned_message();
        let session_token = format!("{session_id}, {session_token}, {}", metadata.len());
        Answer::ok(SetSessionResponse { session_token, ..Default::default() })
    }

    async fn get_session(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, GetSessionRequest>,
    ) -> ServiceResult<GetSessionResponse> {
        let GetSessionRequest { session_id, session_token, .. } = request.to_owned_message();
        let id = format!("{session_id}, {session_token:?}");
        let session = Some(Session { id, ..Default::default() }).into();
        Answer::ok(GetSessionResponse { session, ..Default::default() })
    }

    async fn delete_session(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, DeleteSessionRequest>,
    ) -> ServiceResult<DeleteSessionResponse> {
        let DeleteSessionRequest { session_id, session_token, .. } = request.to_owned_message();
        let details = crate::inbound::api::proto::zitadel::object::v2::Details {
            resource_owner: format!("{session_id}, {session_token:?}"),
            ..Default::default()
        };
        Answer::ok(DeleteSessionResponse { details: Some(details).into(), ..Default::default() })
    }
}

/// Status and body of a call by REST.
async fn call(method: &str, path: &str, body: &'static str) -> (u16, String) {
    let descriptors = Arc::new(DescriptorPool::decode(DESCRIPTORS).unwrap());
    let services = connectrpc::Router::new().add_service(Arc::new(Echo));
    let protocols = Protocols {
        framework: Framework::over(services, &descriptors).unwrap(),
        streams: Streams::new(1, CancellationToken::new()),
        missing: Router::new(),
    };
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    let answer = protocols.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn done(method: &str, path: &str, body: &'static str) -> Value {
    let (status, body) = call(method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn get_takes_its_fields_from_the_url_alone() {
    for (path, told) in [
        ("/v2/sessions/one", "one, None"),
        ("/v2/sessions/one?sessionToken=a%20b&sessionId=two&more=c", r#"one, Some("a b")"#),
        ("/v2/sessions/one?session_token=", r#"one, Some("")"#),
    ] {
        for body in ["", "{", r#"{"sessionToken":"body"}"#] {
            assert_eq!(done("GET", path, body).await, json!({ "session": { "id": told } }));
        }
    }
    let (status, body) = call("GET", "/v2/sessions/one?sessionToken=a&session_token=b", "").await;
    assert!(status == 400 && body.contains("(REQUEST-Malformed)"), "{status} {body}");
    let head = call("HEAD", "/v2/sessions/one", "").await;
    assert_eq!(head, (200, String::new()));
}

#[tokio::test]
async fn delete_takes_them_from_its_body_as_well() {
    for (query, body, told) in [
        ("", "", "one, None"),
        ("", r#"{"sessionToken":"body"}"#, r#"one, Some("body")"#),
        ("?sessionToken=query", r#"{"sessionToken":"body"}"#, r#"one, Some("query")"#),
    ] {
        let answer = done("DELETE", &format!("/v2/sessions/one{query}"), body).await;
        assert_eq!(answer, json!({ "details": { "resourceOwner": told } }));
    }
}

#[tokio::test]
async fn patch_and_post_take_them_from_their_bodies() {
    let (path, body) = ("/v2/sessions/one?sessionToken=query", r#"{"metadata":{"a":"YQ=="}}"#);
    assert_eq!(done("PATCH", path, body).await, json!({ "sessionToken": "one, , 1" }));
    let body = r#"{"queries":[{"userIdQuery":{"id":"ada"}},{}]}"#;
    let told = json!({ "sessions": [{ "id": "true" }, { "id": "false" }] });
    assert_eq!(done("POST", "/v2/sessions/search", body).await, told);
    for (method, path) in [("GET", "/v2/sessions"), ("PUT", "/v2/sessions/one")] {
        assert_eq!(call(method, path, "").await.0, 405, "{method} {path}");
    }
}

#[tokio::test]
async fn the_options_of_a_challenge_hold_whole_numbers() {
    let (_, body) = call("POST", "/v2/sessions", "").await;
    assert!(body.contains(r#""timeout":300000}"#), "{body}");
}
