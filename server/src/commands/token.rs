//! `passlink token`.

use std::{
    io::{self, Read},
    sync::Arc,
};

use passlink_application::{
    callers::{Inspected, Inspection, ManageTokens, NewToken, RevokedToken, TokensOf},
    domains::Domain,
    links::PublicUrl,
};
use passlink_domain::{BearerToken, Holder, Reach, Token};
use serde_json::{Value, json};

use super::{extended, open, print, print_text};
use crate::{
    Error,
    cli::{TokenCommand, TokenHolder, default_reach},
    config::Config,
    wiring::one_place,
};

/// Longest token that is read from stdin, in octets.
const LONGEST: u64 = 64 * 1024;

/// A token as printed: all that is known of it, which is not the token itself.
fn line(token: &Token) -> Value {
    let times = json!({
        "name": token.name.as_ref().map(|name| name.as_str()),
        "permissions": token.permissions.names().collect::<Vec<_>>(),
        "created": token.created.to_string(),
        "expires": token.expires.map(|at| at.to_string()),
        "revoked": token.revoked.map(|at| at.to_string()),
    });
    let line = extended(json!({ "id": token.id.as_str() }), holder(&token.holder));
    let line = extended(line, times);
    match &token.holder {
        Holder::Person(_) => line,
        Holder::Service { .. } => {
            extended(line, json!({ "lastUsed": token.last_used.map(|at| at.to_string()) }))
        }
    }
}

fn holder(holder: &Holder) -> Value {
    match holder {
        Holder::Person(user) => json!({ "user": user.as_str() }),
        Holder::Service { name, reach } => {
            json!({ "service": name.as_str(), "organisation": reach.as_str() })
        }
    }
}

pub(crate) async fn run(command: TokenCommand, config: Config) -> Result<(), Error> {
    let app = open(config).await?;
    let tokens = ManageTokens(app.ports());
    match command {
        TokenCommand::Create { holder, organisation, permissions, expires_in, name } => {
            let reach = organisation.map_or_else(default_reach, Ok)?;
            let holder = named_holder(holder, reach)?;
            let permissions = permissions.into_iter().collect();
            let new = NewToken { holder, permissions, name, lifetime: Some(expires_in) };
            let (token, bearer) = tokens.create(new).await?;
            print_text(&format!("{}\n", bearer.expose()))?;
            eprintln!("token {} is shown this once; keep it safe", token.id);
            if token.permissions.is_empty() && token.holder.person().is_none() {
                eprintln!("warning: without --permission, the service may do nothing");
            }
            Ok(())
        }
        TokenCommand::List(holder) => {
            let of = match (holder.user, holder.service) {
                (Some(user), _) => TokensOf::User(user),
                (None, Some(service)) => TokensOf::Service(service),
                (None, None) => return Err(NO_HOLDER.into()),
            };
            for token in tokens.list(of).await? {
                print(&line(&token))?;
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            let RevokedToken { token, mailed, returned } = tokens.revoke(id).await?;
            print(&extended(line(&token), json!({ "linksEnded": mailed + returned })))
        }
        TokenCommand::Inspect(domain) => {
            let mut text = String::new();
            io::stdin().take(LONGEST).read_to_string(&mut text)?;
            let token = BearerToken::presented(text.trim())?;
            let at = asked_at(&app.config, domain.host.as_deref())?;
            let found = app.callers(app.issuers()?, at).inspect(&token).await?;
            print(&inspected(&found))
        }
    }
}

/// The domain that looks at a token. Where none is named, it is one that serves everybody; but only a
/// domain says which of several issuers is asked about a token that can't be read.
fn asked_at(config: &Config, name: Option<&str>) -> Result<Arc<Domain>, Error> {
    let issuers = config.identity.issuers.iter();
    let asking = issuers.filter(|issuer| issuer.introspection_client_id.is_some()).count();
    match name {
        None if asking < 2 => Ok(Domain::alone(PublicUrl::new(&config.server.public_url)?)),
        name => Ok(one_place(config, name)?.domain),
    }
}

fn inspected(found: &Inspected) -> Value {
    let organisation = found.organisation.as_ref().map(|id| id.as_str());
    let who = match &found.speaks_for {
        Inspection::User(user) => json!({
            "user": user.id.as_str(),
            "state": user.state.name(),
            "organisation": user.organisation.as_str(),
        }),
        Inspection::Service(service) => holder(service),
        Inspection::Newcomer => {
            json!({ "user": null, "organisation": organisation, "wouldBeAdded": true })
        }
    };
    let identity = found.identity.as_ref();
    let more = json!({
        "permissions": found.permissions.names().collect::<Vec<_>>(),
        "issuer": identity.map(|identity| identity.issuer.as_str()),
        "subject": identity.map(|identity| identity.subject.as_str()),
        "signedIn": found.authenticated.map(|at| at.to_string()),
    });
    extended(who, more)
}

const NO_HOLDER: &str = "one of --user and --service must be given";

fn named_holder(holder: TokenHolder, reach: Reach) -> Result<Holder, Error> {
    match (holder.user, holder.service) {
        (Some(user), _) => Ok(Holder::Person(user)),
        (None, Some(name)) => Ok(Holder::Service { name, reach }),
        (None, None) => Err(NO_HOLDER.into()),
    }
}
