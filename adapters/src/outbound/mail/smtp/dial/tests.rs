use std::net::Ipv4Addr;

use tokio::net::{TcpListener, TcpSocket};

use super::*;

/// An address where nobody answers: a listener that has as many connections waiting as it may.
struct Silent {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<tokio::task::JoinHandle<()>>,
}

async fn silent(last: u8) -> Silent {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..8 {
        waiting.push(tokio::spawn(async move {
            let _tcp = TcpStream::connect(address).await;
            std::future::pending::<()>().await;
        }));
        tokio::task::yield_now().await;
    }
    Silent { address, _listener: listener, _waiting: waiting }
}

#[tokio::test]
async fn an_address_that_answers_is_found_behind_many_that_do_not() {
    let mut silent_ones = Vec::new();
    for last in 2..14 {
        silent_ones.push(silent(last).await);
    }
    let answers = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let last = answers.local_addr().unwrap();
    let addresses = silent_ones.iter().map(|it| it.address).chain([last]);
    let patience = Duration::from_secs(600);
    let found = first_of(addresses, patience, Duration::from_millis(10)).await.unwrap();
    assert_eq!(found.peer_addr().unwrap(), last);
}

#[tokio::test]
async fn an_address_that_refuses_is_followed_by_the_next_one_at_once() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answers = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let last = answers.local_addr().unwrap();
    let for_ever = Duration::from_secs(3600);
    let found = first_of([closed, last].into_iter(), for_ever, for_ever).await.unwrap();
    assert_eq!(found.peer_addr().unwrap(), last);
    let failure = first_of([closed].into_iter(), for_ever, for_ever).await.unwrap_err();
    assert_eq!(failure.reason, MailReason::Connection);
}

#[tokio::test]
async fn a_server_none_of_whose_addresses_answers_is_away() {
    let silent = silent(15).await;
    let short = Duration::from_millis(10);
    let failure = first_of([silent.address; 3].into_iter(), short, short).await.unwrap_err();
    let error = passlink_application::ports::MailError::from(failure);
    assert!(
        matches!(error, passlink_application::ports::MailError::Down(MailReason::Timeout, _)),
        "{error:?}"
    );
}
