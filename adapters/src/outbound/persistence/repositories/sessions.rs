//! Sessions.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use passlink_application::ports::{
    Comparison, FoundSessions, SessionSearch, Sessions, SessionsAmong, StoreError,
};
use passlink_domain::{
    Expected, Metadata, Organisations, PasskeyFactor, PasskeyId, Session, SessionChallenge,
    SessionId, TokenHash, UserAgent, UserId,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, IntoCondition},
};
use serde::{Deserialize, Serialize};

use super::{Sql, instant, parsed, parsed_if_any, prepared::Prepared};
use crate::outbound::persistence::{
    entities::sessions::{ActiveModel, Column, Entity, Model},
    error::bad_row,
};

/// What is kept of whom a session expects.
const ANYBODY: &str = "anybody";
const USER: &str = "user";
const LOGIN_NAME: &str = "login_name";

/// How the id of a named user begins where there is none: as no id does.
const NOBODY: char = ' ';

/// [`UserAgent`], as it is kept.
#[derive(Serialize, Deserialize)]
struct Agent {
    fingerprint_id: Option<String>,
    ip: Option<String>,
    description: Option<String>,
    header: BTreeMap<String, Vec<String>>,
}

fn session(row: Model) -> Result<Session, StoreError> {
    let user: Option<UserId> = parsed_if_any(row.user_id)?;
    let expected = match (&*row.expects, &user, row.checked_at) {
        (ANYBODY, ..) => Expected::Anybody,
        (USER, Some(id), Some(at)) => Expected::User { id: id.clone(), checked: instant(at)? },
        (LOGIN_NAME, ..) => {
            let named = row.named_user_id.filter(|id| !id.is_empty() && !id.starts_with(NOBODY));
            Expected::LoginName(parsed_if_any(named)?)
        }
        _ => return Err(bad_row("a session that expects nobody it knows")),
    };
    let factor = match (user, row.passkey_id, row.verified_at) {
        (Some(user), Some(passkey), Some(at)) => Some(PasskeyFactor {
            user,
            passkey: parsed(&passkey)?,
            verified: instant(at)?,
            user_verified: row.user_verified,
        }),
        _ => None,
    };
    let asked = (row.challenge_key_id, row.challenge_user_verification, row.challenge_expires_at);
    let challenge = match asked {
        (Some(key), Some(policy), Some(expires)) => Some(SessionChallenge {
            key: parsed(&key)?,
            number: row.challenge_number.try_into().map_err(bad_row)?,
            user_verification: parsed(&policy)?,
            host: row.challenge_host,
            expires: instant(expires)?,
        }),
        _ => None,
    };
    Ok(Session {
        id: parsed(&row.id)?,
        reach: parsed(&row.organisation)?,
        rp_id: row.rp_id,
        expected,
        factor,
        challenge,
        metadata: metadata(&row.metadata)?,
        user_agent: row.user_agent.as_deref().map(user_agent).transpose()?,
        created: instant(row.created_at)?,
        changed: instant(row.changed_at)?,
        expires: instant(row.expires_at)?,
        ended: row.ended_at.map(instant).transpose()?,
        sequence: row.sequence.try_into().map_err(bad_row)?,
    })
}

fn metadata(json: &str) -> Result<Metadata, StoreError> {
    let values: BTreeMap<String, String> = serde_json::from_str(json).map_err(bad_row)?;
    let octets = |(key, value)| Ok((key, BASE64_STANDARD.decode(value).map_err(bad_row)?));
    Ok(Metadata::recorded(values.into_iter().map(octets).collect::<Result<_, StoreError>>()?))
}

fn user_agent(json: &str) -> Result<UserAgent, StoreError> {
    let Agent { fingerprint_id, ip, description, header } =
        serde_json::from_str(json).map_err(bad_row)?;
    Ok(UserAgent { fingerprint_id, ip, description, header })
}

/// What is written in place of a user's id: it stands at any place of the index, as those do, so that it takes as
/// long. The end of a session's id is random.
fn nobody(session: &Session) -> String {
    [NOBODY].into_iter().chain(session.id.as_str().chars().rev()).collect()
}

