//! Templates of links that lead to a team's own page.

use passlink_tests::{Answer, Api, Caller, passkeys::passkeys_of};
use serde_json::{Value, json};

use crate::installation::{GENEROUS, Installation};

const APP: &str = "https://app.example.com";

/// An installation whose links may lead to the app's pages as well.
async fn with_app() -> Installation {
    Installation::with(
        &[GENEROUS, &[("links.allowed_origins", &json!([APP]).to_string())]].concat(),
    )
    .await
}

async fn create_link(passlink: &Installation, user: &Caller, medium: Value) -> Answer {
    let path = format!("{}/registration_link", passkeys_of(user));
    passlink.post(Some(&user.token), &path, &medium).await
}

fn by_template(template: &str) -> Value {
    json!({ "sendLink": { "urlTemplate": template } })
}

#[tokio::test]
async fn a_template_that_leads_elsewhere_is_refused_and_nothing_is_recorded() {
    let passlink = with_app().await;
    let ada = passlink.ada().await;
    for template in [
        "https://evil.example/?id={{.CodeID}}#{{.Code}}",
        "http://app.example.com/?id={{.CodeID}}#{{.Code}}",
        "https://app.example.com@evil.example/?id={{.CodeID}}#{{.Code}}",
        "https://app.example.com/{{.Code}}?id={{.CodeID}}",
        "https://app.example.com/?id={{.CodeID}}",
        "https://app.example.com/?id={{.CodeID}}#{{.Password}}",
        "not a URL {{.CodeID}} {{.Code}}",
        "https://app.example.com/?id={{.CodeID}}#{{.Code\n2026-01-01T00:00:00Z INFO forged}}",
    ] {
        let answer = create_link(&passlink, &ada, by_template(template)).await;
        let text = "Errors.User.Passwordless.URLTemplate";
        answer.assert_error(400, 3, text, "LINK-URLTemplate");
    }
    for template in ["", &format!("{APP}/?{}#{{{{CodeID}}}}{{{{Code}}}}", "x".repeat(200))] {
        let answer = create_link(&passlink, &ada, by_template(template)).await;
        let text = "Errors.Invalid: send_link.url_template: must have 1 to 200 characters";
        answer.assert_error(400, 3, text, "REQUEST-Invalid");
    }
    assert_eq!(passlink.history(&ada.id), [1]);
    assert!(!passlink.log().contains("forged"), "{}", passlink.log());
}

#[tokio::test]
async fn that_codes_stand_in_the_query_is_warned_about_once() {
    let passlink = with_app().await;
    let ada = passlink.ada().await;
    let template = format!("{APP}/passkey?id={{{{.CodeID}}}}&code={{{{.Code}}}}");
    for _ in 0..3 {
        create_link(&passlink, &ada, by_template(&template)).await.sequence();
    }
    assert_eq!(passlink.log().matches("links have their code in the query").count(), 1);
}
