//! `passlink token`.

use passlink_application::callers::{ManageTokens, NewToken, RevokedToken};
use passlink_domain::Token;
use serde_json::{Value, json};

use super::{extended, open, print, print_text};
use crate::{
    Error,
    cli::{OfUser, TokenCommand},
    config::Config,
};

/// A token as printed: all that is known of it, which is not the token itself.
fn line(token: &Token) -> Value {
    json!({
        "id": token.id.as_str(),
        "user": token.user.as_str(),
        "name": token.name.as_ref().map(|name| name.as_str()),
        "created": token.created.to_string(),
        "expires": token.expires.map(|at| at.to_string()),
        "revoked": token.revoked.map(|at| at.to_string()),
    })
}

pub(crate) async fn run(command: TokenCommand, config: Config) -> Result<(), Error> {
    let tokens = ManageTokens(open(config).await?.ports());
    match command {
        TokenCommand::Create { user, expires_in, name } => {
            let new = NewToken { user, name, lifetime: Some(expires_in) };
            let (token, bearer) = tokens.create(new).await?;
            print_text(&format!("{}\n", bearer.expose()))?;
            eprintln!("token {} is shown this once; keep it safe", token.id);
            Ok(())
        }
        TokenCommand::List(OfUser { user }) => {
            for token in tokens.list(user).await? {
                print(&line(&token))?;
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            let RevokedToken { token, mailed, returned } = tokens.revoke(id).await?;
            print(&extended(line(&token), json!({ "linksEnded": mailed + returned })))
        }
    }
}
