use super::*;

#[tokio::test]
async fn a_software_passkey_signs_in_and_the_session_token_sends_a_link() {
    let passlink = Passlink::with_mail_dir().started().await;
    let ada = passlink.ada();
    let mut device = SoftwarePasskey::new(ORIGIN);
    let begun = begin(&passlink, &ada).await;
    let created = device.create(&begun.options).await;
    begun.finish(&passlink, Some(&ada.token), &created).await.sequence();

    let app = BackEnd::new(&passlink);
    let by_id = json!({ "userId": ada.id });
    for expected in [None, Some(by_id)] {
        let session = app.ask(expected).await;
        let assertion = device.sign(&session.options).await;
        let signed_in = app.sign_in(&session, &assertion).await;
        let seen = app.get(&signed_in).await;
        assert_eq!(user_of(&seen), json!(ada.id), "{seen:?}");
        assert_eq!(seen.json()["session"]["factors"]["webAuthN"]["userVerified"], true);
        // The token of before has ended with the change.
        passlink.send_link(&session.token).await.assert_error(
            401,
            16,
            "Errors.Token.Invalid",
            "AUTH-Invalid",
        );
        let list = format!("{OWN}/_search");
        let own = post(&passlink, Some(&signed_in.token), &list, &json!({})).await;
        assert_eq!(own.json()["result"][0]["id"], json!(begun.id));
    }
    let session = app.ask(None).await;
    let signed_in = app.sign_in(&session, &device.sign(&session.options).await).await;
    passlink.send_link(&signed_in.token).await.sequence();
}

#[tokio::test]
async fn keys_of_each_algorithm_sign_in() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, app) = (passlink.ada(), BackEnd::new(&passlink));
    for key in [Key::es256(), Key::rs256()] {
        let passkey = SigningPasskey::register(&passlink, &ada, key).await;
        let session = app.ask(None).await;
        let signed_in = app.sign_in(&session, &passkey.sign(&session)).await;
        assert_eq!(user_of(&app.get(&signed_in).await), json!(ada.id));
    }
}
