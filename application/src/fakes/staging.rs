use std::sync::Arc;

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

    fn first_with(&self, like: impl Fn(&User) -> bool) -> u64 {
        self.users.iter().find(|user| like(&user.user)).unwrap().line
    }
}

#[async_trait]
impl Staging for Waiting {
    async fn stage(&mut self, users: &[StagedUser], _at: Timestamp) -> Result<(), StoreError> {
        self.users.extend_from_slice(users);
        Ok(())
    }

    async fn obstacles(&mut self, limit: usize) -> Result<Vec<Obstacles>, StoreError> {
        let there = self.world.state().users;
        let of_line = |it: &StagedUser, like: &dyn Fn(&User) -> bool| {
            Some(self.first_with(like)).filter(|line| *line != it.line)
        };
        let id_of_line =
            |it: &StagedUser| of_line(it, &|user| user.id == it.user.id).map(Obstacle::IdOfLine);
        let email_of_line = |it: &StagedUser| {
            of_line(it, &|user| user.email == it.user.email).map(Obstacle::EmailOfLine)
        };
        let id_taken = |it: &StagedUser| there.get(it.user.id.as_str()).map(|_| Obstacle::IdTaken);
        let email_taken = |it: &StagedUser| {
            let owner = there.values().find(|user| user.email == it.user.email);
            owner.map(|user| Obstacle::EmailTaken(user.id.to_string()))
        };
        Ok(vec![
            self.found(id_of_line, limit),
            self.found(email_of_line, limit),
            self.found(id_taken, limit),
            self.found(email_taken, limit),
        ])
    }

    async fn add_all(
        &mut self,
        at: Timestamp,
        progress: AddedSoFar<'_>,
    ) -> Result<bool, StoreError> {
        progress(self.users.len() as u64);
        self.world.change(|state| {
            for StagedUser { user, .. } in self.users.drain(..) {
                let (kind, sequence) = (EventKind::UserAdded, user.sequence);
                state.events.push(UserEvent { user: user.id.clone(), sequence, kind, at });
                state.users.insert(user.id.to_string(), user);
            }
        });
        Ok(true)
    }
}
