//! Conversations with a server that follows a script.

mod conversation;
mod faults;
mod script;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_application::{
    domains::Domain,
    links::PublicUrl,
    mails::{Content, Hold, Mail, TestMailError, send_test_mail},
    ports::Mailer,
};
use passlink_domain::OutboxId;
use tokio::time::Duration;

use super::*;
use crate::{
    brand::Brand,
    outbound::{
        mail::{Letterhead, Sender, Templates, message},
        system::{SystemClock, SystemRandom},
    },
};

/// Longer than any answer that comes takes.
const PATIENT: Duration = Duration::from_secs(60);

/// Hands the same message over again and again.
struct Direct {
    smtp: Arc<Smtp>,
    mail: Arc<Outgoing>,
}

#[async_trait]
impl Mailer for Direct {
    async fn send(&self, _: &OutboxId, _: &Mail, hold: &Hold) -> Result<String, MailError> {
        self.smtp.deliver(&self.mail, &Deadline::new(&SystemClock, hold)).await
    }
}

static ADA: LazyLock<Arc<Outgoing>> = LazyLock::new(|| Arc::new(mail_to("ada@example.com")));

/// A message to an address.
fn mail_to(address: &str) -> Outgoing {
    let mail = Mail {
        to: address.parse().unwrap(),
        language: "en".parse().ok(),
        domain: "login.example.com".to_owned(),
        account: None,
        content: Content::Test { requested: Timestamp::UNIX_EPOCH },
    };
    let letterhead = Letterhead {
        templates: Arc::new(Templates::built_in()),
        sender: Sender {
            from: "Passlink <no-reply@login.example.com>".parse().unwrap(),
            reply_to: None,
        },
        brand: Brand::named("Passlink"),
        is_named: false,
    };
    let rendered = letterhead.render(&mail).unwrap();
    let id = "mail".parse().unwrap();
    message::compose(&id, &mail, rendered, &letterhead.sender, Timestamp::UNIX_EPOCH).unwrap()
}

/// Sends to the server of a URL.
fn smtp(url: &str, patience: Duration, kept: usize) -> Arc<Smtp> {
    let server = SmtpServer::parse(url).unwrap();
    // To read the system's certificates takes its time.
    static TRUST: LazyLock<TlsClient> =
        LazyLock::new(|| TlsClient::new("127.0.0.1".to_owned(), None).unwrap());
    let patience = Patience {
        address: PATIENT,
        answer: patience,
        sense: patience,
        message: patience,
        acceptance: patience,
    };
    let pool = Arc::new(Pool::new(kept));
    Arc::new(Smtp { server, tls: Some(TRUST.clone()), patience, pool })
}

async fn deliver(smtp: &Arc<Smtp>, mail: &Arc<Outgoing>) -> Result<String, MailError> {
    let mailer = Arc::new(Direct { smtp: smtp.clone(), mail: mail.clone() });
    let to = ("ada@example.com".parse().unwrap(), "en".parse().ok());
    let public_url = PublicUrl::new(&"https://login.example.com".parse().unwrap()).unwrap();
    let domain = Domain::alone(public_url);
    let sent = send_test_mail(mailer, &SystemClock, &SystemRandom, &domain, to).await;
    sent.map_err(|TestMailError(error)| error)
}
