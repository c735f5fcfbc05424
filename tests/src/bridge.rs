use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// A script that answers each line of its stdin with a line of its stdout, until this is dropped.
pub(crate) struct Bridge {
    process: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Bridge {
    /// Starts the script, and waits for it to print `ready`.
    pub(crate) fn start(mut command: Command) -> Self {
        Self::try_start(&mut command).unwrap_or_else(|| panic!("{command:?} did not start"))
    }

    /// As [`Self::start`], if the script does not end before that.
    pub(crate) fn try_start(command: &mut Command) -> Option<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = process.stdin.take();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let mut bridge = Self { process, stdin, stdout };
        (bridge.line() == "ready\n").then_some(bridge)
    }

    /// What the script answers, or the error that it met.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<Value, String> {
        writeln!(self.stdin.as_ref().unwrap(), "{request}").unwrap();
        let mut reply: Value = serde_json::from_str(&self.line()).unwrap();
        match reply.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(reply["result"].take()),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Bridge {
    /// Closes stdin, at which the script ends.
    fn drop(&mut self) {
        self.stdin.take();
        let _ = self.process.wait();
    }
}
