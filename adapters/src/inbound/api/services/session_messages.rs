//! Sessions in the terms of the API, and what requests ask for in those of the application.

use std::time::Duration;

use buffa_types::google::protobuf;
use passlink_application::{
    ports::Comparison,
    sessions::{ChallengeRequest, ListedSessions, SessionFilter, ShownSession, UserCheck},
};
use passlink_domain as domain;
use passlink_domain::{LoginName, UserVerification};

use super::{details::timestamp, error_table::ApiError, failure::Failure, fields::parse};
use crate::inbound::api::{
    proto::zitadel::{
        object::v2::{Details, ListDetails},
        session::v2::{
            __buffa::oneof::{check_user::Search, search_query::Query},
            *,
        },
        v1::TimestampQueryMethod,
    },
    protocols::whole_numbers,
};

/// How many sessions a list has where nobody says, and at the most.
const USUAL_PAGE: u32 = 100;
const LONGEST_PAGE: u32 = 1000;
/// What a list can be asked for at once.
const MOST_QUERIES: usize = 16;

/// Who is to sign in, and the assertion that signs them in.
pub(crate) fn checks(
    checks: Option<Checks>,
) -> Result<(Option<UserCheck>, Option<String>), ApiError> {
    let Some(checks) = checks else { return Ok((None, None)) };
    let others = [
        checks.password.is_set(),
        checks.idp_intent.is_set(),
        checks.totp.is_set(),
        checks.otp_sms.is_set(),
        checks.otp_email.is_set(),
    ];
    if others.contains(&true) {
        return Err(ApiError::Unimplemented);
    }
    let user = match checks.user.into_option().map(|user| user.search) {
        None => None,
        Some(Some(Search::UserId(id))) => Some(UserCheck::Id(parse("checks.user.user_id", &id)?)),
        Some(Some(Search::LoginName(name))) => {
            let name = LoginName::parse(&name);
            let name = name.map_err(|why| ApiError::invalid("checks.user.login_name", why))?;
            Some(UserCheck::LoginName(name))
        }
        Some(None) => {
            return Err(ApiError::invalid("checks.user", "must have a user_id or a login_name"));
        }
    };
    let assertion = match checks.web_auth_n.into_option() {
        None => None,
        Some(check) => {
            let data = check.credential_assertion_data.into_option();
            let field = "checks.web_auth_n.credential_assertion_data";
            let data = data.ok_or_else(|| ApiError::invalid(field, "must be given"))?;
            Some(whole_numbers::text(&data)?)
        }
    };
    Ok((user, assertion))
}

/// The challenge that is asked for.
pub(crate) fn challenge_request(
    request: Option<RequestChallenges>,
) -> Result<Option<ChallengeRequest>, ApiError> {
    let Some(request) = request else { return Ok(None) };
    if request.otp_sms.is_set() || request.otp_email.is_set() {
        return Err(ApiError::Unimplemented);
    }
    let Some(asked) = request.web_auth_n.into_option() else { return Ok(None) };
    use UserVerificationRequirement as Requirement;
    let user_verification = match asked.user_verification_requirement.as_known() {
        Some(
            Requirement::USER_VERIFICATION_REQUIREMENT_UNSPECIFIED
            | Requirement::USER_VERIFICATION_REQUIREMENT_REQUIRED,
        ) => UserVerification::Required,
        Some(Requirement::USER_VERIFICATION_REQUIREMENT_PREFERRED) => UserVerification::Preferred,
        Some(Requirement::USER_VERIFICATION_REQUIREMENT_DISCOURAGED) => {
            UserVerification::Discouraged
        }
        None => {
            let field = "challenges.web_auth_n.user_verification_requirement";
            return Err(ApiError::invalid(field, "must be a known one"));
        }
    };
    Ok(Some(ChallengeRequest { domain: asked.domain, user_verification }))
}

pub(crate) fn user_agent(agent: UserAgent) -> domain::UserAgent {
    let UserAgent { fingerprint_id, ip, description, header, .. } = agent;
    let header = header.into_iter().map(|(name, values)| (name, values.values)).collect();
    domain::UserAgent { fingerprint_id, ip, description, header }
}

pub(crate) fn lifetime(lifetime: Option<protobuf::Duration>) -> Result<Option<Duration>, ApiError> {
    let duration = |it: protobuf::Duration| {
        let (seconds, nanos) = (u64::try_from(it.seconds).ok()?, u32::try_from(it.nanos).ok()?);
        Duration::from_secs(seconds).checked_add(Duration::from_nanos(nanos.into()))
    };
    let too_short = || ApiError::invalid("lifetime", "must be more than 0 s and at most 30 days");
    lifetime.map(|lifetime| duration(lifetime).ok_or_else(too_short)).transpose()
}

