//! Many who finish at once with what one link began.

use passlink_tests::{Api, HandMade, MailServer, Passlink, Postgres};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;

/// Begins 50 ceremonies with a link. No more than ten are open at a time; those that made room are
/// put back, so that all 50 are there at the end.
async fn begin_50(passlink: &Passlink, ada: &Caller, code: &Value) -> Vec<Begun> {
    passlink.sql("CREATE TABLE kept AS SELECT * FROM ceremonies", &[]);
    let mut begun = Vec::new();
    for round in 0..50 {
        begun.push(begin_with(passlink, ada, code).await);
        if round % 10 == 9 {
            let new = "SELECT * FROM ceremonies WHERE id NOT IN (SELECT id FROM kept)";
            passlink.sql(&format!("INSERT INTO kept {new}"), &[]);
        }
    }
    let gone = "SELECT * FROM kept WHERE id NOT IN (SELECT id FROM ceremonies)";
    passlink.sql(&format!("INSERT INTO ceremonies {gone}"), &[]);
    passlink.sql("DROP TABLE kept", &[]);
    begun
}

/// Finishes 50 ceremonies of one link at the same moment, by turns through each of the nodes; one
/// passkey is stored.
async fn one_of_50(nodes: &[&Passlink], mails: &MailServer) {
    let ada = nodes[0].ada();
    let code = mailed(nodes[0], mails, &ada).await;
    let begun = begin_50(nodes[0], &ada, &code).await;
    assert_eq!(nodes[0].sql("SELECT count(*) FROM ceremonies", &[])[0][0], 50);
    let requests = begun.iter().zip(nodes.iter().cycle()).map(|(begun, node)| {
        let body = json!({ "publicKeyCredential": begun.answer().credential() });
        Answer::to(node.request(Method::POST, &begun.path).json(&body))
    });
    let answers = requests.collect::<JoinSet<_>>().join_all().await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len()), (1, 49), "{refused:?}");
    for answer in &refused {
        assert_code_invalid(answer);
    }
    assert_eq!(passed[0].sequence(), 3);
    assert_eq!(names(nodes[0], &ada).await.len(), 1);
    assert_eq!(nodes[0].sql("SELECT count(*) FROM passkeys", &[])[0][0], 1);
    assert_eq!(nodes[0].history(&ada.id), [1, 2, 3]);
    // The link's mail, and one that tells of the passkey.
    mails.until_mails(2).await;
    assert_code_invalid(&try_to_begin(nodes[0], &ada, &code).await);
}

#[tokio::test]
async fn of_50_who_finish_at_once_through_one_process_one_registers() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    one_of_50(&[&passlink], &mails).await;
}

#[tokio::test]
async fn of_50_who_finish_at_once_through_two_processes_one_registers() {
    let mails = MailServer::plain();
    let one = Passlink::with_mail_server(&mails).on_postgres(Postgres::shared()).started().await;
    let other = one.another_node().started().await;
    one_of_50(&[&one, &other], &mails).await;
}

#[tokio::test]
async fn of_20_who_finish_one_ceremony_at_once_one_registers() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let by_bearer = begin(&passlink, &ada).await;
    let by_link = begin_with(&passlink, &ada, &code).await;
    for begun in [by_bearer, by_link] {
        let body = json!({ "publicKeyCredential": begun.answer().credential() });
        let requests = (0..20).map(|_| {
            let request = passlink.request(Method::POST, &begun.path).bearer_auth(&ada.token);
            Answer::to(request.json(&body))
        });
        let answers = requests.collect::<JoinSet<_>>().join_all().await;
        let (passed, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((passed.len(), refused.len()), (1, 19), "{refused:?}");
        refused.iter().for_each(assert_not_verified);
    }
    assert_eq!(names(&passlink, &ada).await.len(), 2);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4]);
}

