//! `passlink link`.

use passlink_application::callers::Caller;
use passlink_domain::{Delivery, ObjectDetails, PasskeyLink};
use serde::Serialize;

use super::{PAGE, open, print, print_text, qr};
use crate::{Error, cli::LinkCommand, config::Config};

/// A link as printed: all that is known of it, which is not its code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'l> {
    id: &'l str,
    user: &'l str,
    mailed_to: Option<&'l str>,
    state: &'static str,
    requested: String,
    requested_by: Option<&'l str>,
    expires: String,
}

impl<'l> From<&'l PasskeyLink> for Line<'l> {
    fn from(link: &'l PasskeyLink) -> Self {
        Self {
            id: link.id.as_str(),
            user: link.user.as_str(),
            mailed_to: match &link.delivery {
                Delivery::Mail(address) => Some(address.as_str()),
                Delivery::Returned => None,
            },
            state: link.state.name(),
            requested: link.requested.to_string(),
            requested_by: link.requested_by.as_ref().map(|name| name.as_str()),
            expires: link.expires.to_string(),
        }
    }
}

/// A link that is mailed, and the change that it is, with the keys of the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'d> {
    #[serde(flatten)]
    link: Line<'d>,
    sequence: u64,
    change_date: String,
    resource_owner: &'d str,
}

impl<'d> From<&'d (PasskeyLink, ObjectDetails)> for Sent<'d> {
    fn from((link, details): &'d (PasskeyLink, ObjectDetails)) -> Self {
        Self {
            link: link.into(),
            sequence: details.sequence.get(),
            change_date: details.changed.to_string(),
            resource_owner: details.resource_owner.as_str(),
        }
    }
}

pub(crate) async fn run(command: LinkCommand, config: Config) -> Result<(), Error> {
    let app = open(config).await?;
    match command {
        LinkCommand::Create { user, send, qr } => {
            // This comes first: a link needs a key, and the first one makes the key file.
            let found = app.users().show(user.clone()).await?;
            found.active()?;
            let caller = Caller { user, token_name: None, token: None };
            if send {
                found.reachable_at()?;
                let sent = app.send_link().await?.send(None, caller).await?;
                return print(&Sent::from(&sent));
            }
            let added = app.add_link().await?.for_caller(caller).await?;
            if qr {
                qr::show(added.url.expose())?;
            }
            print_text(&format!("{}\n", added.url.expose()))
        }
        LinkCommand::List { user } => {
            let links = app.list_links();
            let mut last = None;
            loop {
                let page = links.page(user.clone(), last, PAGE).await?;
                for link in &page {
                    print(&Line::from(link))?;
                }
                match page.into_iter().next_back() {
                    Some(link) => last = Some(link.id),
                    None => return Ok(()),
                }
            }
        }
        LinkCommand::Revoke { id } => print(&Line::from(&app.revoke_link().revoke(id).await?)),
    }
}
