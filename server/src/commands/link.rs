//! `passlink link`.

use std::io::{self, Write};

use passlink_application::{
    callers::Acting,
    links::{ListLinks, RevokeLink},
    users::ManageUsers,
};
use passlink_domain::{Delivery, PasskeyLink};
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde_json::{Value, json};

use super::{PAGE, extended, open, print, print_pages, print_text};
use crate::{
    Error,
    cli::{LinkCommand, OfUser},
    config::Config,
    terminal,
};

/// Black on bright white, whatever the colours of the terminal: not every camera reads the reverse.
const COLOURS: &str = "\x1b[40;97m";
const NO_COLOURS: &str = "\x1b[0m";

/// A link as printed: all that is known of it, which is not its code.
fn line(link: &PasskeyLink) -> Value {
    let mailed_to = match &link.delivery {
        Delivery::Mail(address) => Some(address.as_str()),
        Delivery::Returned => None,
    };
    json!({
        "id": link.id.as_str(),
        "user": link.user.as_str(),
        "mailedTo": mailed_to,
        "state": link.state.name(),
        "requested": link.requested.to_string(),
        "requestedBy": link.requested_by.as_ref().map(|name| name.as_str()),
        "expires": link.expires.to_string(),
    })
}

pub(crate) async fn run(command: LinkCommand, config: Config) -> Result<(), Error> {
    let app = open(config).await?;
    match command {
        LinkCommand::Create { user, send, qr, domain } => {
            // This comes first: a link needs a key, and the first one makes the key file.
            let found = ManageUsers(app.ports()).show(user.clone()).await?;
            found.active()?;
            let place = app.place(domain.host.as_deref(), &found.organisation)?;
            let acting = Acting::operator(user);
            if send {
                found.reachable_at()?;
                let (link, change) = app.send_link(&place).await?.send(None, acting).await?;
                // With the keys of the API.
                let change = json!({
                    "sequence": change.sequence.get(),
                    "changeDate": change.changed.to_string(),
                    "resourceOwner": change.resource_owner.as_str(),
                });
                return print(&extended(line(&link), change));
            }
            let added = app.add_link(&place).await?.add(acting).await?;
            if qr {
                show_qr_code(added.url.expose())?;
            }
            print_text(&format!("{}\n", added.url.expose()))
        }
        LinkCommand::List(OfUser { user }) => {
            let links = ListLinks(app.ports());
            let page = async |last| links.page(user.clone(), last, PAGE).await;
            print_pages(page, |link| link.id.clone(), |link| line(&link)).await
        }
        LinkCommand::Revoke { id } => print(&line(&RevokeLink(app.ports()).revoke(id).await?)),
    }
}

fn show_qr_code(text: &str) -> Result<(), Error> {
    // Nothing dirties or tears a screen, and a small code fits on more of them.
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    // Two modules to a character; what is light in the code is drawn, as on a dark terminal.
    let (dark, light) = (Dense1x2::Light, Dense1x2::Dark);
    let picture = code.render::<Dense1x2>().dark_color(dark).light_color(light).build();
    let mut stderr = io::stderr().lock();
    let (before, after) = if terminal::shows_colours() { (COLOURS, NO_COLOURS) } else { ("", "") };
    for line in picture.lines() {
        writeln!(stderr, "{before}{line}{after}")?;
    }
    Ok(())
}
