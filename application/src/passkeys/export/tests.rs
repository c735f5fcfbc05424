use passlink_domain::CredentialId;

use super::*;
use crate::{
    fakes::{World, credential},
    passkeys::{ImportPasskeys, ImportedPasskey},
};

#[tokio::test]
async fn all_passkeys_or_a_users_come_page_by_page_with_the_handle() {
    let world = World::new();
    let mut lines = Vec::new();
    for (number, user) in [(1, "ada"), (2, "bob"), (3, "ada")] {
        if !world.state().users.contains_key(user) {
            world.user(user).await;
        }
        let imported = ImportedPasskey {
            id: Some(format!("passkey{number}").parse().unwrap()),
            user: user.parse().unwrap(),
            handle: UserHandle::new(user.as_bytes().to_vec()).unwrap(),
            name: None,
            rp_id: None,
            credential: credential(&number.to_string()),
            created: None,
            last_used: None,
        };
        lines.push((number, Ok(imported)));
    }
    ImportPasskeys(world.passkeys()).import(lines, || ()).await.unwrap();
    let export = ExportPasskeys(world.ports());
    let page = async |user: Option<&str>, after: Option<&str>| -> Vec<(CredentialId, UserHandle)> {
        let user = user.map(|user| user.parse().unwrap());
        let page = export.page(user, after.map(|after| after.parse().unwrap()), 2).await.unwrap();
        page.into_iter().map(|it| (it.passkey.credential.id, it.handle)).collect()
    };
    let expected = |number: &str, user: &str| {
        let handle = UserHandle::new(user.as_bytes().to_vec()).unwrap();
        (CredentialId::new(number.as_bytes().to_vec()).unwrap(), handle)
    };
    assert_eq!(page(None, None).await, [expected("1", "ada"), expected("2", "bob")]);
    assert_eq!(page(None, Some("passkey2")).await, [expected("3", "ada")]);
    assert_eq!(page(Some("ada"), None).await, [expected("1", "ada"), expected("3", "ada")]);
    assert_eq!(page(Some("ada"), Some("passkey3")).await, []);
    let nobody = export.page(Some("eve".parse().unwrap()), None, 2).await;
    assert!(matches!(nobody, Err(ExportError::UserNotFound)));
}
