//! The binary starts, and says how it is used.

use std::process::Command;

#[test]
fn help_goes_to_stdout_and_succeeds() {
    let output = Command::new(env!("CARGO_BIN_EXE_passlink")).arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("passlink demo"));
}

#[test]
fn wrong_use_is_told_on_stderr_and_exits_with_2() {
    let output = Command::new(env!("CARGO_BIN_EXE_passlink")).arg("frobnicate").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
