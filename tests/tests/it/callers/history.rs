//! Who made each change of a user.

use passlink_tests::{MailServer, Protocol};

use super::*;

/// The user's changes in order: what, who, and which one.
fn changes(passlink: &Passlink, user: &Caller) -> Vec<[String; 3]> {
    let select = "SELECT kind, coalesce(actor_kind, '-'), coalesce(actor, '-') FROM events \
        WHERE user_id = ? ORDER BY sequence";
    let rows = passlink.sql(select, &[&user.id]).into_iter();
    rows.map(|row| [0, 1, 2].map(|at| row[at].as_str().unwrap().to_owned())).collect()
}

/// Holds the changes against lines of the form `what who which`.
#[track_caller]
fn assert_changes(passlink: &Passlink, user: &Caller, expected: &[&str]) {
    let changes: Vec<_> = changes(passlink, user).iter().map(|it| it.join(" ")).collect();
    assert_eq!(changes, expected);
}

#[tokio::test]
async fn the_history_says_who_made_each_link_and_who_added_renamed_and_removed_each_passkey() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let bob = passlink.caller("bob@example.com", &[]);
    let by_bob = for_user(&ada, &passlink.token(&bob.id, &permitting(&[WRITE])));
    let named = ["--name", "Till 7", "--permission", WRITE];
    let by_shop = for_user(&ada, &passlink.service("shop", &named));
    for caller in [&ada, &by_bob, &by_shop] {
        link(&passlink, caller, "sendLink").await.sequence();
        let begun = begin(&passlink, caller).await;
        let credential = begun.answer().credential();
        begun.finish(&passlink, Some(&caller.token), &credential).await.sequence();
        let rename = call::rename(caller, &begun.id, "Work phone");
        let outcome = Protocol::Rest.call(&passlink, Some(&caller.token), &rename).await;
        Protocol::Rest.answer(&rename, &outcome);
        remove(&passlink, caller, &begun.id).await.sequence();
    }
    // Who ends a registration has made the passkey, whoever began it.
    let begun = begin(&passlink, &ada).await;
    let credential = begun.answer().credential();
    begun.finish(&passlink, Some(&by_shop.token), &credential).await.sequence();
    let code = returned_code(&passlink, &by_shop).await;
    register_with(&passlink, &ada, &code, "Phone").await;
    let [own, other] = [&ada.id, &bob.id].map(|id| format!("person {id}"));
    let of = |what: &str, who: &str| format!("{what} {who}");
    let mut expected = vec!["user.added operator -".to_owned()];
    for who in [&*own, &other, "service shop"] {
        let whats = ["link.requested", "passkey.added", "passkey.renamed", "passkey.removed"];
        expected.extend(whats.map(|what| of(what, who)));
    }
    expected.push(of("passkey.added", "service shop"));
    expected.push(of("link.requested", "service shop"));
    expected.push(of("passkey.added", "code_holder -"));
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    assert_changes(&passlink, &ada, &expected);
    assert_changes(&passlink, &bob, &["user.added operator -"]);
}

#[tokio::test]
async fn the_history_says_what_the_holder_of_a_code_did() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let by_shop = for_user(&ada, &passlink.service("shop", &permitting(&[WRITE])));
    link(&passlink, &by_shop, "sendLink").await.sequence();
    let expired = passlink.expired(&mails.until_mails(1).await[0].mail.register_link());
    assert_eq!(at_link(&passlink, &code_of(&expired), "_resend").await.status, 200);
    let again = mails.until_mails(2).await.remove(1).mail;
    let code =
        json!({ "id": again.register_link().query["codeID"], "code": again.revoke_link().code });
    assert_eq!(at_link(&passlink, &code, "_revoke").await.status, 200);
    let code = returned_code(&passlink, &by_shop).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    let undo_code = mails.until_mails(3).await.remove(2).mail.undo_link().code;
    assert_eq!(undo(&passlink, &passkey, &undo_code).await.status, 200);
    assert_changes(
        &passlink,
        &ada,
        &[
            "user.added operator -",
            "link.requested service shop",
            "link.requested code_holder -",
            "link.revoked code_holder -",
            "link.requested service shop",
            "passkey.added code_holder -",
            "passkey.removed code_holder -",
        ],
    );
}

#[tokio::test]
async fn the_history_says_what_an_operator_did() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let id = &*ada.id;
    let run = |command: &[&str]| passlink.cli(command).done();
    run(&["link", "create", "--user", id]);
    let links = passlink.cli(&["link", "list", "--user", id]).lines();
    run(&["link", "revoke", links[0]["id"].as_str().unwrap()]);
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    run(&["passkey", "rename", &passkey, "Lost phone"]);
    run(&["passkey", "remove", &passkey]);
    for command in ["lock", "unlock", "deactivate", "reactivate"] {
        run(&["user", command, id]);
    }
    run(&["user", "update", id, "--language", "de"]);
    run(&["user", "update", id, "--email", "ada@example.org"]);
    run(&["user", "remove", id]);
    let own = format!("link.requested person {id}");
    assert_changes(
        &passlink,
        &ada,
        &[
            "user.added operator -",
            "link.requested operator -",
            "link.revoked operator -",
            &own,
            "passkey.added code_holder -",
            "passkey.renamed operator -",
            "passkey.removed operator -",
            "user.locked operator -",
            "user.unlocked operator -",
            "user.deactivated operator -",
            "user.reactivated operator -",
            "user.profile_changed operator -",
            "user.email_changed operator -",
            "user.removed operator -",
        ],
    );
}
