//! Every method, with what a call of it needs.

use std::collections::BTreeSet;

use passlink_tests::{Call, reflection};

use super::*;

/// What a call needs.
pub enum Needs {
    /// A person's token, for the person alone. With how another person is refused who names what is not
    /// theirs, where the method lets them.
    Own(Option<(u32, &'static str)>),
    /// A token that may act for the user that the call names: the user's, or one with this permission.
    Permission(&'static str),
    /// A token with this permission, which reaches the organisation of the session. Who has signed in to it may
    /// read and end it without.
    Session(&'static str),
    /// A code.
    Code,
}
use Needs::*;

/// What calls are about: a user, and what is theirs.
#[derive(Clone)]
pub struct Target {
    pub user: Caller,
    pub passkey: String,
    /// The id of a passkey whose registration was begun by a token, and what finishes that.
    pub begun: String,
    pub credential: Value,
    /// A session in which the user has signed in.
    pub session: String,
    pub link: String,
    pub expired_link: String,
    pub codes: Codes,
}

#[derive(Clone, Default)]
pub struct Codes {
    pub register: String,
    pub revoke: String,
    pub expired: String,
    pub undo: String,
}

/// A method: what it needs, and a call of it.
pub type Row = (Needs, fn(&Target) -> Call);

/// One row a method. Those with a code come in an order in which each leaves the next something to do.
pub const METHODS: &[Row] = &[
    (Own(None), |_| Call::send_link()),
    (Own(None), |_| Call::add_link()),
    (Own(None), |_| call::list_own()),
    (Own(None), |_| call::add_own()),
    (Own(Some((3, "PASSKEY-ValidateFailed"))), |it| {
        call::verify_own(it.credential.to_string().as_bytes(), "")
    }),
    (Own(Some((5, "PASSKEY-NotFound"))), |it| call::remove_own(&it.passkey)),
    (Permission(WRITE), |it| call::create_link(&it.user, json!({ "sendLink": {} }))),
    (Permission(WRITE), |it| call::register(&it.user, json!({}))),
    (Permission(WRITE), |it| {
        let answer = json!({ "publicKeyCredential": it.credential });
        call::verify(&it.user, &it.begun, answer)
    }),
    (Permission(READ), |it| call::list(&it.user)),
    (Permission(WRITE), |it| call::rename(&it.user, &it.passkey, "Renamed")),
    (Permission(WRITE), |it| call::remove(&it.user, &it.passkey)),
    (Session("session.write"), |it| {
        session::create(&json!({ "checks": { "user": { "userId": it.user.id } } }))
    }),
    (Session("session.write"), |it| session::set(&it.session, json!({}))),
    (Session("session.read"), |it| session::get(&it.session, None)),
    (Session("session.read"), |_| session::list(&json!({}))),
    (Session("session.delete"), |it| session::delete(&it.session, None)),
    (Code, |it| call::inspect(&it.link, &it.codes.register)),
    (Code, |it| call::inspect_revocation(&it.link, &it.codes.revoke)),
    (Code, |it| call::revoke(&it.link, &it.codes.revoke)),
    (Code, |it| call::resend(&it.expired_link, &it.codes.expired)),
    (Code, |it| call::inspect_undo(&it.passkey, &it.codes.undo)),
    (Code, |it| call::undo(&it.passkey, &it.codes.undo)),
];

/// The methods that are there for everybody, and tell of nobody.
const OPEN: &[&str] = &[
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

impl Target {
    /// Nothing of a user.
    pub fn none(user: &Caller) -> Self {
        Self {
            user: user.clone(),
            passkey: "none".to_owned(),
            begun: "none".to_owned(),
            credential: json!({}),
            session: "none".to_owned(),
            link: "none".to_owned(),
            expired_link: "none".to_owned(),
            codes: Codes::default(),
        }
    }
}

#[tokio::test]
async fn every_method_that_the_server_offers_is_in_the_table_and_no_other() {
    let passlink = Passlink::with_mail_dir().started().await;
    let nobody = Caller { id: "nobody".into(), address: String::new(), token: String::new() };
    let target = Target::none(&nobody);
    let rows: Vec<_> = METHODS.iter().map(|(_, call)| call(&target).rpc).collect();
    let listed: BTreeSet<_> = rows.iter().chain(OPEN).map(|method| (*method).to_owned()).collect();
    assert_eq!(listed, reflection::methods(&passlink).await);
    assert_eq!(listed.len(), rows.len() + OPEN.len(), "one row a method");
}
