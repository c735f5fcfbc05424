//! What stands in the database opens nothing without the key file: whoever reads every table and every
//! file has neither a challenge nor a code nor a token, and nothing that could take the place of one.

use std::{collections::BTreeSet, fs};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use futures_util::{StreamExt, stream};
use passlink_tests::{
    Api, HandMadeAssertion, Key, MailServer, Passlink,
    secrets::search,
    sessions::{BackEnd, Session, SigningPasskey, speaks},
};
use serde_json::{Value, json};

use super::*;

/// Ada with one of each that is open: a mailed link, a returned one, ceremonies by both and by her
/// token, a passkey whose registration can be undone, a session that asks for her other passkey, and one in
/// which that has signed in.
struct Open {
    mails: MailServer,
    passlink: Passlink,
    ada: Caller,
    mailed: Value,
    revoke: String,
    returned: Value,
    by_link: [Begun; 2],
    by_token: Begun,
    passkey: String,
    undo: String,
    back_end: String,
    signing: SigningPasskey,
    asking: Session,
    signed_in: Session,
}

impl Open {
    async fn all() -> Self {
        let mails = MailServer::plain();
        let passlink = Passlink::with_mail_server(&mails)
            .alone()
            .generous()
            .set("limits.wrong_codes_per_minute", "10000")
            .set("limits.wrong_tokens_per_minute", "10000")
            .started()
            .await;
        let ada = passlink.ada();
        let first = returned_code(&passlink, &ada).await;
        let passkey = register_with(&passlink, &ada, &first, "Phone").await;
        let undo = mails.until_mails(1).await.remove(0).mail.undo_link().code;
        let returned = returned_code(&passlink, &ada).await;
        passlink.send_link(&ada.token).await.sequence();
        let mail = mails.until_mails(2).await.remove(1).mail;
        let mailed = code_of(&mail.register_link());
        let by_link = [
            begin_with(&passlink, &ada, &returned).await,
            begin_with(&passlink, &ada, &mailed).await,
        ];
        let by_token = begin(&passlink, &ada).await;
        let revoke = mail.revoke_link().code;
        let signing = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
        let app = BackEnd::new(&passlink);
        let (asking, signed_in) = (app.ask(None).await, app.signed_in(&signing).await);
        let back_end = app.token;
        mails.until_mails(3).await;
        Self {
            mails,
            passlink,
            ada,
            mailed,
            revoke,
            returned,
            by_link,
            by_token,
            passkey,
            undo,
            back_end,
            signing,
            asking,
            signed_in,
        }
    }

    fn app(&self) -> BackEnd<'_> {
        BackEnd { passlink: &self.passlink, token: self.back_end.clone() }
    }

    fn secrets(&self) -> Vec<String> {
        let ceremonies = self.by_link.iter().chain([&self.by_token]);
        let challenges = ceremonies.map(|begun| begun.answer().challenge);
        let codes =
            [&self.mailed, &self.returned].map(|it| it["code"].as_str().unwrap().to_owned());
        let others = [&self.revoke, &self.undo, &self.ada.token, &self.back_end];
        let of_sessions = [&self.asking.token, &self.signed_in.token];
        let others = others.into_iter().chain(of_sessions).cloned();
        let asked = self.signing.answer(&self.asking).challenge;
        challenges.chain(codes).chain(others).chain([asked]).collect()
    }

    /// What a thief tries with a value that might be a challenge, a code or a token; nothing may be
    /// answered as if it were one.
    async fn try_as_all(&self, value: &str) {
        let Self { passlink, ada, .. } = self;
        for begun in &self.by_link {
            let forged = HandMade { challenge: value.to_owned(), ..begun.answer() };
            let refused = begun.finish(passlink, None, &forged.credential()).await;
            assert_not_verified(&refused);
        }
        for link in [&self.mailed, &self.returned] {
            let presented = json!({ "id": link["id"], "code": value });
            for verb in ["_inspect", "_inspect", "_resend", "_revoke"] {
                assert_ne!(at_link(passlink, &presented, verb).await.status, 200, "{value}");
            }
            assert_ne!(try_to_begin(passlink, ada, &presented).await.status, 200, "{value}");
        }
        assert_ne!(undo(passlink, &self.passkey, value).await.status, 200, "{value}");
        let forged =
            HandMadeAssertion { challenge: value.to_owned(), ..self.signing.answer(&self.asking) };
        let forged = forged.signed_by(&self.signing.key);
        assert_not_verified(&self.app().hand_over(&self.asking, &forged).await);
        let of_sessions = [&self.asking, &self.signed_in]
            .map(|session| format!("passlink_session_{}.{value}", session.id));
        for token in [value.to_owned(), format!("passlink_{value}")].into_iter().chain(of_sessions)
        {
            let request = passlink.request(Method::POST, &format!("{OWN}/_search"));
            // What can't stand in a header can't be a token.
            if token.bytes().all(|b| b.is_ascii_graphic()) {
                assert_eq!(Answer::to(request.bearer_auth(&token).body("{}")).await.status, 401);
            }
        }
    }
}

