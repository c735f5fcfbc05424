//! Requests that schemathesis makes up from the document: no answer but those that it allows.

use passlink_tests::python;

use super::*;

/// How many requests a call gets at most beyond those that cover its schema.
const EXAMPLES: &str = "15";

/// What is not offered is answered with 501, and that is no fault of the server. By proto3's JSON mapping, a
/// field that is null is one that is left out, and so is an empty domain; where no field is needed, a request
/// with such fields is done, which the document does not tell.
const CONFIGURATION: &str = r#"
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "501"]

[[operations]]
include-name = "POST /v2/sessions"
checks.negative_data_rejection.enabled = false

[[operations]]
include-name = "POST /v2/sessions/search"
checks.negative_data_rejection.enabled = false

[[operations]]
include-name = "PATCH /v2/sessions/{session_id}"
checks.negative_data_rejection.enabled = false
"#;

/// Calls a server with made-up requests, the same each time.
fn fuzz(passlink: &Passlink, token: Option<&str>) {
    let url = format!("{}/openapi.json", home(passlink));
    fs::write(passlink.dir().join("schemathesis.toml"), CONFIGURATION).unwrap();
    let mut command = python::tool("schemathesis");
    command.current_dir(passlink.dir());
    command.args(["run", &url, "--phases", "examples,coverage,fuzzing", "--no-color"]);
    command.args(["--max-examples", EXAMPLES, "--generation-deterministic"]);
    // What it makes up is never a code that opens a link.
    command.args(["--exclude-checks", "positive_data_acceptance", "--continue-on-failure"]);
    // No verdict on how fast this machine is.
    command.args(["--suppress-health-check", "all", "--request-timeout", "120"]);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    command.env("NO_PROXY", "*");
    let told = Output::of(command);
    assert_eq!(told.code, Some(0), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("23 selected / 23 total"), "{}", told.stdout);
}

async fn assert_keeps_to_the_document(token: impl FnOnce(&Passlink, &Caller) -> Option<String>) {
    let (passlink, ada) = server().await;
    let token = token(&passlink, &ada);
    tokio::task::spawn_blocking(move || {
        fuzz(&passlink, token.as_deref());
        let log = passlink.log();
        assert!(!log.contains("panicked") && !log.contains("a request failed"), "{log}");
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_person_gets_nothing_that_the_document_does_not_allow() {
    assert_keeps_to_the_document(|_, ada| Some(ada.token.clone())).await;
}

#[tokio::test]
async fn a_service_gets_nothing_that_the_document_does_not_allow() {
    assert_keeps_to_the_document(|passlink, _| {
        let permissions = [
            "user.passkey.write",
            "user.passkey.read",
            "session.write",
            "session.read",
            "session.delete",
        ];
        let permissions = permissions.iter().flat_map(|it| ["--permission", *it]);
        Some(passlink.service("app", &permissions.collect::<Vec<_>>()))
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_anything_that_the_document_does_not_allow() {
    assert_keeps_to_the_document(|_, _| None).await;
}