/// The columns that a change of the session can change.
fn changeable(session: &Session, token: &TokenHash) -> Result<ActiveModel, StoreError> {
    let (expects, named, checked) = match &session.expected {
        Expected::Anybody => (ANYBODY, None, None),
        Expected::User { checked, .. } => (USER, None, Some(*checked)),
        Expected::LoginName(None) => (LOGIN_NAME, Some(nobody(session)), None),
        Expected::LoginName(Some(user)) => (LOGIN_NAME, Some(user.to_string()), None),
    };
    let (factor, challenge) = (session.factor.as_ref(), session.challenge.as_ref());
    let number = challenge.map_or(0, |challenge| challenge.number);
    let values = session.metadata.values().iter();
    let values: BTreeMap<_, _> =
        values.map(|(key, value)| (key, BASE64_STANDARD.encode(value))).collect();
    Ok(ActiveModel {
        organisation: Set(session.reach.as_str().to_owned()),
        expects: Set(expects.to_owned()),
        named_user_id: Set(named),
        user_id: Set(session.user().map(|(user, _)| user.to_string())),
        checked_at: Set(checked.map(Timestamp::as_millisecond)),
        passkey_id: Set(factor.map(|factor| factor.passkey.to_string())),
        verified_at: Set(factor.map(|factor| factor.verified.as_millisecond())),
        user_verified: Set(factor.is_some_and(|factor| factor.user_verified)),
        token_hash: Set(Some(token.as_bytes().to_vec())),
        challenge_key_id: Set(challenge.map(|challenge| challenge.key.to_string())),
        challenge_number: Set(number.try_into().map_err(bad_row)?),
        challenge_user_verification: Set(
            challenge.map(|challenge| challenge.user_verification.name().to_owned())
        ),
        challenge_host: Set(challenge.and_then(|challenge| challenge.host.clone())),
        challenge_expires_at: Set(challenge.map(|challenge| challenge.expires.as_millisecond())),
        metadata: Set(serde_json::to_string(&values).map_err(bad_row)?),
        changed_at: Set(session.changed.as_millisecond()),
        expires_at: Set(session.expires.as_millisecond()),
        sequence: Set(session.sequence.try_into().map_err(bad_row)?),
        ..Default::default()
    })
}

static BY_ID: Prepared<Entity> = Prepared::new(find_by_id);

fn find_by_id() -> Select<Entity> {
    Entity::find_by_id("")
}

/// Whether the session has not ended.
fn is_live() -> Expr {
    Column::EndedAt.is_null()
}

#[async_trait]
impl<C: ConnectionTrait> Sessions for Sql<'_, C> {
    async fn add_session(
        &mut self,
        session: &Session,
        token: &TokenHash,
    ) -> Result<(), StoreError> {
        let agent = session.user_agent.clone().map(|agent| {
            let UserAgent { fingerprint_id, ip, description, header } = agent;
            serde_json::to_string(&Agent { fingerprint_id, ip, description, header })
        });
        let row = ActiveModel {
            id: Set(session.id.to_string()),
            rp_id: Set(session.rp_id.clone()),
            user_agent: Set(agent.transpose().map_err(bad_row)?),
            created_at: Set(session.created.as_millisecond()),
            ended_at: Set(session.ended.map(Timestamp::as_millisecond)),
            ..changeable(session, token)?
        };
        self.insert_all(vec![row]).await
    }

    async fn session(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.query(&BY_ID, [id.as_str().into()], session).await?.pop())
    }

    async fn session_for_update(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        static SESSION: Prepared<Entity> = Prepared::new(|| find_by_id().lock_exclusive());
        Ok(self.query(&SESSION, [id.as_str().into()], session).await?.pop())
    }

    async fn session_for_share(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        static SESSION: Prepared<Entity> = Prepared::new(|| find_by_id().lock_shared());
        Ok(self.query(&SESSION, [id.as_str().into()], session).await?.pop())
    }

    async fn session_by_token(&mut self, token: &TokenHash) -> Result<Option<Session>, StoreError> {
        let Some(id) = token.session() else { return Ok(None) };
        let with_hash = |row: Model| Ok((row.token_hash.clone(), session(row)?));
        let found = self.query(&BY_ID, [id.as_str().into()], with_hash).await?.pop();
        let found = found.filter(|(hash, _)| hash.as_ref().is_some_and(|it| token.matches(it)));
        Ok(found.map(|(_, session)| session))
    }

    async fn change_session(
        &mut self,
        session: &Session,
        token: &TokenHash,
    ) -> Result<(), StoreError> {
        let change = Entity::update_many()
            .set(changeable(session, token)?)
            .filter(Column::Id.eq(session.id.as_str()))
            .filter(is_live());
        self.update(change).await.map(drop)
    }

    async fn end_challenge(&mut self, id: &SessionId) -> Result<(), StoreError> {
        let ended = Entity::update_many()
            .col_expr(Column::ChallengeKeyId, Expr::value(Option::<String>::None))
            .filter(Column::Id.eq(id.as_str()))
            .filter(is_live());
        self.update(ended).await.map(drop)
    }

    async fn end_session(&mut self, id: &SessionId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.end_sessions(Column::Id.eq(id.as_str()).into_condition(), at).await? == 1)
    }

    async fn end_sessions_of(
        &mut self,
        user: &UserId,
        passkey: Option<&PasskeyId>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut of_user = Condition::all().add(Column::UserId.eq(user.as_str()));
        if let Some(passkey) = passkey {
            of_user = of_user.add(Column::PasskeyId.eq(passkey.as_str()));
        }
        self.end_sessions(of_user, at).await
    }

    async fn delete_sessions_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.delete::<Entity>(Column::UserId.eq(user.as_str())).await?;
        let forgotten = Entity::update_many()
            .col_expr(Column::NamedUserId, Expr::value(""))
            .filter(Column::NamedUserId.eq(user.as_str()));
        self.update(forgotten).await.map(drop)
    }

    async fn find_sessions(&mut self, search: &SessionSearch) -> Result<FoundSessions, StoreError> {
        let mut fits = fitting(search);
        if let Some(ids) = &search.ids {
            // An empty one names none.
            let ids = ids.iter().map(SessionId::as_str);
            fits = fits.add(self.among(Column::Id, ids));
        }
        let fits = Entity::find().filter(fits);
        let sorted = if search.ascending {
            fits.clone().order_by_asc(Column::Id)
        } else {
            fits.clone().order_by_desc(Column::Id)
        };
        let page = sorted.offset(search.offset).limit(search.limit);
        let sessions = self.all(page, session).await?;
        let found = sessions.len() as u64;
        // A page that isn't full is the last one, unless it lies behind that.
        let total = if found < search.limit && (found > 0 || search.offset == 0) {
            search.offset + found
        } else {
            self.count_sessions(fits).await?
        };
        Ok(FoundSessions { sessions, total })
    }
}

