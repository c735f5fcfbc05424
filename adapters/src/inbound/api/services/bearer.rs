//! The `Authorization` header (RFC 6750, section 2.1), and what its token permits.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use connectrpc::RequestContext;
use http::header::AUTHORIZATION;
use passlink_application::{
    callers::{Acting, Asked, Asker, Caller, CallerError, Callers, PendingToken},
    limits::{ClientAddress, Limiter, TooMany},
};
use passlink_domain::{BearerToken, Holder, Permission, Text, UserId};

use super::{error_table::ApiError, failure::Failure, fields::client};
use crate::telemetry::trace_scope::TraceScope;

/// Who calls. Wrong tokens are counted; a right one holds however many wrong ones came before, but a client
/// over the limit has no issuer asked about tokens that were not seen before.
#[derive(Clone)]
pub struct Bearers {
    pub callers: Callers,
    pub wrong: Arc<Limiter>,
}

impl Bearers {
    /// The caller, by the one bearer token that the request must carry, as one who acts for the user; for
    /// themselves where no user is named.
    pub(crate) async fn acting(
        &self,
        context: &RequestContext,
        user: Option<&UserId>,
        permission: Permission,
    ) -> Result<Acting, Failure> {
        self.grant(presented(context)?, context, &Asked::to_act(user, permission)).await
    }

    /// What the caller may do who has this token. `None` stands for what can't be a token, and counts as a wrong
    /// one.
    async fn grant<Grant>(
        &self,
        token: Option<BearerToken>,
        context: &RequestContext,
        asked: &Asked<Grant>,
    ) -> Result<Grant, Failure> {
        let caller = self.caller_by(token, context, asked.about.as_ref()).await?;
        Ok(asked.grant(&self.callers, caller)?)
    }

    async fn caller_by(
        &self,
        token: Option<BearerToken>,
        context: &RequestContext,
        user: Option<&UserId>,
    ) -> Result<Caller, Failure> {
        let (this, client) = (self.clone(), client(context));
        let caller = match token {
            Some(token) if token.is_ours() => this.caller(token, client).await?,
            Some(token) => {
                // To its end, also when the client leaves: else a wrong token would not be counted, and a
                // question to its issuer would be asked again.
                let asking = TraceScope::here().run(this.caller(token, client));
                let asked = tokio::spawn(asking).await;
                asked.map_err(|error| Failure::because(ApiError::Internal, error))??
            }
            None => {
                this.count(client)?;
                return Err(ApiError::AuthInvalid.into());
            }
        };
        if let Some(noted) = context.extensions().get::<NotedCaller>() {
            noted.note(&caller.holder, user);
        }
        Ok(caller)
    }

    /// Does what the caller asks for, where that writes. Whoever has no right token must not hold up others: the
    /// token is looked up first while somebody writes, and for clients that have sent too many wrong ones.
    ///
    /// Why: `docs/decisions/sqlite-threads.md`.
    pub(crate) async fn write<Grant: Clone, T, E: Into<Failure>>(
        &self,
        context: &RequestContext,
        asked: Asked<Grant>,
        write: impl AsyncFnOnce(Asker<Grant>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let is_trusted = || client(context).is_none_or(|it| self.wrong.has_room_for(it));
        if self.callers.ports.store.has_idle_writer() && is_trusted() {
            return self.in_one_turn(context, asked, write).await;
        }
        let grant = self.grant(presented(context)?, context, &asked).await?;
        write(Asker::Known(grant)).await.map_err(Into::into)
    }

    /// Does what the caller asks for. A token that was made here is looked up in the turn of the database in
    /// which `act` does its work, any other one before.
    pub(crate) async fn in_one_turn<Grant: Clone, T, E: Into<Failure>>(
        &self,
        context: &RequestContext,
        asked: Asked<Grant>,
        act: impl AsyncFnOnce(Asker<Grant>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let token = match presented(context)? {
            Some(token) if token.is_ours() => token,
            token => {
                let grant = self.grant(token, context, &asked).await?;
                return act(Asker::Known(grant)).await.map_err(Into::into);
            }
        };
        let noted = context.extensions().get::<NotedCaller>().cloned();
        let about = asked.about.clone();
        let on_found = move |caller: &Caller| {
            if let Some(noted) = &noted {
                noted.note(&caller.holder, about.as_ref());
            }
        };
        let token = Arc::new(PendingToken::new(self.callers.clone(), &token, asked, on_found));
        let done = act(Asker::Token(token.clone())).await;
        if done.is_err() {
            match token.holds() {
                Some(true) => {}
                Some(false) => self.count(client(context))?,
                // What failed before it came to the token says nothing about that.
                None => drop(self.grant(presented(context)?, context, token.asked()).await?),
            }
        }
        token.note_use().await;
        done.map_err(Into::into)
    }

    /// Who calls. A wrong token is counted for the client, and so is a question that brought no answer.
    async fn caller(
        self,
        token: BearerToken,
        client: Option<ClientAddress>,
    ) -> Result<Caller, Failure> {
        let asked = AtomicBool::new(false);
        let may_ask = || {
            asked.store(true, Ordering::Relaxed);
            client.is_none_or(|client| self.wrong.has_room_for(client))
        };
        let caller = self.callers.caller(&token, &may_ask).await;
        match &caller {
            Err(CallerError::Invalid(_)) => self.count(client)?,
            Err(CallerError::Unavailable(_)) if asked.load(Ordering::Relaxed) => {
                // The caller is told that it can't be had; a limit that is reached shows next time.
                let _ = self.count(client);
            }
            _ => {}
        }
        Ok(caller?)
    }

    fn count(&self, client: Option<ClientAddress>) -> Result<(), TooMany> {
        client.map_or(Ok(()), |client| self.wrong.count_client(client))
    }
}

/// Who calls, once that is known. The request carries it, for its log line and span.
#[derive(Clone, Default)]
pub(crate) struct NotedCaller(Arc<OnceLock<(Option<UserId>, Option<Text>)>>);

impl NotedCaller {
    fn note(&self, holder: &Holder, user: Option<&UserId>) {
        self.0.get_or_init(|| match holder {
            Holder::Person(own) => (Some(own.clone()), None),
            Holder::Service { name, .. } => (user.cloned(), Some(name.clone())),
        });
    }

    /// The person who calls, or the user whom a service calls for.
    pub fn user(&self) -> Option<&str> {
        self.0.get()?.0.as_ref().map(UserId::as_str)
    }

    pub fn service(&self) -> Option<&str> {
        self.0.get()?.1.as_ref().map(Text::as_str)
    }
}

/// The token of the request, if what it carries can be one.
fn presented(context: &RequestContext) -> Result<Option<BearerToken>, ApiError> {
    let mut headers = context.headers().get_all(AUTHORIZATION).iter();
    let header = headers.next().ok_or(ApiError::AuthMissing)?;
    if headers.next().is_some() {
        return Ok(None);
    }
    Ok(header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| BearerToken::presented(token.trim()).ok()))
}
