//! Sign-ins a second: two calls each, for the challenge and with its answer, as a back end makes them.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    generator::{Caller, Calls, Plan, call},
    http1::Http1,
    installation::{Installation, Place},
    meter::Meter,
    people::{People, id},
    report::{LoginNames, Rate, SignIns},
    seeded_sessions::{BACK_END, KEY, settle_sessions, settle_signers},
    settings::Settings,
    table,
};
use crate::{HandMadeAssertion, passkeys::ORIGIN};

/// How many sign in at a time.
const CALLERS: [usize; 2] = [1, 16];
/// The share of all sessions that are those of one user.
const OF_ONE: usize = 100;
/// How often callers with names that somebody has and that nobody has take turns.
const TURNS: u32 = 20;

/// Measures all rows of a database: few sessions, many of all, and many of the one who signs in.
pub async fn measure(place: &Place, settings: &Settings) -> (Vec<SignIns>, LoginNames) {
    println!("\n{}: sign-ins\n{}", place.kind.name(), table::SIGN_INS);
    let mut installation = place.installation(settings);
    settle_signers(&installation.passlink, settings.users);
    installation.start().await;
    let mut rows = Vec::new();
    for callers in CALLERS {
        rows.push(row(&installation, settings, (0, 0), callers).await);
    }
    assert!(installation.passlink.stop().await.success());
    let own = settings.sessions / OF_ONE;
    settle_sessions(&installation.passlink, settings.sessions, own, settings.users);
    installation.start().await;
    for callers in CALLERS {
        rows.push(row(&installation, settings, (settings.sessions, 0), callers).await);
    }
    let names = login_names(&installation, settings).await;
    println!("{}", table::login_names(&names));
    // The one with many sessions alone.
    installation.people = Arc::new(People::first());
    for callers in CALLERS {
        rows.push(row(&installation, settings, (settings.sessions, own), callers).await);
    }
    (rows, names)
}

async fn row(
    installation: &Installation,
    settings: &Settings,
    (sessions, own_sessions): (usize, usize),
    callers: usize,
) -> SignIns {
    call::<Signer>(plan(installation, settings.time / 5, callers)).await;
    let meter = Meter::read(installation);
    let calls = call::<Signer>(plan(installation, settings.time, callers)).await;
    let rate = Rate::new(&calls, meter.used(installation, calls.count()));
    let row = SignIns { database: installation.kind, sessions, own_sessions, callers, rate };
    println!("{}", table::sign_ins(&row));
    row
}

fn plan(installation: &Installation, time: Duration, callers: usize) -> Plan {
    let (port, people) = (installation.passlink.port(), installation.people.clone());
    Plan { port, callers, time, most: usize::MAX, people }
}

/// How long a challenge takes for a login name that somebody has, and for one that nobody has, by turns.
async fn login_names(installation: &Installation, settings: &Settings) -> LoginNames {
    let turn = || plan(installation, settings.time / TURNS, 1);
    call::<Asker<true>>(turn()).await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        known.push(call::<Asker<true>>(turn()).await);
        unknown.push(call::<Asker<false>>(turn()).await);
    }
    let [known, unknown] =
        [known, unknown].map(|turns| turns.into_iter().reduce(Calls::and).unwrap());
    LoginNames::new(installation.kind, &known, &unknown)
}

/// A back end whose users sign in.
struct Signer(Http1);

impl Caller for Signer {
    async fn connect(port: u16) -> Self {
        Self(Http1::connect(port).await)
    }

    async fn call(&mut self, user: usize) {
        let ask = br#"{"challenges":{"webAuthN":{}}}"#;
        let asked: Value =
            serde_json::from_slice(self.0.post("/v2/sessions", BACK_END, ask).await).unwrap();
        let options = &asked["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"];
        let user = id(user);
        let handle = crate::sessions::encoded(user.as_bytes());
        let answer = HandMadeAssertion::answer(options, ORIGIN, user.as_bytes(), Some(&handle));
        let data = json!({ "credentialAssertionData": answer.signed_by(&KEY) });
        let body = json!({ "checks": { "webAuthN": data } }).to_string();
        let path = format!("/v2/sessions/{}", asked["sessionId"].as_str().unwrap());
        self.0.patch(&path, BACK_END, body.as_bytes()).await;
    }
}

/// A back end that asks for the challenge of a login name, which somebody has or nobody.
struct Asker<const KNOWN: bool>(Http1);

impl<const KNOWN: bool> Caller for Asker<KNOWN> {
    async fn connect(port: u16) -> Self {
        Self(Http1::connect(port).await)
    }

    async fn call(&mut self, user: usize) {
        // One that nobody has stands among the others, so that the look for it comes to the same pages.
        let name = if KNOWN { id(user) } else { format!("{}x", id(user)) };
        let ask = json!({
            "checks": { "user": { "loginName": name } }, "challenges": { "webAuthN": {} },
        });
        self.0.post("/v2/sessions", BACK_END, ask.to_string().as_bytes()).await;
    }
}
