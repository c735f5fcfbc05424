//! An OpenID provider that is not ours, and what a test does with it.

use std::{collections::BTreeMap, sync::Mutex};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::{Url, header::SET_COOKIE};
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::{Answer, bridge::Bridge, client, free_port, hand_made_passkey::sha256, node};

/// The audience of the tokens.
pub const AUDIENCE: &str = "https://passlink.example.com";
/// All scopes that there are.
pub const SCOPES: &str = "openid email profile passlink.links";
/// Where the apps are told how a sign-in ended. Nobody listens there.
const CALLBACK: &str = "https://app.example.com/callback";
/// The app's secret of a sign-in (PKCE), which nobody here steals a code from.
const VERIFIER: &str = "the-verifier-of-a-sign-in-has-43-characters-or-more";

/// `oidc-provider` in a process of its own; `node/oidc_provider.mjs` says how.
///
/// Its clients are the apps `app` and `other`, the service `backend`, and those that may introspect
/// tokens: `passlink`, by [`secret`], and `passlink-key`, by [`IdentityProvider::private_key_pem`].
pub struct IdentityProvider {
    url: String,
    bridge: Mutex<Bridge>,
}

/// What a token is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JWT for [`AUDIENCE`], signed with RS256.
    Jwt,
    /// A JWT for [`AUDIENCE`], signed with ES256.
    JwtEs256,
    /// One for [`AUDIENCE`] that only the provider understands.
    Opaque,
    /// A JWT for another audience.
    Elsewhere,
    /// One that only the provider understands, for no audience but itself.
    WithoutAudience,
}

/// What an app gets when somebody signed in.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The ID token.
    pub id: String,
}

/// Where the provider is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The provider's metadata.
    Discovery,
    /// The public keys.
    Jwks,
    /// What a token is worth.
    Introspection,
    /// Who a person is.
    UserInfo,
    /// Where tokens are given out.
    Token,
    /// Where [`Fault::Redirect`] points to.
    Elsewhere,
}

/// How an endpoint misbehaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It does not, and answers what was held.
    None,
    /// It takes requests and does not answer until there is another fault, or none.
    Hold,
    /// It answers 500.
    Refuse,
    /// It answers 200 with HTML.
    Nonsense,
    /// It answers JSON that never ends.
    Huge,
    /// It redirects to where all would be well.
    Redirect,
    /// It answers 200 with this JSON.
    Says(Value),
    /// It answers a status with this JSON.
    Errs(u16, Value),
}

impl IdentityProvider {
    /// Starts the provider, with the person `ada`; returns when it listens.
    pub fn start() -> Self {
        // It takes a while to start, in which tests of another run may take the port.
        let started = std::iter::repeat_with(free_port).take(5).find_map(|port| {
            let mut command = node::script("oidc_provider.mjs");
            Some((port, Bridge::try_start(command.arg(port.to_string()))?))
        });
        let (port, bridge) = started.expect("the provider did not start");
        let bridge = Mutex::new(bridge);
        let provider = Self { url: format!("http://localhost:{port}"), bridge };
        let ada = json!({
            "email": "ada@example.com", "email_verified": true, "name": "Ada Example",
            "preferred_username": "ada", "locale": "en", "org": "engines",
        });
        provider.set_account("ada", &ada);
        provider
    }

    /// The issuer.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Who a person is, or a client that speaks for itself: `email`, `email_verified`, `name`,
    /// `preferred_username`, `locale` and `org`. All that was said of them before is forgotten.
    pub fn set_account(&self, sub: &str, claims: &Value) {
        self.ask("account", json!({ "sub": sub, "claims": claims }));
    }

    /// What access tokens and introspection tell from now on, besides what they must: all of an
    /// account and `auth_time`, if this is never called.
    pub fn set_token_claims(&self, names: &[&str]) {
        self.ask("token_claims", json!(names));
    }

    /// Signs a person in at `app`.
    pub async fn sign_in(&self, account: &str, kind: Kind) -> Tokens {
        self.sign_in_at("app", account, kind).await
    }

