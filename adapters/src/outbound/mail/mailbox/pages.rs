//! What the mailbox answers over HTTP.

use axum::{
    Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{
    Mailbox,
    guard::{MAIL_POLICY, guard},
    view::{self, Side},
};

const STYLE: &str = include_str!("mailbox.css");
const SCRIPT: &str = include_str!("mailbox.js");

impl Mailbox {
    /// The page, for a server that listens on this port of this machine. Requests that name
    /// another host or port get 403: a page elsewhere can make its own name lead here.
    pub fn router(&self, port: u16) -> Router {
        let at = |rest: &str| format!("{}{rest}", self.path());
        Router::new()
            .route(&at(""), get(newest))
            .route(&at("mails/{number}"), get(|kept, mail| side(kept, mail, Side::Html)))
            .route(&at("mails/{number}/text"), get(|kept, mail| side(kept, mail, Side::Text)))
            .route(&at("mails/{number}/source"), get(|kept, mail| side(kept, mail, Side::Source)))
            .route(&at("mails/{number}/body.html"), get(body))
            .route(&at("mails/{number}/message.eml"), get(message))
            .route(&at("arrived"), get(arrived))
            .route(&at("mailbox.css"), get(|| file("text/css; charset=utf-8", STYLE)))
            .route(&at("mailbox.js"), get(|| file("text/javascript; charset=utf-8", SCRIPT)))
            .layer(middleware::from_fn_with_state(port, guard))
            .with_state(self.clone())
    }
}

async fn newest(State(mailbox): State<Mailbox>) -> Response {
    let mail = mailbox.latest();
    shown(view::page(&mailbox, mail.as_deref().map(|mail| (mail, Side::Html)), true))
}

async fn side(State(mailbox): State<Mailbox>, Path(number): Path<u64>, side: Side) -> Response {
    let Some(mail) = mailbox.mail(number) else { return gone() };
    shown(view::page(&mailbox, Some((&mail, side)), false))
}

/// The HTML of a mail, for the frame. Its links open in new windows.
async fn body(State(mailbox): State<Mailbox>, Path(number): Path<u64>) -> Response {
    let Some(kept) = mailbox.mail(number) else { return gone() };
    let html = kept.mail.rendered.page().replacen("<head>", "<head><base target=\"_blank\">", 1);
    ([(CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(html)).into_response()
}

async fn message(State(mailbox): State<Mailbox>, Path(number): Path<u64>) -> Response {
    let Some(kept) = mailbox.mail(number) else { return gone() };
    let headers = [
        (CONTENT_TYPE, "message/rfc822".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"mail-{number}.eml\"")),
    ];
    (headers, kept.mail.raw.clone()).into_response()
}

/// How many mails came, for the script that looks for new ones.
async fn arrived(State(mailbox): State<Mailbox>) -> String {
    mailbox.arrived().to_string()
}

async fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type)], content)
}

fn shown(page: Result<String, handlebars::RenderError>) -> Response {
    match page {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            tracing::error!(error = %error.reason(), "the mailbox page can't be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, "This mail is not here any more.\n").into_response()
}
