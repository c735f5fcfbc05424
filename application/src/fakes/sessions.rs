use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

impl State {
    fn live_session(&mut self, id: &SessionId) -> Option<&mut (Session, TokenHash)> {
        self.sessions.iter_mut().find(|(it, _)| it.id == *id && it.ended.is_none())
    }
}

fn shown_user(session: &Session) -> Option<&UserId> {
    session.user().map(|(user, _)| user)
}

impl SessionSearch {
    fn finds(&self, session: &Session) -> bool {
        let is_among = match (&self.among, &session.reach) {
            (SessionsAmong::User(user, within), reach) => {
                let is_within =
                    |within: &OrganisationId| *reach == Reach::Organisation(within.clone());
                session.factor.as_ref().is_some_and(|factor| factor.user == *user)
                    && within.as_ref().is_none_or(is_within)
            }
            (SessionsAmong::Organisations(these), Reach::All) => {
                matches!(these, Organisations::AllBut(_))
            }
            (SessionsAmong::Organisations(these), Reach::Organisation(it)) => these.include(it),
        };
        let created = |(how, at): &(Comparison, Timestamp)| how.holds(session.created, *at);
        is_among
            && session.holds_at(self.now)
            && !self.other_rp_ids.contains(&session.rp_id)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&session.id))
            && self.user.as_ref().is_none_or(|user| shown_user(session) == Some(user))
            && self.created.iter().all(created)
    }
}

#[async_trait]
impl Sessions for State {
    async fn add_session(&mut self, session: &Session, token: &TokenHash) -> StoreResult<()> {
        self.sessions.push((session.clone(), token.clone()));
        Ok(())
    }

    async fn session(&mut self, id: &SessionId) -> StoreResult<Option<Session>> {
        let found = self.sessions.iter().find(|(session, _)| session.id == *id);
        Ok(found.map(|(session, _)| session.clone()))
    }

    async fn session_for_update(&mut self, id: &SessionId) -> StoreResult<Option<Session>> {
        Sessions::session(self, id).await
    }

    async fn session_for_share(&mut self, id: &SessionId) -> StoreResult<Option<Session>> {
        Sessions::session(self, id).await
    }

    async fn session_by_token(&mut self, token: &TokenHash) -> StoreResult<Option<Session>> {
        let mut sessions = self.sessions.iter();
        let found = sessions.find(|(session, hash)| {
            token.session() == Some(&session.id)
                && token.matches(hash.as_bytes())
                && session.ended.is_none()
        });
        Ok(found.map(|(session, _)| session.clone()))
    }

    async fn change_session(&mut self, session: &Session, token: &TokenHash) -> StoreResult<()> {
        if let Some((there, hash)) = self.live_session(&session.id) {
            let (created, user_agent) = (there.created, there.user_agent.clone());
            *there = Session { created, user_agent, ..session.clone() };
            *hash = token.clone();
        }
        Ok(())
    }

    async fn end_challenge(&mut self, id: &SessionId) -> StoreResult<()> {
        if let Some((session, _)) = self.live_session(id) {
            session.challenge = None;
        }
        Ok(())
    }

    async fn end_session(&mut self, id: &SessionId, at: Timestamp) -> StoreResult<bool> {
        let ended = self.live_session(id).map(|(session, _)| session.ended = Some(at));
        Ok(ended.is_some())
    }

    async fn end_sessions_of(
        &mut self,
        user: &UserId,
        passkey: Option<&PasskeyId>,
        at: Timestamp,
    ) -> StoreResult<u64> {
        let is_of = |session: &Session| {
            let by = session.factor.as_ref().map(|factor| &factor.passkey);
            shown_user(session) == Some(user) && (passkey.is_none() || by == passkey)
        };
        let mut count = 0;
        for (session, _) in &mut self.sessions {
            if session.ended.is_none() && is_of(session) {
                (session.ended, count) = (Some(at), count + 1);
            }
        }
        Ok(count)
    }

    async fn delete_sessions_of(&mut self, user: &UserId) -> StoreResult<()> {
        self.sessions.retain(|(session, _)| shown_user(session) != Some(user));
        for (session, _) in &mut self.sessions {
            if session.expected == Expected::LoginName(Some(user.clone())) {
                session.expected = Expected::LoginName(None);
            }
        }
        Ok(())
    }

    async fn find_sessions(&mut self, search: &SessionSearch) -> StoreResult<FoundSessions> {
        let sessions = self.sessions.iter().map(|(session, _)| session);
        let mut found: Vec<_> = sessions.filter(|it| search.finds(it)).cloned().collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        if !search.ascending {
            found.reverse();
        }
        let total = found.len() as u64;
        let page = found.into_iter().skip(search.offset as usize).take(search.limit as usize);
        Ok(FoundSessions { sessions: page.collect(), total })
    }
}
