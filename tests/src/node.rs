//! The helper scripts in `tests/node`, run by the Node.js that `tests/run` sets up.

use std::{
    path::Path,
    process::{ChildStdin, Command},
};

use serde_json::{Value, json};

use crate::{Output, Process, binary::target_folder_with};

/// A command that runs `tests/node/<script>`.
pub fn script(name: &str) -> Command {
    let node = target_folder_with("test-venv/bin/node")
        .expect("Node.js for the tests is missing: `./tests/run` installs it");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    assert!(folder.join("node_modules").exists(), "npm packages are missing: run `./tests/run`");
    let mut command = Command::new(node);
    command.arg(folder.join(name));
    command
}

/// Runs a script to its end.
pub fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = script(name);
    command.args(arguments);
    Output::of(command)
}

/// A program that an npm package brings.
pub fn tool(name: &str) -> Command {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/node_modules/.bin").join(name);
    assert!(program.exists(), "{name} is missing: run `./tests/run`");
    let node = script("").get_program().to_owned();
    let mut command = Command::new(node);
    command.arg(program);
    command
}

/// What `@zitadel/client` sees of calls, one after the other: the version of the service (`session` for that
/// of sessions), the method, and the request as JSON.
pub fn zitadel_client(
    url: &str,
    protocol: &str,
    token: &str,
    calls: &[(&str, &str, Value)],
) -> Vec<Value> {
    let calls = calls.iter().map(|(version, method, request)| {
        json!({ "version": version, "method": method, "request": request }).to_string()
    });
    let calls: Vec<_> = calls.collect();
    let mut arguments = vec![protocol, url, token];
    arguments.extend(calls.iter().map(String::as_str));
    run("zitadel_client.mjs", &arguments).lines()
}

/// Serves a page of another origin, whose scripts can call an API, until both are dropped.
pub fn page_server(port: u16) -> (Process, ChildStdin) {
    let mut command = script("page_server.mjs");
    command.arg(port.to_string());
    Process::ready(command)
}
