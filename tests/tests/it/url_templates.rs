//! Links that lead to a team's own page.

use std::collections::BTreeMap;

use passlink_tests::{Answer, Api, Caller, MailServer, Passlink};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

const APP: &str = "https://app.example.com";

/// An installation whose links may lead to the app's pages as well.
fn with_app(mails: &MailServer) -> Passlink {
    let passlink = Passlink::with_mail_server(mails).generous();
    passlink.set("links.allowed_origins", &json!([APP]).to_string())
}

async fn create_link(passlink: &Passlink, user: &Caller, medium: Value) -> Answer {
    let path = format!("/v2/users/{}/passkeys/registration_link", user.id);
    Answer::to(passlink.request(Method::POST, &path).bearer_auth(&user.token).json(&medium)).await
}

fn by_template(template: &str) -> Value {
    json!({ "sendLink": { "urlTemplate": template } })
}

/// What a link to the app's page says, and whether Passlink knows it.
async fn assert_opens(passlink: &Passlink, link: &str, user: &Caller) {
    let url = Url::parse(link).unwrap();
    assert_eq!((&*url.origin().ascii_serialization(), url.path()), (APP, "/passkey"), "{link}");
    let said: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(said["user"], user.id);
    let code = url.fragment().unwrap().strip_prefix("c=").unwrap();
    let path = format!("/passlink/v1/links/{}/_inspect", said["id"]);
    let inspected = passlink.request(Method::POST, &path).json(&json!({ "code": code }));
    let inspected = Answer::to(inspected).await.json();
    assert_eq!(inspected["state"], "LINK_STATE_OPEN");
    assert_eq!(inspected["userId"], json!(user.id));
}

#[tokio::test]
async fn a_caller_has_a_link_lead_to_the_page_of_the_app() {
    let mails = MailServer::plain();
    let passlink = with_app(&mails).started().await;
    let ada = passlink.ada();
    let template = format!("{APP}/passkey?user={{{{.UserID}}}}&id={{{{CodeID}}}}#c={{{{.Code}}}}");
    create_link(&passlink, &ada, by_template(&template)).await.sequence();
    let mail = mails.until_mails(1).await.remove(0).mail;
    let app = |links: &[String]| links.iter().find(|link| link.starts_with(APP)).cloned();
    let link = app(&mail.text().links).unwrap();
    assert_eq!(app(&mail.html().links).as_ref(), Some(&link));
    assert_opens(&passlink, &link, &ada).await;
    mail.revoke_link();
}

#[tokio::test]
async fn an_operator_has_all_links_lead_to_the_page_of_the_app() {
    let mails = MailServer::plain();
    let template = format!("{APP}/passkey?user={{{{UserID}}}}&id={{{{CodeID}}}}#c={{{{Code}}}}");
    let passlink = with_app(&mails).set("links.url_template", &template).started().await;
    let ada = passlink.ada();
    let request = passlink.request(Method::POST, "/auth/v1/users/me/passwordless/_link");
    let returned = Answer::to(request.bearer_auth(&ada.token)).await.json()["link"].clone();
    assert_opens(&passlink, returned.as_str().unwrap(), &ada).await;
    let printed = passlink.cli(&["link", "create", "--user", &ada.id]).done();
    assert_opens(&passlink, printed.trim_end(), &ada).await;
    passlink.send_link(&ada.token).await.sequence();
    let mail = mails.until_mails(1).await.remove(0).mail;
    let mailed = mail.text().links.iter().find(|link| link.starts_with(APP)).unwrap();
    assert_opens(&passlink, mailed, &ada).await;
}
