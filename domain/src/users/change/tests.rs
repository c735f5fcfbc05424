use super::*;
use crate::Sequence;

fn ada() -> User {
    User {
        id: "ada".parse().unwrap(),
        organisation: "default".parse().unwrap(),
        username: "ada".parse().unwrap(),
        display_name: "Ada Example".parse().unwrap(),
        language: "en".parse().ok(),
        email: Some(UserEmail { address: "ada@example.com".parse().unwrap(), verified: true }),
        state: UserState::Active,
        sequence: Sequence::recorded(7),
    }
}

fn email(address: &str, verified: Option<bool>) -> UserChanges {
    UserChanges { email: Some(address.parse().unwrap()), verified, ..Default::default() }
}

#[test]
fn what_is_not_named_stays_as_it_is() {
    let changes = UserChanges { display_name: Some("Ada".parse().unwrap()), ..Default::default() };
    let changed = ada().changed(changes).unwrap().unwrap();
    assert_eq!(changed.user, User { display_name: "Ada".parse().unwrap(), ..ada() });
    assert_eq!((changed.kind, changed.ends_links), (EventKind::ProfileChanged, false));
}

#[test]
fn a_name_that_is_the_address_follows_it() {
    let address: Text = "ada@example.com".parse().unwrap();
    let ada = User { username: address.clone(), display_name: address, ..ada() };
    let moved = ada.changed(email("ada@example.org", None)).unwrap().unwrap().user;
    let names = [moved.username.as_str(), moved.display_name.as_str()];
    assert_eq!(names, ["ada@example.org"; 2]);

    let named =
        UserChanges { username: Some("ada".parse().unwrap()), ..email("a@b.example", None) };
    let named = ada.changed(named).unwrap().unwrap().user;
    assert_eq!([named.username.as_str(), named.display_name.as_str()], ["ada", "a@b.example"]);

    let long = format!("ada@{}example.org", "long.".repeat(40));
    assert_eq!(ada.changed(email(&long, None)), Err(ChangeRefused::Username));
}

#[test]
fn what_changes_nothing_is_no_change() {
    assert_eq!(ada().changed(UserChanges::default()), Ok(None));
    assert_eq!(ada().changed(email("ada@example.com", Some(true))), Ok(None));
    let unverified = ada().changed(email("ada@example.com", Some(false))).unwrap().unwrap().user;
    assert_eq!(unverified.changed(email("ada@example.com", None)), Ok(None));
}

#[test]
fn links_end_with_the_address_that_they_were_made_for() {
    for (changes, verified) in [
        (email("ada@example.org", None), true),
        (email("ada@example.org", Some(false)), false),
        (UserChanges { verified: Some(false), ..Default::default() }, false),
    ] {
        let changed = ada().changed(changes.clone()).unwrap().unwrap();
        assert_eq!(changed.user.email.unwrap().verified, verified, "{changes:?}");
        assert_eq!((changed.kind, changed.ends_links), (EventKind::EmailChanged, true));
    }
    let without = User { email: None, ..ada() };
    let changed = without.changed(email("ada@example.com", None)).unwrap().unwrap();
    assert!(!changed.ends_links, "there was no address to make one for");
}

#[test]
fn without_an_address_there_is_nothing_to_verify() {
    let nobody = User { email: None, ..ada() };
    let changes = UserChanges { verified: Some(true), ..Default::default() };
    assert_eq!(nobody.changed(changes), Err(ChangeRefused::NoEmail));
}

#[test]
fn a_state_changes_as_the_table_says() {
    use StateChange::*;
    use UserState::*;
    for (from, change, to) in [
        (Active, Lock, Ok(Some(Locked))),
        (Active, Unlock, Ok(None)),
        (Active, Deactivate, Ok(Some(Deactivated))),
        (Active, Reactivate, Ok(None)),
        (Locked, Lock, Ok(None)),
        (Locked, Unlock, Ok(Some(Active))),
        (Locked, Deactivate, Err(ChangeRefused::Locked)),
        (Locked, Reactivate, Err(ChangeRefused::Locked)),
        (Deactivated, Lock, Err(ChangeRefused::Deactivated)),
        (Deactivated, Unlock, Err(ChangeRefused::Deactivated)),
        (Deactivated, Deactivate, Ok(None)),
        (Deactivated, Reactivate, Ok(Some(Active))),
        (Removed, Lock, Err(ChangeRefused::Removed)),
        (Removed, Reactivate, Err(ChangeRefused::Removed)),
    ] {
        let moved = User { state: from, ..ada() }.moved(change);
        if let Ok(Some(changed)) = &moved {
            assert_eq!(changed.ends_links, changed.user.state != Active, "{from:?} {change:?}");
        }
        let state = moved.map(|changed| changed.map(|changed| changed.user.state));
        assert_eq!(state, to, "{from:?} {change:?}");
    }
}

#[test]
fn of_a_removed_user_nothing_personal_is_left() {
    let changed = ada().removed().unwrap();
    let left = format!("{:?}", User { id: "1".parse().unwrap(), ..changed.user.clone() });
    assert!(!left.to_lowercase().contains("ada"), "{left}");
    assert_eq!((changed.user.id.as_str(), changed.user.sequence.get()), ("ada", 7));
    assert_eq!(changed.user.removed(), Err(ChangeRefused::Removed));
    assert_eq!(changed.user.changed(UserChanges::default()), Err(ChangeRefused::Removed));
}
