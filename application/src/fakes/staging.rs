use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

/// Users who wait to be added to a world.
pub struct Waiting {
    world: Arc<World>,
    users: Vec<StagedUser>,
}

impl Waiting {
    pub fn new(world: Arc<World>) -> Self {
        Self { world, users: Vec::new() }
    }

    fn found(&self, what: impl Fn(&StagedUser) -> Option<Obstacle>, limit: usize) -> Obstacles {
        let all: Vec<_> =
            self.users.iter().filter_map(|user| Some((user.line, what(user)?))).collect();
        Obstacles { count: all.len() as u64, first: all.into_iter().take(limit).collect() }
    }

    /// The first line that is alike by `key`, if it is an earlier one.
    fn earlier<'w, K: Ord>(
        &'w self,
        key: impl Fn(&User) -> K,
    ) -> impl Fn(&StagedUser) -> Option<&'w StagedUser> {
        let mut first = BTreeMap::new();
        for it in &self.users {
            first.entry(key(&it.user)).or_insert(it);
        }
        move |it| first.get(&key(&it.user)).copied().filter(|first| first.line != it.line)
    }
}

/// What no two users have in common.
fn mailbox(user: &User) -> Option<(String, String)> {
    let email = user.email.as_ref()?;
    Some((user.organisation.to_string(), email.address.key()))
}

/// And this.
fn name(user: &User) -> Option<(String, LoginName)> {
    Some((user.organisation.to_string(), user.username_key()?))
}

#[async_trait]
impl Staging for Waiting {
    async fn stage(&mut self, users: &[StagedUser], _at: Timestamp) -> Result<(), StoreError> {
        self.users.extend_from_slice(users);
        Ok(())
    }

    async fn obstacles(&mut self, limit: usize) -> Result<Vec<Obstacles>, StoreError> {
        let there = self.world.state().users;
        let mailboxes: BTreeMap<_, _> =
            there.values().filter_map(|user| Some((mailbox(user)?, user))).collect();
        let names: BTreeMap<_, _> =
            there.values().filter_map(|user| Some((name(user)?, user))).collect();
        let earlier_id = self.earlier(|user| user.id.to_string());
        let earlier_email = self.earlier(mailbox);
        let earlier_name = self.earlier(name);
        let name_of_line = |it: &StagedUser| {
            let first = earlier_name(it)?;
            (mailbox(&first.user) != mailbox(&it.user))
                .then_some(Obstacle::UsernameOfLine(first.line))
        };
        let id_taken = |it: &StagedUser| there.get(it.user.id.as_str()).map(|_| Obstacle::IdTaken);
        let email_taken = |it: &StagedUser| {
            let owner = mailboxes.get(&mailbox(&it.user)?)?;
            Some(Obstacle::EmailTaken(owner.id.to_string()))
        };
        let name_taken = |it: &StagedUser| {
            let owner = names.get(&name(&it.user)?)?;
            let owner = Some(owner).filter(|owner| mailbox(owner) != mailbox(&it.user))?;
            Some(Obstacle::UsernameTaken(owner.id.to_string()))
        };
        Ok(vec![
            self.found(|it| earlier_id(it).map(|it| Obstacle::IdOfLine(it.line)), limit),
            self.found(|it| earlier_email(it).map(|it| Obstacle::EmailOfLine(it.line)), limit),
            self.found(name_of_line, limit),
            self.found(id_taken, limit),
            self.found(email_taken, limit),
            self.found(name_taken, limit),
        ])
    }

    async fn add_all(
        &mut self,
        at: Timestamp,
        progress: AddedSoFar<'_>,
    ) -> Result<bool, StoreError> {
        if self.obstacles(1).await?.iter().any(|kind| kind.count > 0) {
            return Ok(false);
        }
        progress(self.users.len() as u64);
        self.world.change(|state| {
            for StagedUser { user, .. } in self.users.drain(..) {
                let (kind, sequence) = (EventKind::UserAdded, user.sequence);
                let actor = Actor::Operator;
                state.events.push(UserEvent { user: user.id.clone(), sequence, kind, actor, at });
                state.users.insert(user.id.to_string(), user);
            }
        });
        Ok(true)
    }
}
