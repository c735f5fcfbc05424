//! Registrations of passkeys a second: two calls each, to begin and to finish, with the user's token.

use serde_json::{Value, json};

use super::{
    generator::{Caller, Plan, call},
    http1::Http1,
    installation::Installation,
    meter::Meter,
    people::{id, token},
    report::{Action, Rate},
    settings::Settings,
};
use crate::{HandMade, passkeys::ORIGIN};

/// How many register at a time.
const CALLERS: usize = 4;

/// Registers for a time.
pub async fn measure(installation: &Installation, settings: &Settings) -> Action {
    let (port, people) = (installation.passlink.port(), installation.people.clone());
    let plan = |time| {
        let people = people.clone();
        // So many of a user that no limit is met.
        let most = people.count * 8;
        Plan { port, callers: CALLERS, time, most, people }
    };
    call::<Registrar>(plan(settings.time / 5)).await;
    let meter = Meter::read(installation);
    let calls = call::<Registrar>(plan(settings.time)).await;
    let rate = Rate::new(&calls, meter.used(installation, calls.count()));
    Action { database: installation.kind, callers: CALLERS, rate }
}

struct Registrar(Http1);

impl Caller for Registrar {
    async fn connect(port: u16) -> Self {
        Self(Http1::connect(port).await)
    }

    async fn call(&mut self, user: usize) {
        let (path, token) = (format!("/v2/users/{}/passkeys", id(user)), token(user));
        let begun: Value = serde_json::from_slice(self.0.post(&path, &token, b"{}").await).unwrap();
        let passkey = begun["passkeyId"].as_str().unwrap();
        let options = &begun["publicKeyCredentialCreationOptions"];
        let credential = HandMade::answer(options, ORIGIN, passkey.as_bytes()).credential();
        let body = json!({ "publicKeyCredential": credential, "passkeyName": "Phone" });
        let path = format!("{path}/{passkey}");
        self.0.post(&path, &token, body.to_string().as_bytes()).await;
    }
}
