//! Signing in by the session API.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Answer, Api, Caller, HandMade, HandMadeAssertion, Key, Passlink,
    passkeys::{Begun, ORIGIN, OWN, begin, post},
};

/// Where sessions are.
pub const SESSIONS: &str = "/v2/sessions";

/// All that a back end may do with sessions.
pub const ALL: [&str; 3] = ["session.read", "session.write", "session.delete"];

/// A back end that signs people in.
pub struct BackEnd<'p> {
    /// What it calls.
    pub passlink: &'p Passlink,
    /// Its token.
    pub token: String,
}

/// A session with what its back end knows of it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Its token.
    pub token: String,
    /// What the browser gets, where a challenge was asked for.
    pub options: Value,
}

impl Session {
    /// The session of an answer to `CreateSession`.
    #[track_caller]
    pub fn created(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        Self::of(&answer.json()["sessionId"], &answer.json())
    }

    /// The session with this id, after an answer with its token.
    pub fn of(id: &Value, answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(id),
            token: text(&answer["sessionToken"]),
            options: answer["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"].clone(),
        }
    }

    /// The path of the session.
    pub fn path(&self) -> String {
        format!("{SESSIONS}/{}", self.id)
    }

    /// The same, with its token.
    pub fn path_with_token(&self) -> String {
        format!("{}?sessionToken={}", self.path(), self.token)
    }
}

impl<'p> BackEnd<'p> {
    /// One that may do all with sessions, in organisation `default`.
    #[track_caller]
    pub fn new(passlink: &'p Passlink) -> Self {
        Self::permitted(passlink, "default", &ALL)
    }

    /// One of an organisation, or of all (`*`), with these permissions.
    #[track_caller]
    pub fn permitted(passlink: &'p Passlink, organisation: &str, permissions: &[&str]) -> Self {
        let permissions = permissions.iter().flat_map(|it| ["--permission", it]);
        let more: Vec<_> =
            ["--organisation", organisation].into_iter().chain(permissions).collect();
        Self { passlink, token: passlink.service("Example App", &more) }
    }

    /// Somebody else who calls the same server.
    pub fn with_token(&self, token: &str) -> Self {
        Self { passlink: self.passlink, token: token.to_owned() }
    }

    /// The same one, who calls another node.
    pub fn at<'q>(&self, passlink: &'q Passlink) -> BackEnd<'q> {
        BackEnd { passlink, token: self.token.clone() }
    }

    /// Creates a session.
    pub async fn create(&self, request: &Value) -> Answer {
        post(self.passlink, Some(&self.token), SESSIONS, request).await
    }

    /// Creates a session that asks for a passkey: of whom `check` says, or of anybody.
    pub async fn ask(&self, check: Option<Value>) -> Session {
        let request = json!({ "checks": { "user": check }, "challenges": { "webAuthN": {} } });
        Session::created(&self.create(&request).await)
    }

    /// Changes a session.
    pub async fn set(&self, session: &Session, request: &Value) -> Answer {
        let request = self.passlink.request(Method::PATCH, &session.path()).json(request);
        self.passlink.answer(request.bearer_auth(&self.token)).await
    }

    /// Hands the browser's answer over.
    pub async fn hand_over(&self, session: &Session, assertion: &Value) -> Answer {
        let check = json!({ "credentialAssertionData": assertion });
        self.set(session, &json!({ "checks": { "webAuthN": check } })).await
    }

    /// Hands an answer over that must sign somebody in; the session with its new token.
    pub async fn sign_in(&self, session: &Session, assertion: &Value) -> Session {
        let answer = self.hand_over(session, assertion).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Session::of(&json!(session.id), &answer.json())
    }

    /// A session in which a passkey has signed in.
    pub async fn signed_in(&self, passkey: &SigningPasskey) -> Session {
        let session = self.ask(None).await;
        self.sign_in(&session, &passkey.sign(&session)).await
    }

    /// What a session says of itself.
    pub async fn get(&self, session: &Session) -> Answer {
        self.at_path(Method::GET, &session.path()).await
    }

    /// The same for who shows the session's token.
    pub async fn get_with_token(&self, session: &Session) -> Answer {
        self.at_path(Method::GET, &session.path_with_token()).await
    }

    /// Ends a session.
    pub async fn delete(&self, session: &Session) -> Answer {
        self.at_path(Method::DELETE, &session.path()).await
    }

    /// The same for who shows the session's token.
    pub async fn delete_with_token(&self, session: &Session) -> Answer {
        self.at_path(Method::DELETE, &session.path_with_token()).await
    }

    async fn at_path(&self, method: Method, path: &str) -> Answer {
        let request = self.passlink.request(method, path);
        self.passlink.answer(request.bearer_auth(&self.token)).await
    }

    /// Lists sessions.
    pub async fn list(&self, request: &Value) -> Answer {
        post(self.passlink, Some(&self.token), &format!("{SESSIONS}/search"), request).await
    }
}

/// A passkey whose private key a test has.
pub struct SigningPasskey {
    /// The id that Passlink gave it.
    pub passkey: String,
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The user's handle, base64url.
    pub user_handle: String,
    /// The private key.
    pub key: Key,
}

impl SigningPasskey {
    /// Registers a passkey of the user's with their token.
    pub async fn register(passlink: &impl Api, user: &Caller, key: Key) -> Self {
        Self::register_as(passlink, user, key, |made| made).await
    }

    /// The same with an answer that `change` has changed.
    pub async fn register_as(
        passlink: &impl Api,
        user: &Caller,
        key: Key,
        change: impl FnOnce(HandMade) -> HandMade,
    ) -> Self {
        let begun: Begun = begin(passlink, user).await;
        let made = change(HandMade { public_key: key.public(), ..begun.answer() });
        let finished = begun.finish(passlink, Some(&user.token), &made.credential()).await;
        assert_eq!(finished.status, 200, "{finished:?}");
        let user_handle = begun.options["publicKey"]["user"]["id"].as_str().unwrap().to_owned();
        Self { passkey: begun.id, credential: made.id, user_handle, key }
    }

    /// What it answers to the challenge of a session, not signed yet.
    pub fn answer(&self, session: &Session) -> HandMadeAssertion {
        let handle = Some(&*self.user_handle);
        HandMadeAssertion::answer(&session.options, ORIGIN, &self.credential, handle)
    }

    /// The same, signed.
    pub fn sign(&self, session: &Session) -> Value {
        self.answer(session).signed_by(&self.key)
    }
}

/// Octets as WebAuthn's JSON writes them: base64url.
pub fn encoded(octets: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets)
}

/// Who signed in, as a session says.
pub fn user_of(session: &Answer) -> Value {
    session.json()["session"]["factors"]["user"]["id"].clone()
}

/// Panics unless there is no such session for this caller.
#[track_caller]
pub fn assert_no_session(answer: &Answer) {
    answer.assert_error(404, 5, "Errors.Session.NotFound", "SESSION-NotFound");
}

/// Whether a token speaks for a person; panics if it is told otherwise than as a token that never was.
pub async fn speaks(passlink: &impl Api, token: &str) -> bool {
    let answer = post(passlink, Some(token), &format!("{OWN}/_search"), &json!({})).await;
    if answer.status == 200 {
        return true;
    }
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
    false
}