/// All values of all rows of all tables.
fn every_value(passlink: &Passlink) -> Vec<Value> {
    let tables = if passlink.is_on_sqlite() {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    } else {
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    };
    let tables = passlink.sql(tables, &[]).into_iter().flatten();
    let tables: BTreeSet<String> = tables.map(|name| name.as_str().unwrap().to_owned()).collect();
    for known in rows(passlink).keys() {
        assert!(tables.contains(*known), "{known} is none of {tables:?}");
    }
    let rows = tables.iter().flat_map(|it| passlink.sql(&format!("SELECT * FROM {it}"), &[]));
    rows.flatten().collect()
}

/// A value, and what is in it: the members of JSON, octets that are written as text; each as it may
/// stand in client data or as a code.
fn candidates(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| candidates(value, found)),
        Value::Object(members) => members.values().for_each(|value| candidates(value, found)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => found.extend([number.to_string()]),
        Value::String(text) => {
            found.insert(text.clone());
            found.insert(BASE64_URL_SAFE_NO_PAD.encode(text));
            // Octets come out of the database in hex.
            let octets: Option<Vec<u8>> = (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
                .collect();
            found.extend(octets.map(|octets| BASE64_URL_SAFE_NO_PAD.encode(octets)));
            if let Ok(inner @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(text) {
                candidates(&inner, found);
            }
        }
    }
}

#[tokio::test]
async fn nothing_that_a_reader_of_the_database_has_opens_anything() {
    let mut open = Open::all().await;
    let values = every_value(&open.passlink);
    let mut tried = BTreeSet::new();
    values.iter().for_each(|value| candidates(value, &mut tried));
    tried.remove("");
    assert!(tried.len() > 50, "{tried:?}");
    let before = rows(&open.passlink);
    // Ceremonies are open for five minutes.
    let tries = stream::iter(&tried).map(|value| open.try_as_all(value));
    tries.buffer_unordered(16).collect::<()>().await;
    assert_eq!(rows(&open.passlink), before);

    let secrets = open.secrets();
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    assert_eq!(secrets.iter().collect::<BTreeSet<_>>().len(), 12);
    assert_eq!(search(&open.passlink.files(), &secrets), BTreeSet::new());
    open.passlink.stop().await;
    assert_eq!(search(&open.passlink.files(), &secrets), BTreeSet::new());

    // All of it was open the whole time. On a slow machine the ceremonies are over by now: others are
    // begun in the same ways.
    open.passlink.start().await;
    let Open { passlink, ada, signing, signed_in, .. } = &open;
    assert!(speaks(passlink, &signed_in.token).await);
    open.app().signed_in(signing).await;
    let by_token = begin(passlink, ada).await;
    for code in [&open.returned, &open.mailed] {
        let begun = begin_with(passlink, ada, code).await;
        let finished = begun.finish(passlink, None, &begun.answer().credential()).await;
        assert_eq!(finished.status, 200, "{finished:?}");
    }
    let credential = by_token.answer().credential();
    by_token.finish(passlink, Some(&ada.token), &credential).await.sequence();
    assert_eq!(undo(passlink, &open.passkey, &open.undo).await.status, 200);
    open.mails.until_mails(7).await;
}

#[tokio::test]
async fn a_ceremony_whose_row_was_changed_is_answered_by_nobody() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let bob = passlink.caller("bob@example.com", &[]);
    let code = returned_code(&passlink, &ada).await;
    for change in [
        "user_id = ?".to_owned(),
        format!("user_id = ?, link_id = '{}'", code["id"].as_str().unwrap()),
        "link_id = user_id || ?".to_owned(),
        "expires_at = expires_at + 60000, link_id = 'any' || ?".to_owned(),
    ] {
        let begun = begin(&passlink, &bob).await;
        passlink.sql(&format!("UPDATE ceremonies SET {change}"), &[&ada.id]);
        for user in [&ada, &bob] {
            let there = Begun {
                path: format!("{}/{}", passkeys_of(user), begun.id),
                id: begun.id.clone(),
                options: begun.options.clone(),
            };
            for token in [None, Some(bob.token.as_str()), Some(ada.token.as_str())] {
                let answer = begun.answer().credential();
                let refused = there.finish(&passlink, token, &answer).await;
                assert_ne!(refused.status, 200, "{change}: {refused:?}");
            }
        }
        passlink.sql("DELETE FROM ceremonies", &[]);
    }
    for user in [&ada, &bob] {
        assert_eq!(names(&passlink, user).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn without_the_key_of_a_ceremony_a_node_answers_as_if_it_had_ended() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let begun = begin(&passlink, &ada).await;
    passlink.stop().await;
    let key_file = passlink.dir().join("passlink.key");
    let kept = passlink.dir().join("kept");
    fs::rename(&key_file, &kept).unwrap();
    passlink.start().await;
    let credential = begun.answer().credential();
    assert_not_found(&begun.finish(&passlink, Some(&ada.token), &credential).await);
    assert_not_verified(&verify_own(&passlink, &ada, &credential).await);
    passlink.stop().await;
    fs::rename(&kept, &key_file).unwrap();
    passlink.start().await;
    begun.finish(&passlink, Some(&ada.token), &credential).await.sequence();
}
