//! How often a user can have a link.

use passlink_tests::{Api, Passlink};

#[tokio::test]
async fn limits_outlive_a_restart() {
    let mut passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    assert_eq!(passlink.send_link(&ada.token).await.sequence(), 2);
    passlink.kill();
    passlink.start().await;
    passlink.send_link(&ada.token).await.assert_too_many();
}
