use std::sync::Arc;

use super::*;
use crate::{
    fakes::{World, credential},
    passkeys::{CeremonyKey, NewPasskey, RegisterPasskey, RegistrationAnswer},
};

fn imported(id: &str, user: &str) -> ImportedPasskey {
    ImportedPasskey {
        id: Some(id.parse().unwrap()),
        user: user.parse().unwrap(),
        handle: UserHandle::new(user.as_bytes().to_vec()).unwrap(),
        name: None,
        rp_id: None,
        credential: credential(&format!("known-{id}")),
        created: None,
        last_used: None,
    }
}

async fn import(world: &Arc<World>, passkeys: &[ImportedPasskey]) -> Result<u64, ImportError> {
    let lines = (1..).zip(passkeys.iter().cloned().map(Ok)).collect();
    ImportPasskeys(world.passkeys()).import(lines, || ()).await
}

#[tokio::test]
async fn passkeys_are_added_each_as_a_change_and_without_a_mail() {
    let world = World::new();
    world.user("ada").await;
    world.user("bob").await;
    let named = ImportedPasskey {
        id: None,
        name: Some("Key".parse().unwrap()),
        rp_id: Some("example.com".into()),
        created: Some(Timestamp::UNIX_EPOCH),
        last_used: Some(Timestamp::UNIX_EPOCH),
        ..imported("two", "ada")
    };
    let lines = [imported("one", "ada"), named, imported("three", "bob")];
    assert_eq!(import(&world, &lines).await.unwrap(), 3);
    let state = world.state();
    let names: Vec<_> = state.passkeys.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Example Keychain", "Key", "Example Keychain"]);
    assert_eq!(state.passkeys[1].created, Timestamp::UNIX_EPOCH);
    assert_eq!((state.users["ada"].sequence.get(), state.users["bob"].sequence.get()), (3, 2));
    assert_eq!(state.events[2].kind, EventKind::PasskeyAdded("one".parse().unwrap()));
    assert_eq!(state.handles["bob"].as_bytes(), b"bob");
    assert!(state.mails.is_empty() && state.passkeys[0].undo.is_none());
}

#[tokio::test]
async fn every_line_that_is_wrong_is_told_and_nothing_is_added() {
    let world = World::new();
    world.user("ada").await;
    world.user("bob").await;
    world.user("eve").await;
    world.change_user("eve", |eve| eve.state = UserState::Removed);
    import(&world, &[imported("there", "ada")]).await.unwrap();
    let before = world.state();
    let good = imported("good", "ada");
    let handle = |user: &str| UserHandle::new(user.as_bytes().to_vec()).unwrap();
    let lines = vec![
        (1, Ok(good.clone())),
        (2, Err("email: unknown".to_owned())),
        (4, Ok(imported("1", "eve"))),
        (5, Ok(ImportedPasskey { handle: handle("other"), ..imported("2", "ada") })),
        (6, Ok(ImportedPasskey { handle: handle("ada"), ..imported("3", "bob") })),
        (7, Ok(imported("there", "ada"))),
        (8, Ok(ImportedPasskey { credential: good.credential.clone(), ..imported("4", "ada") })),
        (9, Ok(ImportedPasskey { rp_id: Some("example.org".into()), ..imported("5", "ada") })),
        (
            10,
            Ok(ImportedPasskey {
                credential: Credential { public_key: vec![2], ..credential("6") },
                ..imported("6", "ada")
            }),
        ),
    ];
    let refused = ImportPasskeys(world.passkeys()).import(lines, || ()).await.unwrap_err();
    let expected = "nothing was imported\n\
        line 2: email: unknown\n\
        line 4: user: there is no user with this id\n\
        line 5: userHandle: authenticators know the user by another already\n\
        line 6: userHandle: it names another user\n\
        line 7: id: there is a passkey with it already, or was one\n\
        line 8: credentialId: it is registered already\n\
        line 9: rpId: must be example.com, the relying party here (webauthn.rp_id, or rp_id of the domain): a passkey works \
        for no other\n\
        line 10: publicKey: must be a COSE_Key for ES256 on P-256, ES384 on P-384, or RS256 with 2048 to 4096 bits";
    assert_eq!(refused.to_string(), expected);
    assert_eq!(world.state().passkeys, before.passkeys);
    assert_eq!(world.state().events, before.events);
}

#[tokio::test]
async fn a_handle_that_only_a_ceremony_knew_makes_room_and_the_ceremony_ends() {
    let world = World::new();
    world.user("ada").await;
    let register = RegisterPasskey { registry: world.passkeys(), codes: world.codes() };
    let new = NewPasskey::default();
    register.begin(World::acting("ada"), new).await.unwrap();
    let credential = world.answer("two");
    assert_eq!(import(&world, &[imported("one", "ada")]).await.unwrap(), 1);
    assert_eq!(world.state().handles["ada"].as_bytes(), b"ada");
    let answer = RegistrationAnswer { credential, name: String::new(), user_agent: None };
    let late =
        register.finish(CeremonyKey::Challenge { acting: World::acting("ada") }, answer).await;
    assert!(late.is_err() && world.state().passkeys.len() == 1, "{late:?}");
    // Even one that was removed still names the user to its authenticator.
    world.change(|state| state.passkeys[0].removed = Some(state.passkeys[0].created));
    let handle = UserHandle::new(b"other".to_vec()).unwrap();
    let other = ImportedPasskey { handle, ..imported("two", "ada") };
    let refused = import(&world, &[other]).await.unwrap_err().to_string();
    assert!(refused.contains("authenticators know the user by another already"), "{refused}");
}
