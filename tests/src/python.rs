//! The helper scripts in `tests/python`, run by the Python that `tests/run` sets up.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{Output, Process, binary::target_folder_with};

/// A command that runs `tests/python/<script>`.
pub fn script(name: &str) -> Command {
    let python = target_folder_with("test-venv/bin/python")
        .expect("Python for the tests is missing: `./tests/run` installs it");
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name));
    command
}

/// Runs a script to its end.
pub fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = script(name);
    command.args(arguments);
    Output::of(command)
}

/// A program that a package of Python brings.
pub fn tool(name: &str) -> Command {
    let program = target_folder_with(&format!("test-venv/bin/{name}"));
    Command::new(program.unwrap_or_else(|| panic!("{name} is missing: `./tests/run` installs it")))
}

/// What a client sees that learns the API by gRPC reflection; `ca` is a file, for TLS.
pub fn grpc_client(address: &str, token: &str, ca: Option<&Path>) -> Value {
    let mut command = script("grpc_client.py");
    command.args([address, token]).args(ca);
    serde_json::from_str(&Output::of(command).done()).unwrap()
}

/// What a client that learns the API by gRPC reflection sees of calls, one after the other: the service, the
/// method, and the request as JSON.
pub fn grpc_calls(address: &str, token: &str, calls: &[(&str, &str, Value)]) -> Vec<Value> {
    let calls = calls.iter().map(|(service, method, request)| {
        json!({ "service": service, "method": method, "request": request }).to_string()
    });
    let mut command = script("grpc_calls.py");
    command.args([address, token]).args(calls);
    Output::of(command).lines()
}

/// A new RSA key of so many bits, as PKCS #8.
pub fn rsa_key(bits: u32) -> Vec<u8> {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let mut command = script("rsa_key.py");
    command.arg(bits.to_string());
    BASE64_STANDARD.decode(Output::of(command).done().trim_end()).unwrap()
}

/// Holds the write lock of a SQLite file until both are dropped.
pub fn lock(file: &Path) -> (Process, ChildStdin) {
    let mut command = script("lock.py");
    command.arg(file);
    Process::ready(command)
}

/// Holds the lock under which a PostgreSQL database is migrated until both are dropped.
pub fn lock_migration(url: &str) -> (Process, ChildStdin) {
    let mut command = script("lock.py");
    command.arg(url);
    Process::ready(command)
}

/// Writes `count` users with a token each straight into a migrated database; returns user id,
/// address and token of each.
pub fn seed(url: &str, count: usize) -> Vec<[String; 3]> {
    let mut command = script("seed.py");
    command.arg(url).arg(count.to_string());
    let lines = Output::of(command).done();
    let fields = lines.lines().map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    fields.map(|fields| fields.try_into().unwrap()).collect()
}

/// Parses mails.
pub(crate) fn mime(files: &[PathBuf]) -> String {
    let mut command = script("mime.py");
    command.args(files);
    Output::of(command).done()
}

/// Holds TOML files against a JSON Schema; returns file, place and what is wrong of each fault.
pub fn against_schema(schema: &Value, files: &[PathBuf]) -> Vec<[String; 3]> {
    let request = json!({ "schema": schema, "files": files });
    let found = with_input("schema.py", &request.to_string());
    found.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Runs a script with a text as its stdin; returns its stdout.
pub(crate) fn with_input(name: &str, input: &str) -> String {
    let mut command = script(name);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{name} failed");
    String::from_utf8(output.stdout).unwrap()
}
