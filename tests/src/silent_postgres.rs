use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// From when on a server says nothing.
#[derive(Debug, Clone, Copy)]
pub enum Silence {
    /// From the start.
    FromTheStart,
    /// Once it has said that it speaks TLS.
    AfterTheOfferOfTls,
    /// Once one is logged in.
    AfterTheLogin,
}

/// On which connections a proxy falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On all there are and will be.
    All,
    /// On the one that said the word.
    One,
}

/// What passes for a PostgreSQL and takes what it is told, and at some time says nothing any more. Its
/// connections stay open.
pub struct SilentPostgres {
    port: u16,
    fell_silent: Arc<AtomicBool>,
}

/// No TLS here.
const NO: &[u8] = b"N";
const YES: &[u8] = b"S";
/// AuthenticationOk, BackendKeyData, ReadyForQuery.
const LOGGED_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I";
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

impl SilentPostgres {
    /// A server that is none.
    pub fn start(silence: Silence) -> Self {
        Self::serving(move |mut client, _| {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = client.read(&mut buffer) {
                let is_ssl_request = read == 8 && buffer[4..8] == SSL_REQUEST;
                let answer = match silence {
                    Silence::AfterTheOfferOfTls if is_ssl_request => YES,
                    Silence::AfterTheLogin if is_ssl_request => NO,
                    // A first octet of zero means a startup message, not a statement.
                    Silence::AfterTheLogin if buffer[0] == 0 => LOGGED_IN,
                    _ => b"",
                };
                client.write_all(answer).unwrap();
            }
        })
    }

    /// A proxy in front of a server that is one. It falls silent when a client says the word.
    pub fn before(port: u16, word: &'static str, scope: Scope) -> Self {
        Self::serving(move |client, silent| {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mine = Arc::new(AtomicBool::default());
            let answers = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let (back, all) = (mine.clone(), silent.clone());
            let is_silent = move || {
                back.load(Ordering::SeqCst) || scope == Scope::All && all.load(Ordering::SeqCst)
            };
            let is_silent_too = is_silent.clone();
            thread::spawn(move || pass(answers, |_| is_silent()));
            pass((client, server), |data| {
                if data.windows(word.len()).any(|it| it == word.as_bytes()) {
                    mine.store(true, Ordering::SeqCst);
                    silent.store(true, Ordering::SeqCst);
                }
                is_silent_too()
            });
        })
    }

    fn serving(serve: impl Fn(TcpStream, Arc<AtomicBool>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, serve) = (listener.local_addr().unwrap().port(), Arc::new(serve));
        let fell_silent = Arc::new(AtomicBool::default());
        let silent = fell_silent.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (serve, silent) = (serve.clone(), silent.clone());
                thread::spawn(move || serve(client.unwrap(), silent));
            }
        });
        Self { port, fell_silent }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether somebody said the word.
    pub fn fell_silent(&self) -> bool {
        self.fell_silent.load(Ordering::SeqCst)
    }
}

/// Passes on what comes from one to the other, but for what is to be swallowed.
fn pass((mut from, mut to): (TcpStream, TcpStream), mut swallow: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 65536];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !swallow(&buffer[..read]) && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
