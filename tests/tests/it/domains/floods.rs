//! What is asked for the users of one organisation costs those of another nothing.

use passlink_tests::Postgres;

use super::*;

/// As many mails an hour as there can be for an organisation.
async fn of_three_mails(more: impl FnOnce(Passlink) -> Passlink) -> (Estate, Caller) {
    let limited = |passlink: Passlink| more(passlink.set("limits.mails_per_hour", "3"));
    let estate = Estate::with(limited).await;
    let amy = estate.passlink.caller("amy@acme.example", &["--org", "acme"]);
    (estate, amy)
}

async fn assert_full(site: &Site<'_>, user: &Caller) {
    let answer = site.send_link(&user.token).await;
    assert!(answer.assert_too_many() > 0, "{answer:?}");
}

#[tokio::test]
async fn the_mails_of_one_organisation_are_limited_and_the_others_are_not() {
    let (estate, amy) = of_three_mails(|passlink| passlink).await;
    let (acme, globex) = (estate.acme(), estate.globex());
    acme.send_link(&estate.ada.token).await.sequence();
    acme.send_link(&amy.token).await.sequence();
    let by_command = ["link", "create", "--send", "--user", &amy.id];
    estate.passlink.cli(&by_command).done();
    let before = (rows(&estate.passlink), estate.passlink.history(&amy.id));
    for user in [&estate.ada, &amy] {
        assert_full(&acme, user).await;
    }
    let told = estate.passlink.cli(&by_command).failed(1);
    assert!(told.contains("too many links"), "{told}");
    assert_eq!((rows(&estate.passlink), estate.passlink.history(&amy.id)), before);

    // A link that is returned is no mail, and what tells of a passkey is always sent.
    returned_code(&acme, &amy).await;
    let passkey = registered(&acme, &amy).await;
    mail_with(&estate.mails, &passkey).await;
    for _ in 0..3 {
        globex.send_link(&estate.bob.token).await.sequence();
    }
    assert_full(&globex, &estate.bob).await;
}

#[tokio::test]
async fn the_mails_of_an_organisation_are_counted_over_all_nodes() {
    let (estate, amy) = of_three_mails(|it| it.on_postgres(Postgres::shared())).await;
    let second = estate.passlink.another_node().started().await;
    let (one, other) = (estate.acme(), second.at(ACME));
    one.send_link(&estate.ada.token).await.sequence();
    other.send_link(&amy.token).await.sequence();
    other.send_link(&estate.ada.token).await.sequence();
    for site in [&one, &other] {
        for user in [&estate.ada, &amy] {
            assert_full(site, user).await;
        }
    }
    second.at(GLOBEX).send_link(&estate.bob.token).await.sequence();
}
