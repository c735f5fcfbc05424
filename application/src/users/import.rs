//! Adding many users at once: all of them, or none.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use passlink_domain::{User, UserState};

use crate::{
    ports::{Clock, Obstacles, Random, StagedUser, Staging, StoreError},
    users::NewUser,
};

/// How many users are handed to the store at a time.
const CHUNK: usize = 1000;

/// How many of the lines that are wrong are named.
const NAMED: usize = 20;

/// What is wrong with the lines of an import: the first of them, and a count of the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrongLines {
    first: Vec<(u64, String)>,
    count: u64,
}

impl WrongLines {
    pub(crate) fn add(&mut self, line: u64, what: String) {
        self.count += 1;
        self.first.push((line, what));
        if self.first.len() >= 2 * NAMED {
            self.cut();
        }
    }

    fn add_all(&mut self, obstacles: Obstacles) {
        let named = obstacles.first.len() as u64;
        for (line, what) in obstacles.first {
            self.add(line, what.to_string());
        }
        self.count += obstacles.count.saturating_sub(named);
    }

    fn cut(&mut self) {
        self.first.sort_by_key(|(line, _)| *line);
        self.first.truncate(NAMED);
    }

    pub(crate) fn into_result(mut self) -> Result<(), ImportError> {
        self.cut();
        match self.count {
            0 => Ok(()),
            _ => Err(ImportError::Lines(self)),
        }
    }
}

impl fmt::Display for WrongLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was imported")?;
        for (line, what) in &self.first {
            write!(f, "\nline {line}: {what}")?;
        }
        match self.count.saturating_sub(self.first.len() as u64) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0}")]
    Lines(WrongLines),
    /// Somebody else adds users with these ids, addresses or usernames at this moment.
    #[error("nothing was imported: users were added meanwhile; try again")]
    Overtaken,
    #[error("nothing was imported")]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStep {
    /// Ids, addresses and usernames are compared with each other, and with those of the users who are there.
    Comparing,
    /// Users are added. Nobody can see them before all are; when they are, only the commit is left.
    Adding { added: u64, of: u64 },
}

/// An import that is under way. Nothing is to be seen of it before it has ended.
pub struct ImportUsers {
    staging: Box<dyn Staging>,
    random: Arc<dyn Random>,
    now: Timestamp,
    chunk: Vec<StagedUser>,
    taken: u64,
    wrong: WrongLines,
}

impl ImportUsers {
    pub fn new(staging: Box<dyn Staging>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let (chunk, wrong) = (Vec::with_capacity(CHUNK), WrongLines::default());
        Self { staging, random, now: clock.now(), chunk, taken: 0, wrong }
    }

    /// Takes a line: a user with the state that the user is to be in, or what is wrong with it.
    pub async fn take(
        &mut self,
        line: u64,
        user: Result<(NewUser, UserState), String>,
    ) -> Result<(), ImportError> {
        let user = user.and_then(|(new, state)| {
            let user = new.into_user(self.now, &*self.random).map_err(|error| error.to_string())?;
            Ok(User { state, ..user })
        });
        match user {
            Ok(user) => self.chunk.push(StagedUser { line, user }),
            Err(what) => self.wrong.add(line, what),
        }
        if self.chunk.len() < CHUNK { Ok(()) } else { self.stage().await }
    }

    async fn stage(&mut self) -> Result<(), ImportError> {
        self.staging.stage(&self.chunk, self.now).await?;
        self.taken += self.chunk.len() as u64;
        self.chunk.clear();
        Ok(())
    }

    /// Adds all users with the first entry of their history, and says how many; when this returns
    /// `Ok`, they are durable. When a single line is wrong, none is added. Calls `progress` at each step.
    pub async fn finish(
        mut self,
        progress: impl Fn(ImportStep) + Send + Sync,
    ) -> Result<u64, ImportError> {
        self.stage().await?;
        progress(ImportStep::Comparing);
        self.look_for_obstacles().await?;
        let of = self.taken;
        let adding = |added| progress(ImportStep::Adding { added, of });
        adding(0);
        if self.staging.add_all(self.now, &adding).await? {
            return Ok(self.taken);
        }
        self.look_for_obstacles().await?;
        Err(ImportError::Overtaken)
    }

    async fn look_for_obstacles(&mut self) -> Result<(), ImportError> {
        for obstacles in self.staging.obstacles(NAMED).await? {
            self.wrong.add_all(obstacles);
        }
        std::mem::take(&mut self.wrong).into_result()
    }
}

#[cfg(test)]
mod tests;
