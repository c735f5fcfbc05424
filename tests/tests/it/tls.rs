//! TLS on the listener, and certificates that change while it runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use passlink_tests::{Api, Caller, Output, Passlink, Process, SEND_LINK, python, raw, until};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpStream};

/// A server that speaks TLS, with the certificate and key in a folder.
struct Server {
    passlink: Passlink,
    process: Process,
    files: TempDir,
}

/// A private CA with a certificate of localhost, in a folder of its own.
fn certificates() -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut command = python::script("certificates.py");
    command.arg(dir.path());
    Output::of(command).done();
    dir
}

impl Server {
    async fn start() -> Self {
        let files = certificates();
        let path = |name: &str| files.path().join(name).display().to_string();
        let passlink = Passlink::with_mail_dir()
            .generous()
            .set("server.tls_cert", &path("cert.pem"))
            .set("server.tls_key", &path("key.pem"));
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| passlink.dir().join(name));
        let process = Process::logged(passlink.command(&["serve"]), &stdout, &stderr);
        let server = Self { passlink, process, files };
        until("the server to be ready", async || {
            let ready = server.curl("/readyz", &server.ca(), &[]);
            (ready.code == Some(0)).then_some(())
        })
        .await;
        server
    }

    fn ca(&self) -> PathBuf {
        self.files.path().join("ca.pem")
    }

    /// Asks by `curl`, which trusts one CA; prints HTTP version and status behind the body.
    fn curl(&self, path: &str, ca: &Path, options: &[&str]) -> Output {
        let mut command = Command::new("curl");
        command.args(["-sS", "--noproxy", "*", "-w", " %{http_version} %{http_code}", "--cacert"]);
        let url = format!("https://localhost:{}{path}", self.passlink.port());
        command.arg(ca).args(options).arg(url);
        Output::of(command)
    }

    /// A call, by the HTTP version that `option` asks for.
    #[track_caller]
    fn send(&self, user: &Caller, option: &str) -> String {
        let bearer = format!("Authorization: Bearer {}", user.token);
        self.curl(SEND_LINK, &self.ca(), &[option, "-X", "POST", "-H", &bearer]).done()
    }

    /// Replaces files of the certificate and has them read; waits for what the log then says.
    async fn replace(&self, from: &Path, names: &[&str], says: &str) {
        let said = self.passlink.log().matches(says).count();
        for name in names {
            fs::copy(from.join(name), self.files.path().join(name)).unwrap();
        }
        self.process.signal("HUP");
        until(says, async || (self.passlink.log().matches(says).count() > said).then_some(()))
            .await;
    }
}

#[tokio::test]
async fn the_listener_speaks_both_versions_of_http_over_tls_to_who_trusts_its_ca() {
    let server = Server::start().await;
    let ada = server.passlink.ada();
    for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let printed = server.send(&ada, option);
        assert!(printed.ends_with(&format!(" {version} 200")), "{option}: {printed}");
    }
    assert!(server.curl("/healthz", &server.ca(), &["--tls-max", "1.2"]).done().ends_with(" 200"));
    let stranger = certificates();
    let refused = server.curl("/healthz", &stranger.path().join("ca.pem"), &[]);
    assert_eq!(refused.code, Some(60), "curl trusts nobody else: {refused:?}");
    let old = server.curl("/healthz", &server.ca(), &["--tls-max", "1.1"]);
    assert_eq!(old.code, Some(35), "TLS 1.1 is not spoken: {old:?}");
}

#[tokio::test]
async fn a_grpc_client_calls_over_tls() {
    let server = Server::start().await;
    let ada = server.passlink.caller("ada@example.com", &[]);
    let address = format!("localhost:{}", server.passlink.port());
    let seen = python::grpc_client(&address, &ada.token, Some(&server.ca()));
    assert_eq!(seen["first"]["answer"]["details"]["sequence"], "2", "{seen}");
}

#[tokio::test]
async fn a_hangup_reads_the_certificate_again_and_broken_files_change_nothing() {
    let server = Server::start().await;
    let ada = server.passlink.ada();
    let (old, new, broken) = (certificates(), certificates(), TempDir::new().unwrap());
    fs::copy(server.ca(), old.path().join("ca.pem")).unwrap();
    let kept = "the TLS certificate stays as it was";

    fs::write(broken.path().join("cert.pem"), "no certificate").unwrap();
    server.replace(broken.path(), &["cert.pem"], kept).await;
    assert!(server.passlink.log().contains("server.tls_cert"), "the log names the key");
    assert!(server.send(&ada, "--http2").ends_with(" 2 200"));
    // A certificate and the key of another.
    server.replace(new.path(), &["cert.pem"], kept).await;
    assert!(server.send(&ada, "--http2").ends_with(" 2 200"));

    server.replace(new.path(), &["key.pem", "ca.pem"], "the TLS certificate was read again").await;
    assert!(server.send(&ada, "--http1.1").ends_with(" 1.1 200"));
    let refused = server.curl("/healthz", &old.path().join("ca.pem"), &[]);
    assert_eq!(refused.code, Some(60), "the old certificate is gone: {refused:?}");
}

#[tokio::test]
async fn who_speaks_no_tls_gets_no_answer_and_does_no_harm() {
    let server = Server::start().await;
    let ada = server.passlink.ada();
    let head = format!("POST {SEND_LINK} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let plain = raw(server.passlink.port(), &[head.as_bytes()]).await;
    assert!(!plain.contains("HTTP/"));
    assert!(server.send(&ada, "--http2").ends_with(" 2 200"));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_keeps_the_server_from_starting() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("cert.pem").display().to_string();
    let passlink =
        Passlink::with_mail_dir().set("server.tls_cert", &missing).set("server.tls_key", &missing);
    let stderr = passlink.cli(&["serve"]).failed(1);
    assert!(stderr.contains("server.tls_cert") && stderr.contains(&missing), "{stderr}");
}

#[tokio::test]
async fn who_begins_no_handshake_is_cut_off() {
    let server = Server::start().await;
    let without_tls = Passlink::with_mail_dir().started().await;
    let silent = async |passlink: &Passlink| {
        let mut stream = TcpStream::connect(("127.0.0.1", passlink.port())).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    };
    // Other silence ends a connection long after that.
    let ended = tokio::select! {
        biased;
        ended = silent(&server.passlink) => ended,
        _ = silent(&without_tls) => panic!("the handshake is waited for as long as a request"),
    };
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn a_hangup_does_nothing_to_a_server_without_tls() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    passlink.process().signal("HUP");
    until("the hangup to be told", async || {
        passlink.log().contains("nothing to read again").then_some(())
    })
    .await;
    assert_eq!(passlink.send_link(&ada.token).await.status, 200);
}

#[test]
fn a_key_of_another_certificate_is_told() {
    let [files, others] = [certificates(), certificates()];
    let path = |files: &TempDir, name: &str| files.path().join(name).display().to_string();
    let stderr = Passlink::with_mail_dir()
        .set("server.tls_cert", &path(&files, "cert.pem"))
        .set("server.tls_key", &path(&others, "key.pem"))
        .cli(&["config", "check"])
        .failed(1);
    assert!(stderr.contains("is not the key of the certificate in"), "{stderr}");
}