    /// Signs a person in at an app: an authorization code with PKCE, as a browser would fetch it and
    /// the app redeem it.
    pub async fn sign_in_at(&self, app: &str, account: &str, kind: Kind) -> Tokens {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha256(VERIFIER.as_bytes()));
        let query = kind.with_resource(&[
            ("response_type", "code"),
            ("client_id", app),
            ("redirect_uri", CALLBACK),
            ("scope", SCOPES),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", account),
        ]);
        let code = self.code(&query).await;
        let body = kind.with_resource(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]);
        let answer = self.post(app, "/token", body).await;
        Tokens { access: text(&answer["access_token"]), id: text(&answer["id_token"]) }
    }

    /// A token with which a client speaks for itself.
    pub async fn client_credentials(&self, client: &str, scopes: &str, kind: Kind) -> String {
        let body = [("grant_type", "client_credentials"), ("scope", scopes)];
        let answer = self.post(client, "/token", kind.with_resource(&body)).await;
        text(&answer["access_token"])
    }

    /// Revokes an opaque token.
    pub async fn revoke(&self, token: &str) {
        self.post("app", "/token/revocation", form(&[("token", token)])).await;
    }

    /// What the provider tells `passlink` of an opaque token.
    pub async fn introspect(&self, token: &str) -> Value {
        self.post("passlink", "/token/introspection", form(&[("token", token)])).await
    }

    /// Signs with new keys from now on. The old ones stay published, or not.
    pub fn rotate_keys(&self, keep_old: bool) {
        self.ask("rotate", json!(keep_old));
    }

    /// Lets an endpoint misbehave from now on.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.ask("fault", json!({ "endpoint": endpoint, "fault": fault }));
    }

    /// How often an endpoint was asked, whatever it answered.
    pub fn count(&self, endpoint: Endpoint) -> u64 {
        self.ask("count", json!(endpoint)).as_u64().unwrap()
    }

    /// Ends all connections, and takes no more.
    pub fn down(&self) {
        self.ask("down", Value::Null);
    }

    /// Takes connections again.
    pub fn up(&self) {
        self.ask("up", Value::Null);
    }

    /// A token that the provider signs with its key, whatever it says. The header is that of an
    /// access token, but for the fields that are given; `null` takes one away. `RS*`, `PS*` and
    /// `ES256` sign as they say, `HS*` with the public key in PEM as the secret, anything else
    /// not at all.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        text(&self.ask("sign", json!({ "header": header, "claims": claims })))
    }

    /// A token whose signature anyone can make who knows the public key.
    pub fn hs256_with_public_key(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": "HS256" }), claims)
    }

    /// A token without a signature.
    pub fn unsigned(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": "none" }), claims)
    }

    /// As [`Self::sign`], with a key that is not the provider's, in the name of one that is.
    pub fn signed_by_stranger(&self, header: &Value, claims: &Value) -> String {
        let args = json!({ "header": header, "claims": claims, "by_stranger": true });
        text(&self.ask("sign", args))
    }

    /// The public key of the stranger, for RS256, as a JWK.
    pub fn stranger(&self) -> Value {
        self.ask("stranger", Value::Null)
    }

    /// The private key of `passlink-key`, PKCS #8, for `RS256` or `ES256`.
    pub fn private_key_pem(&self, algorithm: &str) -> String {
        text(&self.ask("private_key", algorithm.into()))
    }

    /// Goes where the provider sends a browser until it has an authorization code.
    async fn code(&self, query: &str) -> String {
        let mut url = Url::parse(&format!("{}/auth?{query}", self.url)).unwrap();
        let mut cookies = BTreeMap::new();
        let browser = client();
        while !url.as_str().starts_with(CALLBACK) {
            let cookie: Vec<_> = cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
            let request = browser.get(url.clone()).header("cookie", cookie.join("; "));
            let answer = Answer::to(request).await;
            for cookie in answer.headers.get_all(SET_COOKIE) {
                let (cookie, _) = cookie.to_str().unwrap().split_once(';').unwrap();
                let (name, value) = cookie.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let next = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
            url = url.join(next).unwrap();
        }
        let code = url.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("{url}")).1.into_owned()
    }

    async fn post(&self, client_id: &str, path: &str, body: String) -> Value {
        // RFC 6749, 2.3.1: both are encoded as in a form.
        let encoded = form(&[(client_id, &secret(client_id))]);
        let (user, password) = encoded.split_once('=').unwrap();
        let request = client().post(format!("{}{path}", self.url)).basic_auth(user, Some(password));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = Answer::to(request.body(body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        // A revocation has nothing to say.
        serde_json::from_str(&answer.text).unwrap_or(Value::Null)
    }

    fn ask(&self, command: &str, args: Value) -> Value {
        let reply = self.bridge.lock().unwrap().ask(&json!({ "command": command, "args": args }));
        reply.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Kind {
    /// A form, and the resource that a token of this kind is for.
    fn with_resource(self, fields: &[(&str, &str)]) -> String {
        let resource = match self {
            Self::Jwt => AUDIENCE.to_owned(),
            Self::JwtEs256 => format!("{AUDIENCE}?alg=ES256"),
            Self::Opaque => format!("{AUDIENCE}?format=opaque"),
            Self::Elsewhere => "https://elsewhere.example.com".to_owned(),
            Self::WithoutAudience => return form(fields),
        };
        form(&[fields, &[("resource", &resource)]].concat())
    }
}

/// The secret of a client. It is none that stands in a URL or a header as it is.
pub fn secret(client: &str) -> String {
    format!("the secret: 100%+ of {client}")
}

/// Header and claims of a JWT.
pub fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}
