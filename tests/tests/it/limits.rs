//! What a server keeps and notes by itself.

use passlink_tests::{Api, Passlink, passkeys::returned_code, until};

#[tokio::test]
async fn limits_outlive_a_restart() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    passlink.kill();
    passlink.start().await;
    passlink.send_link(&ada.token).await.assert_too_many();
}

#[tokio::test]
async fn a_server_notes_which_links_expired() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    returned_code(&passlink, &ada).await;
    passlink.sql("UPDATE links SET expires_at = requested_at", &[]);
    until("the link to be noted as expired", async || {
        (passlink.sql("SELECT state FROM links", &[]) == [["expired"]]).then_some(())
    })
    .await;
}
