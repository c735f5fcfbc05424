use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl Links for State {
    async fn recent_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        limit: u32,
    ) -> Result<RecentLinks, StoreError> {
        let mut recent: Vec<_> =
            self.links.iter().filter(|link| link.user == *user && link.requested > since).collect();
        recent.sort_by_key(|link| std::cmp::Reverse(link.requested));
        recent.truncate(limit as usize);
        let mailed = recent.iter().find(|link| link.delivery != Delivery::Returned);
        Ok(RecentLinks {
            requested: recent.iter().map(|link| link.requested).collect(),
            last_mailed: mailed.map(|link| link.requested),
        })
    }

    async fn open_returned_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OpenLink>, StoreError> {
        let open = self.links.iter().filter(|link| {
            link.user == *user
                && link.delivery == Delivery::Returned
                && link.requested > since
                && link.is_open_at(now)
        });
        let open = open.map(|link| OpenLink { requested: link.requested, expires: link.expires });
        Ok(open.take(limit).collect())
    }

    async fn set_requested_before(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ahead =
            self.links.iter_mut().filter(|link| link.user == *user && link.requested >= now);
        ahead.for_each(|link| link.requested = now - Duration::from_millis(1));
        Ok(())
    }

    async fn links_of(
        &mut self,
        user: &UserId,
        after: Option<&LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, StoreError> {
        let mut links = self.links.clone();
        links.retain(|link| link.user == *user);
        links.sort_by(|a, b| (a.requested, &a.id).cmp(&(b.requested, &b.id)));
        let last = links.iter().position(|link| Some(&link.id) == after);
        links.drain(..last.map_or(0, |last| last + 1));
        links.truncate(limit as usize);
        Ok(links)
    }

    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError> {
        self.links.push(link.clone());
        Ok(())
    }

    async fn link(&mut self, id: &LinkId) -> Result<Option<PasskeyLink>, StoreError> {
        Ok(self.link_mut(id).cloned())
    }

    async fn some_links(&mut self, ids: &[LinkId]) -> Result<Vec<PasskeyLink>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.link_mut(id).cloned()).collect())
    }

    async fn move_link(
        &mut self,
        id: &LinkId,
        from: LinkState,
        to: LinkState,
    ) -> Result<bool, StoreError> {
        let link = self.link_mut(id).filter(|link| link.state == from);
        Ok(link.map(|link| link.state = to).is_some())
    }

    async fn mark_resent(&mut self, id: &LinkId, now: Timestamp) -> Result<bool, StoreError> {
        let expired = self
            .link_mut(id)
            .is_some_and(|link| link.clone().seen_at(now).state == LinkState::Expired);
        Ok(expired && self.resent.insert(id.to_string()))
    }

    async fn end_link(
        &mut self,
        id: &LinkId,
        to: LinkState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let link = self.link_mut(id).filter(|link| link.is_open_at(now));
        Ok(link.map(|link| link.state = to).is_some())
    }

    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<u64, StoreError> {
        // As it is kept: a clock that was set back may have moved it.
        let Some(requested) = self.link_mut(&newer.id).map(|link| link.requested) else {
            return Ok(0);
        };
        let older = self.links.iter_mut().filter(|link| {
            link.user == newer.user
                && link.delivery != Delivery::Returned
                && link.requested < requested
                && !link.state.is_final()
        });
        Ok(older.map(|link| link.state = LinkState::Replaced).count() as u64)
    }

    async fn expire_links(
        &mut self,
        kind: LinkKind,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<LinkId>, StoreError> {
        let late = self.links.iter_mut().filter(|link| {
            link.delivery.kind() == kind && !link.state.is_final() && link.expires <= now
        });
        let expired = late.take(limit as usize).map(|link| {
            link.state = LinkState::Expired;
            link.id.clone()
        });
        Ok(expired.collect())
    }

    async fn revoke_links_of_sessions(
        &mut self,
        user: &UserId,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let is_by = |session: &Session| {
            let factor = session.factor.as_ref();
            factor.is_some_and(|it| it.user == *user)
        };
        let sessions = self.sessions.iter().map(|(session, _)| session);
        let tokens: Vec<_> =
            sessions.filter(|it| is_by(it)).map(|session| TokenId::from(&session.id)).collect();
        let mut count = 0;
        for token in tokens {
            count += self.revoke_links_of_token(&token, kind, now).await?;
        }
        Ok(count)
    }

    async fn revoke_links_of_token(
        &mut self,
        token: &TokenId,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let open = self.links.iter_mut().filter(|link| {
            link.token.as_ref() == Some(token)
                && link.delivery.kind() == kind
                && link.is_open_at(now)
        });
        Ok(open.map(|link| link.state = LinkState::Revoked).count() as u64)
    }

    async fn revoke_open_links(&mut self, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        let open = self.links.iter_mut().filter(|link| link.user == *user && link.is_open_at(now));
        open.for_each(|link| link.state = LinkState::Revoked);
        Ok(())
    }

    async fn delete_links_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.links.retain(|link| link.user != *user);
        Ok(())
    }
}
