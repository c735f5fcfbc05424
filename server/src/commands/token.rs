//! `passlink token`.

use passlink_application::callers::{NewToken, RevokedToken};
use passlink_domain::Token;
use serde::Serialize;

use super::{open, print, print_text};
use crate::{Error, cli::TokenCommand, config::Config};

/// A token as printed: all that is known of it, which is not the token itself.
#[derive(Serialize)]
struct Line<'t> {
    id: &'t str,
    user: &'t str,
    name: Option<&'t str>,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
}

/// A token that was revoked as printed, with how many open links ended by that.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RevokedLine<'t> {
    #[serde(flatten)]
    token: Line<'t>,
    links_ended: u64,
}

impl<'t> From<&'t Token> for Line<'t> {
    fn from(token: &'t Token) -> Self {
        Self {
            id: token.id.as_str(),
            user: token.user.as_str(),
            name: token.name.as_ref().map(|name| name.as_str()),
            created: token.created.to_string(),
            expires: token.expires.map(|at| at.to_string()),
            revoked: token.revoked.map(|at| at.to_string()),
        }
    }
}

pub(crate) async fn run(command: TokenCommand, config: Config) -> Result<(), Error> {
    let tokens = open(config).await?.tokens();
    match command {
        TokenCommand::Create { user, expires_in, name } => {
            let new = NewToken { user, name, lifetime: Some(expires_in) };
            let (token, bearer) = tokens.create(new).await?;
            print_text(&format!("{}\n", bearer.expose()))?;
            eprintln!("token {} is shown this once; keep it safe", token.id);
            Ok(())
        }
        TokenCommand::List { user } => {
            for token in tokens.list(user).await? {
                print(&Line::from(&token))?;
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            let RevokedToken { token, mailed, returned } = tokens.revoke(id).await?;
            print(&RevokedLine { token: Line::from(&token), links_ended: mailed + returned })
        }
    }
}
