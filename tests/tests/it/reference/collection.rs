//! The collection for Postman and Bruno.

use passlink_tests::node;

use super::*;

/// Newman runs collections as Postman does.
#[tokio::test]
async fn each_of_its_calls_reaches_the_server() {
    let (passlink, ada) = server().await;
    let file = passlink.dir().join("collection.json");
    let collection = passlink.get("/docs/passlink.postman_collection.json").await;
    fs::write(&file, &collection.text).unwrap();
    let mut command = node::tool("newman");
    command.args(["run", file.to_str().unwrap(), "--env-var", &format!("token={}", ada.token)]);
    command.args(["--reporters", "json", "--reporter-json-export", "report.json"]);
    command.current_dir(passlink.dir()).env("NO_PROXY", "*");
    let output = tokio::task::spawn_blocking(|| Output::of(command)).await.unwrap();
    output.done();
    let report = fs::read_to_string(passlink.dir().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let runs = report["run"]["executions"].as_array().unwrap();
    assert_eq!(runs.len(), operations(&document(&passlink).await).len());
    for run in runs {
        let (name, status) = (&run["item"]["name"], &run["response"]["code"]);
        let body: Vec<u8> =
            serde_json::from_value(run["response"]["stream"]["data"].clone()).unwrap();
        let body = String::from_utf8(body).unwrap();
        // What the examples name is not there; but each is understood.
        let understood = ["PASSKEY-", "LINK-CodeInvalid", "SESSION-NotFound", "AUTH-Denied"];
        let is_understood = status == 200 || understood.iter().any(|id| body.contains(id));
        assert!(is_understood, "{name}: {status} {body}");
    }
}
