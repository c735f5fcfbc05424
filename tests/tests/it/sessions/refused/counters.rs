//! Signature counters, and what is kept of a passkey that signed in.

use super::*;

/// What is kept of a passkey: counter, whether it is backed up, when it was used.
fn kept(passlink: &Passlink, passkey: &SigningPasskey) -> (u64, bool, Option<u64>) {
    let select = "SELECT sign_count, backup_state, last_used_at FROM passkeys WHERE id = ?";
    let row = passlink.sql(select, &[&passkey.passkey]).remove(0);
    let is_backed_up = row[1] == json!(true) || row[1] == json!(1);
    (row[0].as_u64().unwrap(), is_backed_up, row[2].as_u64())
}

/// The user's changes: what, and who made them.
fn changes(passlink: &Passlink, user: &Caller) -> Vec<String> {
    let select =
        "SELECT kind, coalesce(actor, '-') FROM events WHERE user_id = ? ORDER BY sequence";
    let rows = passlink.sql(select, &[&user.id]).into_iter();
    rows.map(|row| format!("{} {}", row[0].as_str().unwrap(), row[1].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_counter_that_went_back_signs_nobody_in_and_is_a_change_of_the_user() {
    let watched = Watched::started().await;
    let (passlink, ada) = (&watched.passlink, watched.passlink.ada());
    let app = BackEnd::new(passlink);
    let passkey = SigningPasskey::register(passlink, &ada, Key::es256()).await;
    let counting =
        |session: &Session, count| changed(&passkey, session, |it| it.sign_count = count);
    let first = app.ask(None).await;
    let first = app.sign_in(&first, &counting(&first, 7)).await;
    let before = kept(passlink, &passkey);
    for count in [7, 6, 0] {
        let session = app.ask(None).await;
        watched.assert_refused(&app, &session, &counting(&session, count), "counter").await;
        // The challenge was answered: a copy can't try on.
        watched.assert_refused(&app, &session, &counting(&session, 8), "challenge").await;
    }
    assert_eq!(kept(passlink, &passkey), before);
    let went_back = "passkey.counter_went_back Example App";
    let added = format!("passkey.added {}", ada.id);
    assert_eq!(changes(passlink, &ada), ["user.added -", &added, went_back, went_back, went_back]);
    let log = passlink.log();
    let warned = log
        .lines()
        .filter(|line| line.contains("a sign-in was refused") && line.contains("\"counter\""));
    assert!(warned.into_iter().all(|line| line.contains("\"WARN\"")), "{log}");
    // The passkey itself goes on, and who signed in before stays so.
    assert!(speaks(passlink, &first.token).await);
    let session = app.ask(None).await;
    app.sign_in(&session, &counting(&session, 8)).await;
    assert_eq!(kept(passlink, &passkey).0, 8);
}

#[tokio::test]
async fn counter_backup_state_and_last_use_are_kept_of_a_passkey_that_signed_in() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, app) = (passlink.ada(), BackEnd::new(&passlink));
    let eligible = |made: passlink_tests::HandMade| passlink_tests::HandMade {
        flags: made.flags | BACKUP_ELIGIBLE,
        ..made
    };
    let passkey = SigningPasskey::register_as(&passlink, &ada, Key::es256(), eligible).await;
    let before = passlink.history(&ada.id);
    assert_eq!(kept(&passlink, &passkey), (0, false, None));
    let mut last = 0;
    // A counter that stays at zero counts nothing.
    for (count, backed_up) in [(0, false), (0, true), (3, false), (u32::MAX, true)] {
        let session = app.ask(None).await;
        let answer = changed(&passkey, &session, |it| {
            it.sign_count = count;
            it.flags |= BACKUP_ELIGIBLE | if backed_up { BACKED_UP } else { 0 };
        });
        app.sign_in(&session, &answer).await;
        let (counted, is_backed_up, used) = kept(&passlink, &passkey);
        assert_eq!((counted, is_backed_up), (count.into(), backed_up));
        assert!(used.unwrap() >= last, "{used:?}");
        last = used.unwrap();
    }
    // What could be backed up can't turn into what can't be.
    let session = app.ask(None).await;
    assert_not_verified(&app.hand_over(&session, &passkey.sign(&session)).await);
    let listed = passlink.cli(&["passkey", "list", "--user", &ada.id]).lines().remove(0);
    assert!(listed["lastUsed"].is_string() && listed["backupState"] == true, "{listed}");
    assert_eq!(passlink.history(&ada.id), before, "a sign-in is no change of the user");
}