/// What a list is asked for.
pub(crate) fn filter(request: ListSessionsRequest) -> Result<SessionFilter, ApiError> {
    let page = request.query.into_option().unwrap_or_default();
    if page.limit > LONGEST_PAGE {
        return Err(ApiError::invalid("query.limit", "must be at most 1000"));
    }
    if i64::try_from(page.offset).is_err() {
        return Err(ApiError::invalid("query.offset", "must be less than 2^63"));
    }
    let mut filter = SessionFilter {
        ascending: page.asc,
        offset: page.offset,
        limit: if page.limit == 0 { USUAL_PAGE } else { page.limit }.into(),
        ..SessionFilter::default()
    };
    if request.sorting_column.as_known().is_none() {
        return Err(ApiError::invalid("sorting_column", "must be a known one"));
    }
    if request.queries.len() > MOST_QUERIES {
        return Err(ApiError::invalid("queries", "must be at most 16"));
    }
    for query in request.queries {
        match query.query {
            Some(Query::IdsQuery(query)) => {
                if query.ids.len() > LONGEST_PAGE as usize {
                    return Err(ApiError::invalid("queries.ids_query.ids", "must be at most 1000"));
                }
                let ids = query.ids.iter().map(|id| parse("queries.ids_query.ids", id));
                let mut ids: std::collections::BTreeSet<_> = ids.collect::<Result<_, _>>()?;
                // Of several such queries, all hold.
                if let Some(before) = filter.ids {
                    ids = ids.intersection(&before).cloned().collect();
                }
                filter.ids = Some(ids);
            }
            Some(Query::UserIdQuery(query)) => {
                let user = parse("queries.user_id_query.id", &query.id)?;
                if filter.user.as_ref().is_some_and(|before| *before != user) {
                    filter.ids = Some(Default::default());
                }
                filter.user = Some(user);
            }
            Some(Query::CreationDateQuery(query)) => {
                let date = query.creation_date.into_option();
                let how = query.method.as_known().map(comparison);
                let field = "queries.creation_date_query";
                let given = date.and_then(instant).zip(how).ok_or_else(|| {
                    ApiError::invalid(field, "must have a creation_date and a known method")
                })?;
                filter.created.push((given.1, given.0));
            }
            Some(
                Query::CreatorQuery(_) | Query::UserAgentQuery(_) | Query::ExpirationDateQuery(_),
            ) => return Err(ApiError::Unimplemented),
            None => return Err(ApiError::invalid("queries", "must each hold a query")),
        }
    }
    Ok(filter)
}

fn comparison(method: TimestampQueryMethod) -> Comparison {
    match method {
        TimestampQueryMethod::TIMESTAMP_QUERY_METHOD_EQUALS => Comparison::Equals,
        TimestampQueryMethod::TIMESTAMP_QUERY_METHOD_GREATER => Comparison::Greater,
        TimestampQueryMethod::TIMESTAMP_QUERY_METHOD_GREATER_OR_EQUALS => {
            Comparison::GreaterOrEquals
        }
        TimestampQueryMethod::TIMESTAMP_QUERY_METHOD_LESS => Comparison::Less,
        TimestampQueryMethod::TIMESTAMP_QUERY_METHOD_LESS_OR_EQUALS => Comparison::LessOrEquals,
    }
}

fn instant(at: protobuf::Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(at.seconds, at.nanos).ok()
}

/// Details of a session: its own changes are counted.
pub(crate) fn details(session: &domain::Session) -> Details {
    let is_new = session.sequence == 1;
    Details {
        sequence: session.sequence,
        change_date: timestamp(session.changed).into(),
        creation_date: is_new.then(|| timestamp(session.created)).into(),
        resource_owner: session.reach.as_str().to_owned(),
        ..Default::default()
    }
}

pub(crate) fn list_details(listed: &ListedSessions) -> ListDetails {
    ListDetails {
        total_result: listed.total,
        timestamp: timestamp(listed.at).into(),
        ..Default::default()
    }
}

pub(crate) fn challenges(options: Option<String>) -> Result<Option<Challenges>, Failure> {
    let challenges = |options: String| {
        let web_auth_n = challenges::WebAuthN {
            public_key_credential_request_options: Some(whole_numbers::object(&options)?).into(),
            ..Default::default()
        };
        Ok(Challenges { web_auth_n: Some(web_auth_n).into(), ..Default::default() })
    };
    options.map(challenges).transpose()
}

pub(crate) fn shown(ShownSession { session, user }: ShownSession) -> Session {
    let user = session.user().zip(user).map(|((_, verified), user)| UserFactor {
        verified_at: timestamp(verified).into(),
        id: user.id.to_string(),
        login_name: user.username.to_string(),
        display_name: user.display_name.to_string(),
        organization_id: user.organisation.to_string(),
        ..Default::default()
    });
    let web_auth_n = session.factor.as_ref().map(|factor| WebAuthNFactor {
        verified_at: timestamp(factor.verified).into(),
        user_verified: factor.user_verified,
        ..Default::default()
    });
    let has_factors = user.is_some() || web_auth_n.is_some();
    let factors =
        Factors { user: user.into(), web_auth_n: web_auth_n.into(), ..Default::default() };
    let values = session.metadata.values().clone();
    Session {
        id: session.id.to_string(),
        creation_date: timestamp(session.created).into(),
        change_date: timestamp(session.changed).into(),
        sequence: session.sequence,
        factors: has_factors.then_some(factors).into(),
        metadata: values.into_iter().collect(),
        user_agent: session.user_agent.map(shown_agent).into(),
        expiration_date: timestamp(session.expires).into(),
        ..Default::default()
    }
}

fn shown_agent(agent: domain::UserAgent) -> UserAgent {
    let domain::UserAgent { fingerprint_id, ip, description, header } = agent;
    let values = |values| user_agent::HeaderValues { values, ..Default::default() };
    UserAgent {
        fingerprint_id,
        ip,
        description,
        header: header.into_iter().map(|(name, all)| (name, values(all))).collect(),
        ..Default::default()
    }
}
