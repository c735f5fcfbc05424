//! A token that is revoked while a service uses it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use passlink_tests::{client, until};
use tokio::task::{JoinSet, spawn_blocking};

use super::*;

const USERS: usize = 400;
const WORKERS: usize = 8;

/// Asks for links of one user after another, until the token holds no longer.
async fn make_links(passlink: Arc<Passlink>, users: Arc<Vec<Caller>>, made: Arc<AtomicUsize>) {
    let client = client();
    for user in users.iter() {
        for medium in ["sendLink", "returnCode"] {
            let path = format!("{}{}/registration_link", passlink.url(), passkeys_of(user));
            let request = client.post(path).bearer_auth(&user.token).json(&json!({ medium: {} }));
            let answer = Answer::to(request).await;
            match answer.status {
                200 => made.fetch_add(1, Ordering::SeqCst),
                429 => continue,
                _ => return assert_invalid(&answer),
            };
        }
    }
    panic!("the token holds still");
}

#[tokio::test]
async fn a_token_that_is_revoked_while_it_makes_links_leaves_none_open() {
    let passlink = Arc::new(Passlink::with_mail_dir().generous().started().await);
    let crowd = passlink.crowd(USERS);
    for round in 0..3 {
        let service = format!("shop {round}");
        let token = service_of(&passlink, &service, "*");
        let id = token_of(&passlink, &service)["id"].as_str().unwrap().to_owned();
        let users: Vec<_> = crowd.iter().map(|user| for_user(user, &token)).collect();
        let made = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            let mut users = users.clone();
            users.rotate_left(worker * USERS / WORKERS);
            workers.spawn(make_links(passlink.clone(), Arc::new(users), made.clone()));
        }
        until("the first links", async || (made.load(Ordering::SeqCst) > 0).then_some(())).await;
        let revoking = passlink.clone();
        let revoke = {
            let id = id.clone();
            move || revoking.cli(&["token", "revoke", &id]).lines().remove(0)
        };
        let revoked = spawn_blocking(revoke).await.unwrap();
        workers.join_all().await;
        let made = made.load(Ordering::SeqCst);
        let states = "SELECT state, count(*) FROM links WHERE token_id = ? GROUP BY state";
        assert_eq!(passlink.sql(states, &[&id]), [[json!("revoked"), json!(made)]], "{round}");
        assert_eq!(revoked["linksEnded"], made);
    }
}