#[tokio::test]
async fn of_20_who_register_one_credential_at_once_one_does() {
    let passlink = Passlink::with_mail_dir().started().await;
    let mut requests = Vec::new();
    for user in passlink.crowd(20) {
        let begun = begin(&passlink, &user).await;
        let same = HandMade { id: b"the same credential".to_vec(), ..begun.answer() };
        let body = json!({ "publicKeyCredential": same.credential() });
        let request = passlink.request(Method::POST, &begun.path).bearer_auth(&user.token);
        requests.push(Answer::to(request.json(&body)));
    }
    let answers = requests.into_iter().collect::<JoinSet<_>>().join_all().await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len()), (1, 19), "{refused:?}");
    let text = "Errors.User.WebAuthN.AlreadyExists";
    refused.iter().for_each(|answer| drop(answer.assert_error(409, 6, text, "PASSKEY-Exists")));
    assert_eq!(passlink.sql("SELECT count(*) FROM passkeys", &[])[0][0], 1);
}

#[tokio::test]
async fn of_ten_who_finish_at_once_no_more_register_than_a_user_may_have() {
    let passlink = Passlink::with_mail_dir().set("passkeys.max_per_user", "3").started().await;
    let ada = passlink.ada();
    let mut requests = Vec::new();
    for _ in 0..10 {
        let begun = begin(&passlink, &ada).await;
        let body = json!({ "publicKeyCredential": begun.answer().credential() });
        let request = passlink.request(Method::POST, &begun.path).bearer_auth(&ada.token);
        requests.push(Answer::to(request.json(&body)));
    }
    let answers = requests.into_iter().collect::<JoinSet<_>>().join_all().await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len()), (3, 7), "{refused:?}");
    let text = "Errors.User.WebAuthN.TooMany";
    refused.iter().for_each(|answer| drop(answer.assert_error(400, 9, text, "PASSKEY-TooMany")));
    assert_eq!(names(&passlink, &ada).await.len(), 3);
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4]);
}

#[tokio::test]
async fn of_a_tap_and_a_revocation_at_once_one_comes_first() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).generous().started().await;
    let ada = passlink.ada();
    let (mut passkeys, mut seen) = (0, 0);
    for _ in 0..10 {
        passlink.send_link(&ada.token).await.sequence();
        seen += 1;
        let mail = mails.until_mails(seen).await.remove(seen - 1).mail;
        let code = code_of(&mail.register_link());
        let begun = begin_with(&passlink, &ada, &code).await;
        let credential = begun.answer().credential();
        let revoke = json!({ "id": code["id"], "code": mail.revoke_link().code });
        let (finished, revoked) = tokio::join!(
            begun.finish(&passlink, None, &credential),
            at_link(&passlink, &revoke, "_revoke"),
        );
        match (finished.status, revoked.status) {
            (200, 400) => {
                assert_code_invalid(&revoked);
                passkeys += 1;
                seen += 1;
                mails.until_mails(seen).await;
            }
            (400, 200) => assert_code_invalid(&finished),
            _ => panic!("{finished:?} and {revoked:?}"),
        }
    }
    assert_eq!(names(&passlink, &ada).await.len(), passkeys);
    // A link, and what became of it.
    assert_eq!(passlink.history(&ada.id).len(), 1 + 2 * 10);
}

#[tokio::test]
async fn of_20_who_undo_at_once_one_does() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).started().await;
    let ada = passlink.ada();
    let code = returned_code(&passlink, &ada).await;
    let passkey = register_with(&passlink, &ada, &code, "Phone").await;
    let code = mails.until_mails(1).await.remove(0).mail.undo_link().code;
    let path = format!("/passlink/v1/passkeys/{passkey}/_undo");
    let requests = (0..20).map(|_| {
        let request = passlink.request(Method::POST, &path);
        Answer::to(request.json(&json!({ "code": code })))
    });
    let answers = requests.collect::<JoinSet<_>>().join_all().await;
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    // Nothing is left to be done for the others.
    assert_eq!((passed.len(), refused.len()), (20, 0), "{refused:?}");
    assert_eq!(passlink.history(&ada.id), [1, 2, 3, 4]);
    mails.until_mails(2).await;
}
