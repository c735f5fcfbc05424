//! Running the units of work of a set side by side.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::poll_fn,
    mem,
    pin::Pin,
    task::Poll,
};

use futures_util::future::BoxFuture;
use passlink_application::ports::{Settled, StoreError, Work};
use passlink_domain::KeyId;
use sea_orm::ConnectionTrait;
use tokio::task::unconstrained;

use super::neighbours::{Asker, Member, Neighbours, Questions, Written};
use crate::{
    outbound::persistence::{
        error::Fault,
        repositories::Sql,
        statement_spans::{Database, TracedConnection},
        watchdog::LastAnswer,
    },
    telemetry::trace_scope::TraceScope,
};

/// How a unit of work of a set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Ended {
    As(Settled),
    /// Another one has the same user, mailbox or organisation: it is to run in the next set.
    Postponed,
}

/// Why nothing of a set may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Spoilt {
    /// The set is to run again.
    By(Fault),
    /// A statement failed, or one of them wants back what it has written: each is to run by itself.
    ByOne,
}

/// Where a set runs.
pub(in crate::outbound::persistence) struct Ground<'c, C> {
    pub connection: &'c C,
    pub database: &'c Database,
    pub last: &'c LastAnswer,
}

impl<'c, C: ConnectionTrait> Ground<'c, C> {
    fn traced(&self, scopes: Vec<TraceScope>) -> TracedConnection<'c, C> {
        let Self { connection, database, last } = *self;
        TracedConnection { connection, database, last, scopes }
    }

    /// Runs the units of work within a transaction that has begun. How each ended is in their order.
    ///
    /// Errors: the transaction must be undone.
    pub async fn run_together(&self, works: &[(&Work, &TraceScope)]) -> Result<Vec<Ended>, Spoilt> {
        let set = Neighbours::new(works.len());
        let own = self.traced(Vec::new());
        let mut spoilt = None;
        let mut ended = vec![Ended::Postponed; works.len()];
        let mut running: Vec<_> = set
            .members()
            .zip(works)
            .map(|(member, (work, scope))| {
                let mut sql = Sql::of(&own, member);
                let run = async move { (work(&mut sql).await, sql.fault) };
                Some((member, Box::pin((*scope).clone().run(run))))
            })
            .collect();
        loop {
            let mut has_ended = false;
            // Each goes on until it waits for an answer, or ends.
            let turn = poll_fn(|context| {
                for (place, ended) in running.iter_mut().zip(&mut ended) {
                    let Some((member, work)) = place else { continue };
                    let polled = Pin::new(work).poll(context);
                    if let Poll::Ready((settled, fault)) = polled {
                        *ended = Ended::As(settled);
                        spoilt = spoilt.or(fault.map(Spoilt::By));
                    }
                    let is_kept = *ended == Ended::As(Settled::Commit);
                    if polled.is_ready() || member.is_postponed() {
                        if member.has_written() && !is_kept {
                            spoilt = spoilt.or(Some(Spoilt::ByOne));
                        }
                        member.release();
                        (*place, has_ended) = (None, true);
                    }
                }
                // Where each waits for another one, nobody goes on.
                let mut left = running.iter().flatten().map(|(member, _)| *member).peekable();
                if left.peek().is_some() && !has_ended && left.all(Member::waits) {
                    spoilt = spoilt.or(Some(Spoilt::ByOne));
                }
                let may_go_on = has_ended || spoilt.is_some() || set.has_questions();
                if may_go_on { Poll::Ready(()) } else { Poll::Pending }
            });
            unconstrained(turn).await;
            if let Some(spoilt) = spoilt {
                return Err(spoilt);
            }
            self.answer(&set).await?;
            if running.iter().all(Option::is_none) {
                break;
            }
        }
        let mut all = Written::default();
        for (member, ended) in set.members().zip(&ended) {
            if *ended == Ended::As(Settled::Commit) {
                all.append(member.take_written());
            }
        }
        self.write(all).await?;
        Ok(ended)
    }

    /// Answers what the units of work ask for, with a statement a kind.
    async fn answer(&self, set: &Neighbours) -> Result<(), Spoilt> {
        self.answer_all(&set.users, |sql, ids| {
            Box::pin(async move {
                let users = sql.users_for_update(ids).await?;
                let users = users.into_iter().map(|user| (user.id.clone(), user));
                let mut users: HashMap<_, _> = users.collect();
                Ok(ids.iter().map(|id| users.remove(id)).collect())
            })
        })
        .await?;
        for (tokens, for_share) in [(&set.tokens, false), (&set.tokens_for_share, true)] {
            self.answer_all(tokens, move |sql, ids| {
                Box::pin(async move {
                    let found = sql.some_tokens(ids, for_share).await?.into_iter();
                    let found: HashMap<_, _> = found.map(|it| (it.id.clone(), it)).collect();
                    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
                })
            })
            .await?;
        }
        self.answer_all(&set.recent_links, |sql, asked| Box::pin(sql.recent_links_of(asked)))
            .await?;
        self.answer_all(&set.mailboxes, |sql, asked| Box::pin(sql.count_mails(asked))).await?;
        self.answer_all(&set.retired_keys, |sql, keys| {
            Box::pin(async move {
                // All derive their codes from one key, or from two while one is retired.
                let mut retired = BTreeMap::new();
                for key in keys.iter().map(KeyId::as_str).collect::<BTreeSet<_>>() {
                    retired.insert(key, sql.is_key_retired(key).await?);
                }
                Ok(keys.iter().map(|key| retired.get(key.as_str()).is_some_and(|it| *it)).collect())
            })
        })
        .await
    }

    async fn answer_all<Q: Clone, A>(
        &self,
        questions: &Questions<Q, A>,
        statement: impl for<'s> FnOnce(
            &'s mut Sql<'_, TracedConnection<'c, C>>,
            &'s [Q],
        ) -> BoxFuture<'s, Result<Vec<A>, StoreError>>,
    ) -> Result<(), Spoilt> {
        let asked = questions.take();
        if asked.is_empty() {
            return Ok(());
        }
        let scopes = asked.iter().filter_map(|(_, asker)| asker.scope.clone()).collect();
        let traced = self.traced(scopes);
        let mut sql = Sql::new(&traced);
        let (questions, askers): (Vec<Q>, Vec<Asker<A>>) = asked.into_iter().unzip();
        let answers = statement(&mut sql, &questions).await;
        let answers = answers.map_err(|_| sql.fault.map_or(Spoilt::ByOne, Spoilt::By))?;
        askers.into_iter().zip(answers).for_each(|(asker, answer)| asker.answer(answer));
        Ok(())
    }

    /// Writes what waited.
    async fn write(&self, mut written: Written) -> Result<(), Spoilt> {
        let traced = self.traced(mem::take(&mut written.scopes));
        let mut sql = Sql::new(&traced);
        let wrote = sql.write(&written).await;
        wrote.map_err(|_| sql.fault.map_or(Spoilt::ByOne, Spoilt::By))
    }
}