impl<C: ConnectionTrait> Sql<'_, C> {
    /// Ends sessions. Their tokens are gone then.
    async fn end_sessions(&mut self, which: Condition, at: Timestamp) -> Result<u64, StoreError> {
        let at = at.as_millisecond();
        let ended = Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(at))
            .col_expr(Column::ChangedAt, Expr::value(at))
            .col_expr(Column::Sequence, Expr::col(Column::Sequence).add(1))
            .col_expr(Column::TokenHash, Expr::value(Option::<Vec<u8>>::None))
            .filter(which)
            .filter(is_live());
        self.update(ended).await
    }

    async fn count_sessions(&mut self, rows: Select<Entity>) -> Result<u64, StoreError> {
        let db = self.own().await?;
        let counted = rows.select_only().column_as(Column::Id.count(), "counted");
        let counted = counted.into_tuple::<i64>().one(db).await;
        let counted = counted.map_err(|error| self.failed(error))?;
        counted.unwrap_or_default().try_into().map_err(bad_row)
    }
}

fn fitting(search: &SessionSearch) -> Condition {
    let among = match &search.among {
        SessionsAmong::User(user, within) => {
            let of_user = Column::UserId.eq(user.as_str()).and(Column::PasskeyId.is_not_null());
            let within = within.iter().map(|within| Column::Organisation.eq(within.as_str()));
            within.fold(of_user.into_condition(), Condition::add)
        }
        SessionsAmong::Organisations(Organisations::One(one)) => {
            Column::Organisation.eq(one.as_str()).into_condition()
        }
        SessionsAmong::Organisations(Organisations::AllBut(others)) => {
            let others = others.iter().map(|other| Column::Organisation.ne(other.as_str()));
            others.fold(Condition::all(), Condition::add)
        }
    };
    let mut all = Condition::all()
        .add(among)
        .add(is_live())
        .add(Column::ExpiresAt.gt(search.now.as_millisecond()));
    for other in &search.other_rp_ids {
        all = all.add(Column::RpId.ne(other.as_str()));
    }
    if let Some(user) = &search.user {
        all = all.add(Column::UserId.eq(user.as_str()));
    }
    for (how, at) in &search.created {
        let at = at.as_millisecond();
        all = all.add(match how {
            Comparison::Equals => Column::CreatedAt.eq(at),
            Comparison::Greater => Column::CreatedAt.gt(at),
            Comparison::GreaterOrEquals => Column::CreatedAt.gte(at),
            Comparison::Less => Column::CreatedAt.lt(at),
            Comparison::LessOrEquals => Column::CreatedAt.lte(at),
        });
    }
    all
}
