//! The samples of the other protocols, and the examples as octets, as they stand on the page.

use std::{path::Path, process::Command};

use passlink_tests::{Call, Protocol, node};

use super::*;

/// Runs a script with the token, in a folder where npm's packages are found.
fn run(mut command: Command, folder: &Path, token: &str) -> Output {
    command.current_dir(folder).env("TOKEN", token).env("NO_PROXY", "*");
    Output::of(command)
}

fn shell(code: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-euc", code]);
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/node_modules/.bin");
    let path = std::env::var("PATH").unwrap();
    let node = Path::new(node::script("").get_program()).parent().unwrap().to_owned();
    command.env("PATH", format!("{}:{}:{path}", bin.display(), node.display()));
    command
}

#[tokio::test]
async fn buf_and_curl_send_a_link_by_each_protocol() {
    let (passlink, ada) = server().await;
    let html = html(&passlink).await;
    for (sequence, marks) in [
        ("2", ["id=\"grpc\"", "<h3>buf curl</h3>"]),
        ("3", ["id=\"grpc-web\"", "<h3>buf curl</h3>"]),
        ("4", ["id=\"connect\"", "<h3>buf curl</h3>"]),
        ("5", ["id=\"connect\"", "<h3>curl</h3>"]),
    ] {
        let code = code(&html, &marks);
        let output = run(shell(&code), passlink.dir(), &ada.token).done();
        let answer: Value = serde_json::from_str(&output).unwrap_or_else(|_| panic!("{output}"));
        assert_eq!(answer["details"]["sequence"], sequence, "{code}");
    }
    until_mails(&passlink, 4).await;
}

#[tokio::test]
async fn the_client_of_zitadel_sends_a_link_by_grpc_and_grpc_web() {
    let (passlink, ada) = server().await;
    let html = html(&passlink).await;
    // Where packages are looked for from there.
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/node_modules");
    std::os::unix::fs::symlink(packages, passlink.dir().join("node_modules")).unwrap();
    for (sequence, heading) in [
        ("2n", "<h3>Node.js, with <code>@zitadel/client</code></h3>"),
        ("3n", "<h3>JavaScript, with <code>@zitadel/client</code></h3>"),
    ] {
        fs::write(passlink.dir().join("send.mjs"), code(&html, &[heading])).unwrap();
        let mut command = Command::new(node::script("").get_program());
        command.arg("send.mjs");
        let told = run(command, passlink.dir(), &ada.token).done();
        assert!(told.contains(&format!("sequence: {sequence}")), "{told}");
    }
    until_mails(&passlink, 2).await;
}

fn octets(dump: &str) -> Vec<u8> {
    dump.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect()
}

/// The octets that the page shows for a request mean what its JSON means.
#[tokio::test]
async fn each_example_is_answered_alike_as_json_and_as_octets() {
    let (passlink, ada) = server().await;
    let (html, document) = (html(&passlink).await, document(&passlink).await);
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let service = operation["tags"][0].as_str().unwrap();
        let parameters = operation["parameters"].as_array().unwrap().iter();
        // Those of the query may be left out, as they are in the examples.
        let filled =
            parameters.filter(|it| it["in"] == "path").fold(path.to_owned(), |path, it| {
                let name = it["name"].as_str().unwrap();
                path.replace(&format!("{{{name}}}"), it["example"].as_str().unwrap())
            });
        let body = &operation["requestBody"]["content"]["application/json"]["example"];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let rest = passlink.request(method, &filled).bearer_auth(&ada.token);
        let rest = Answer::to(rest.body(body)).await;
        let id = |text: &str| text.split("(").nth(1).map(|it| it.trim_end_matches(')').to_owned());
        let expected = match rest.status {
            200 => None,
            _ => id(rest.json()["message"].as_str().unwrap()),
        };
        for (media, protocol) in [("grpc", Protocol::Grpc), ("grpc-web", Protocol::GrpcWeb)] {
            let request = octets(&code(&html, &[&article(name), &tab(media)]));
            let rpc = format!("/{service}/{name}").leak();
            let call = Call { rpc, proto: request[5..].to_vec(), ..Call::send_link() };
            assert_eq!(protocol.body(&call), request, "{name}");
            let outcome = protocol.call(&passlink, Some(&ada.token), &call).await;
            assert_eq!(id(&outcome.text), expected, "{name} by {protocol:?}");
            let response = octets(&code(&html, &[&article(name), &tab(media), "<h4>Response"]));
            let [0, length @ ..] = &response[..5] else { panic!("{name}: {response:?}") };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            let ends = if media == "grpc" { response.len() } else { response.len() - 21 };
            assert_eq!(5 + length, ends, "{name}");
        }
    }
}
