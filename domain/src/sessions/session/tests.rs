use super::*;

pub(crate) fn session() -> Session {
    Session {
        id: "s1".parse().unwrap(),
        reach: Reach::All,
        rp_id: "example.com".to_owned(),
        expected: Expected::Anybody,
        factor: None,
        challenge: None,
        metadata: Metadata::default(),
        user_agent: None,
        created: Timestamp::UNIX_EPOCH,
        changed: Timestamp::UNIX_EPOCH,
        expires: crate::later(Timestamp::UNIX_EPOCH, Duration::from_secs(60)),
        ended: None,
        sequence: 1,
    }
}

fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

fn expecting(expected: Expected) -> Session {
    Session { expected, ..session() }
}

fn by_id(id: &str) -> Expected {
    Expected::User { id: user(id), checked: Timestamp::UNIX_EPOCH }
}

fn signed_in(id: &str, user_verified: bool) -> Option<PasskeyFactor> {
    Some(PasskeyFactor {
        user: user(id),
        passkey: "p1".parse().unwrap(),
        verified: Timestamp::UNIX_EPOCH,
        user_verified,
    })
}

#[test]
fn a_session_admits_whom_it_expects() {
    assert!(session().admits(&user("ada")));
    assert!(expecting(by_id("ada")).admits(&user("ada")));
    assert!(!expecting(by_id("ada")).admits(&user("bob")));
    assert!(expecting(Expected::LoginName(Some(user("ada")))).admits(&user("ada")));
    assert!(!expecting(Expected::LoginName(Some(user("ada")))).admits(&user("bob")));
    assert!(!expecting(Expected::LoginName(None)).admits(&user("ada")));
}

#[test]
fn a_session_in_which_somebody_signed_in_admits_nobody_else() {
    let session = Session { factor: signed_in("ada", true), ..session() };
    assert!(session.admits(&user("ada")) && !session.admits(&user("bob")));
}

#[test]
fn a_session_speaks_for_whom_the_authenticator_recognised() {
    let with = |factor| Session { factor, ..session() };
    assert_eq!(with(None).speaks_for(), None);
    assert_eq!(with(signed_in("ada", false)).speaks_for(), None);
    assert_eq!(with(signed_in("ada", true)).speaks_for(), Some(&user("ada")));
    assert_eq!(expecting(by_id("ada")).speaks_for(), None);
}

#[test]
fn the_user_of_a_login_name_shows_once_they_signed_in() {
    assert_eq!(session().user(), None);
    assert_eq!(expecting(Expected::LoginName(Some(user("ada")))).user(), None);
    assert_eq!(expecting(by_id("ada")).user().unwrap().0, &user("ada"));
    let named = expecting(Expected::LoginName(Some(user("ada"))));
    let signed_in = Session { factor: signed_in("ada", false), ..named };
    assert_eq!(signed_in.user().unwrap().0, &user("ada"));
}

#[test]
fn a_session_holds_until_it_expires_or_ends() {
    let session = session();
    assert!(session.holds_at(Timestamp::UNIX_EPOCH) && !session.holds_at(session.expires));
    let ended = Session { ended: Some(session.created), ..session };
    assert!(!ended.holds_at(Timestamp::UNIX_EPOCH));
}
