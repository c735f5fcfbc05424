//! The methods that sessions have, as calls that each protocol can make.

use passlink_tests::Call;
use reqwest::Method;
use serde_json::{Value, json};

use super::SESSIONS;

/// `SessionService.CreateSession`.
pub fn create(request: &Value) -> Call {
    Call::new("/zitadel.session.v2.SessionService/CreateSession", Method::POST, SESSIONS, request)
}

/// `SessionService.ListSessions`.
pub fn list(request: &Value) -> Call {
    let path = format!("{SESSIONS}/search");
    Call::new("/zitadel.session.v2.SessionService/ListSessions", Method::POST, &path, request)
}

/// `SessionService.SetSession`; `more` is what the request says beside its session.
pub fn set(session: &str, mut more: Value) -> Call {
    more["sessionId"] = json!(session);
    let path = format!("{SESSIONS}/{session}");
    Call::new("/zitadel.session.v2.SessionService/SetSession", Method::PATCH, &path, &more)
}

/// `SessionService.GetSession`, with the session's token or without.
pub fn get(session: &str, token: Option<&str>) -> Call {
    with_token("/zitadel.session.v2.SessionService/GetSession", Method::GET, session, token)
}

/// `SessionService.DeleteSession`, with the session's token or without.
pub fn delete(session: &str, token: Option<&str>) -> Call {
    with_token("/zitadel.session.v2.SessionService/DeleteSession", Method::DELETE, session, token)
}

/// REST has the token in the query.
fn with_token(rpc: &'static str, method: Method, session: &str, token: Option<&str>) -> Call {
    let path = format!("{SESSIONS}/{session}");
    match token {
        None => Call::new(rpc, method, &path, &json!({ "sessionId": session })),
        Some(token) => {
            let request = json!({ "sessionId": session, "sessionToken": token });
            Call::new(rpc, method, &format!("{path}?sessionToken={token}"), &request)
        }
    }
}
