use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{self, Child, ChildStdin, Command, ExitStatus, Stdio},
};

use crate::{until, until_within, wait::PATIENCE};

/// What a command that ended left behind.
#[derive(Debug)]
pub struct Output {
    /// The exit code.
    pub code: Option<i32>,
    /// All that was written to stdout.
    pub stdout: String,
    /// All that was written to stderr.
    pub stderr: String,
}

impl Output {
    /// Runs a command to its end.
    pub fn of(mut command: Command) -> Self {
        Self::from(command.stdin(Stdio::null()).output().unwrap())
    }

    /// Runs a command that reads this to its end.
    pub fn with_input(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Self::from(child.wait_with_output().unwrap())
    }

    fn from(output: process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What stdout holds, of a command that must have succeeded.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The lines of stdout as JSON, of a command that must have succeeded.
    #[track_caller]
    pub fn lines(self) -> Vec<serde_json::Value> {
        let stdout = self.done();
        stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// What stderr holds, of a command that must have failed with `code` and an empty stdout.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        assert!(!self.stderr.is_empty(), "nothing says what failed");
        self.stderr
    }
}

/// A process that runs until it is told to end; at the latest when this is dropped.
pub struct Process(Child);

impl Process {
    /// Starts a process whose output goes to the ends of two files.
    pub fn logged(mut command: Command, stdout: &Path, stderr: &Path) -> Self {
        let append = |path| File::options().create(true).append(true).open(path).unwrap();
        command.stdin(Stdio::null()).stdout(append(stdout)).stderr(append(stderr));
        Self(command.spawn().unwrap())
    }

    /// Starts a process, waits for it to print `ready`, and returns its stdin as well.
    pub fn ready(mut command: Command) -> (Self, ChildStdin) {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut line = String::new();
        let stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        let process = Self(child);
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "{command:?} did not start");
        (process, stdin)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// The status of a process that has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Sends a signal: `TERM`, `INT` …
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    }

    /// Asks the process to end and waits until it has. It may take as long as the product's own
    /// limit for that.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        until_within(2 * PATIENCE, "the process to end", async || self.ended()).await
    }

    /// Waits until the process has ended by itself.
    pub async fn end(mut self) -> ExitStatus {
        until("the process to end", async || self.ended()).await
    }

    /// Resident memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// The most resident memory that the process ever had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.memory_kib("VmHWM:")
    }

    /// Forgets how much memory the process had: [`Self::peak_kib`] counts from now on.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.id()), "5").unwrap();
    }

    /// How many octets the process ever had written to the storage.
    pub fn written(&self) -> u64 {
        written(&self.id().to_string())
    }

    fn memory_kib(&self, kind: &str) -> u64 {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(kind)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// How many octets a process ever had written to the storage; `self` is this one. What was removed again
/// before it came there is left out.
pub(crate) fn written(process: &str) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let count = |name| {
        let line = io.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse::<u64>().unwrap()
    };
    count("write_bytes:").saturating_sub(count("cancelled_write_bytes:"))
}

impl Drop for Process {
    /// SIGKILL, and no zombie is left.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
