//! Running the units of work of a set side by side.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::poll_fn,
    hash::Hash,
    mem,
    pin::Pin,
    task::Poll,
};

use futures_util::future::BoxFuture;
use passlink_application::ports::{OrganisationMails, Settled, StoreError, Work};
use passlink_domain::{KeyId, MailedMinutes, OrganisationId};
use sea_orm::{ConnectionTrait, DbBackend};
use tokio::task::unconstrained;

use super::neighbours::{Apart, Asker, Neighbours, Questions, Written};
use crate::{
    outbound::persistence::{
        error::Fault,
        repositories::{Sql, users::Locked},
        statement_spans::{Database, TracedConnection},
        watchdog::LastAnswer,
    },
    telemetry::trace_scope::TraceScope,
};

/// A unit of work, with where it stands in its trace.
pub(in crate::outbound::persistence) type Traced<'w> = (&'w Work, &'w TraceScope);

/// How a unit of work of a set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Ended {
    As(Settled),
    /// It has done nothing, and is to run in another set, or by itself.
    Apart(Apart),
}

/// Why nothing of a set may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::outbound::persistence) enum Spoilt {
    /// The set is to run again.
    By(Fault),
    /// Statements of these failed, or they want back what others have seen. They are to run by themselves,
    /// and the others together; each by itself where there are none.
    ByMembers(Vec<usize>),
}

/// The units of work of a set that can still run together.
pub(in crate::outbound::persistence) struct Set<'w> {
    works: Vec<Traced<'w>>,
    left: Vec<usize>,
}

impl<'w> Set<'w> {
    pub fn new(works: Vec<Traced<'w>>) -> Self {
        Self { left: (0..works.len()).collect(), works }
    }

    /// Those that are to run together; none when each is to run by itself.
    pub fn works(&self) -> Vec<Traced<'w>> {
        self.left.iter().filter_map(|place| self.works.get(*place)).copied().collect()
    }

    /// Leaves out those that spoilt the set; where they can't be told, or others do it again, all.
    pub fn leave_out(&mut self, members: &[usize]) {
        let is_first = self.left.len() == self.works.len();
        if members.is_empty() || !is_first {
            self.left.clear();
        }
        self.left.retain(|place| !members.contains(place));
    }

    /// How each of the set ended, when those that ran together ended so.
    pub fn ended(&self, ended: &[Ended]) -> Vec<Ended> {
        let mut all = vec![Ended::Apart(Apart::Alone); self.works.len()];
        for (place, ended) in self.left.iter().zip(ended) {
            if let Some(kept) = all.get_mut(*place) {
                *kept = *ended;
            }
        }
        all
    }
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
    pub async fn run_together(&self, works: &[Traced<'_>]) -> Result<Vec<Ended>, Spoilt> {
        let set = Neighbours::new(works.len());
        let own = self.traced(Vec::new());
        let (mut fault, mut spoilers) = (None, Vec::new());
        let mut ended = vec![Ended::Apart(Apart::Alone); works.len()];
        let mut running: Vec<_> = set
            .members()
            .zip(works)
            .map(|(member, (work, scope))| {
                let mut sql = Sql::of(&own, member);
                let run = async move { (work(&mut sql).await, sql.fault, sql.has_failed) };
                Some((member, Box::pin((*scope).clone().run(run))))
            })
            .collect();
        loop {
            let mut has_ended = false;
            // Each goes on until it waits for an answer, or ends. The connection is free then.
            let turn = poll_fn(|context| {
                for (place, ended) in running.iter_mut().zip(&mut ended) {
                    let Some((member, work)) = place else { continue };
                    let member = *member;
                    // Who was set apart gets no answer, and must not go on as if there were none.
                    let polled = match member.apart() {
                        None => Pin::new(work).poll(context),
                        Some(_) => Poll::Pending,
                    };
                    let has_failed = match (polled, member.apart()) {
                        (Poll::Ready((settled, seen, has_failed)), _) => {
                            *ended = Ended::As(settled);
                            fault = fault.or(seen);
                            has_failed
                        }
                        (Poll::Pending, Some(apart)) => {
                            *ended = Ended::Apart(apart);
                            false
                        }
                        (Poll::Pending, None) => continue,
                    };
                    let is_kept = *ended == Ended::As(Settled::Commit);
                    if has_failed || member.has_written() && !is_kept {
                        spoilers.push(member.number);
                    }
                    member.end_turns();
                    (*place, has_ended) = (None, true);
                }
                let left = running.iter().flatten().count();
                if has_ended || set.questions() >= left { Poll::Ready(()) } else { Poll::Pending }
            });
            unconstrained(turn).await;
            if let Some(fault) = fault {
                return Err(Spoilt::By(fault));
            }
            if running.iter().all(Option::is_none) {
                break;
            }
            if !has_ended {
                self.answer(&set).await?;
            }
        }
        if !spoilers.is_empty() {
            return Err(Spoilt::ByMembers(spoilers));
        }
        let mut all = Written::default();
        for (member, ended) in set.members().zip(&ended) {
            if *ended == Ended::As(Settled::Commit) {
                let written = member.take_written();
                if self.connection.get_database_backend() == DbBackend::Postgres {
                    all.append(written);
                } else {
                    // A statement for each row is a part of its own trace alone.
                    all.scopes.extend(written.scopes.iter().cloned());
                    self.write(written, &[]).await?;
                }
            }
        }
        self.write(all, &set.mailed()).await?;
        Ok(ended)
    }

    /// Answers what the units of work ask for, with a statement a kind.
    async fn answer(&self, set: &Neighbours) -> Result<(), Spoilt> {
        let asked = set.questions();
        self.answer_users(set).await?;
        for (tokens, for_share) in [(&set.tokens, false), (&set.tokens_for_share, true)] {
            self.answer_by_id(
                tokens,
                move |sql, ids| Box::pin(sql.some_tokens(ids, for_share)),
                |token| &token.id,
            )
            .await?;
        }
        self.answer_all(&set.tokens_by_hash, |sql, asked| Box::pin(sql.tokens_by_hash(asked)))
            .await?;
        self.answer_all(&set.recent_links, |sql, asked| Box::pin(sql.recent_links_of(asked)))
            .await?;
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
        .await?;
        self.answer_changes(&set.settlements, |sql, all| Box::pin(sql.settle_all(all))).await?;
        self.answer_changes(&set.link_moves, |sql, all| Box::pin(sql.move_links(all))).await?;
        self.answer_changes(&set.replacements, |sql, all| Box::pin(sql.replace_links(all))).await?;
        // Their rows are locked when all who are left ask for them, so that all sets do it in one order.
        if set.questions() == asked {
            self.answer_all(&set.mailboxes, |sql, asked| Box::pin(sql.count_mails(asked))).await?;
        }
        if set.questions() == asked {
            self.answer_organisations(set).await?;
        }
        // Each waits for the turn of another one.
        if set.questions() == asked { Err(Spoilt::ByMembers(Vec::new())) } else { Ok(()) }
    }

    /// Locks the users. Those that others have locked, and those who aren't there, are nobody's answer: who
    /// asks for one must not keep the set waiting.
    async fn answer_users(&self, set: &Neighbours) -> Result<(), Spoilt> {
        let (asked, traced) = self.asked(&set.users);
        let ids: Vec<_> = asked.iter().map(|((_, id), _)| id.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new(&traced);
        let users = sql.users_for_update(&ids, Locked::Skip).await.map_err(|_| spoilt(&sql))?;
        let users = users.into_iter().map(|user| (user.id.clone(), user));
        let mut users: HashMap<_, _> = users.collect();
        for ((member, id), asker) in asked {
            match users.remove(&id) {
                None => set.set_apart(member),
                user => asker.answer(user),
            }
        }
        Ok(())
    }

    /// Locks the rows of organisations, and lets those of one count one after the other.
    async fn answer_organisations(&self, set: &Neighbours) -> Result<(), Spoilt> {
        let (asked, traced) = self.asked(&set.organisations);
        let unknown = set.unknown(asked.iter().map(|((_, organisation), _)| organisation));
        let mut sql = Sql::new(&traced);
        for organisation in unknown {
            let mailed = sql.mailed_for(&organisation).await.map_err(|_| spoilt(&sql))?;
            set.note_mailed(organisation, mailed);
        }
        for ((member, organisation), asker) in asked {
            match set.take_turn(member, &organisation) {
                Some(mailed) => asker.answer(mailed),
                None => set.organisations.put_back(((member, organisation), asker)),
            }
        }
        Ok(())
    }

    /// The questions that wait, and a connection whose statements are parts of the traces of those who ask.
    fn asked<Q, A>(
        &self,
        questions: &Questions<Q, A>,
    ) -> (Vec<(Q, Asker<A>)>, TracedConnection<'c, C>) {
        let asked = questions.take();
        let traced = self.traced(scopes(&asked));
        (asked, traced)
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
        if asked.is_empty() { Ok(()) } else { self.answer_some(asked, statement).await }
    }

    /// The same for what changes rows. On SQLite, that is a statement for each, which is a part of its trace
    /// alone.
    async fn answer_changes<Q: Clone, A>(
        &self,
        questions: &Questions<Q, A>,
        statement: impl for<'s> Fn(
            &'s mut Sql<'_, TracedConnection<'c, C>>,
            &'s [Q],
        ) -> BoxFuture<'s, Result<Vec<A>, StoreError>>,
    ) -> Result<(), Spoilt> {
        if self.connection.get_database_backend() == DbBackend::Postgres {
            return self.answer_all(questions, statement).await;
        }
        for one in questions.take() {
            self.answer_some(vec![one], &statement).await?;
        }
        Ok(())
    }

    async fn answer_some<Q: Clone, A>(
        &self,
        asked: Vec<(Q, Asker<A>)>,
        statement: impl for<'s> FnOnce(
            &'s mut Sql<'_, TracedConnection<'c, C>>,
            &'s [Q],
        ) -> BoxFuture<'s, Result<Vec<A>, StoreError>>,
    ) -> Result<(), Spoilt> {
        let traced = self.traced(scopes(&asked));
        let mut sql = Sql::new(&traced);
        let (questions, askers): (Vec<Q>, Vec<Asker<A>>) = asked.into_iter().unzip();
        let answers = statement(&mut sql, &questions).await;
        let answers = answers.map_err(|_| spoilt(&sql))?;
        askers.into_iter().zip(answers).for_each(|(asker, answer)| asker.answer(answer));
        Ok(())
    }

    /// Answers those who ask for a row by its id.
    async fn answer_by_id<I: Clone + Eq + Hash, R: Clone>(
        &self,
        questions: &Questions<I, Option<R>>,
        some: impl for<'s> FnOnce(
            &'s mut Sql<'_, TracedConnection<'c, C>>,
            &'s [I],
        ) -> BoxFuture<'s, Result<Vec<R>, StoreError>>
        + Send,
        id: fn(&R) -> &I,
    ) -> Result<(), Spoilt> {
        let (asked, traced) = self.asked(questions);
        if asked.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new(&traced);
        let ids: Vec<_> = asked.iter().map(|(id, _)| id.clone()).collect();
        let found = some(&mut sql, &ids).await.map_err(|_| spoilt(&sql))?;
        let found: HashMap<_, _> = found.into_iter().map(|row| (id(&row).clone(), row)).collect();
        asked.into_iter().for_each(|(id, asker)| asker.answer(found.get(&id).cloned()));
        Ok(())
    }

    /// Writes what waited.
    async fn write(
        &self,
        mut written: Written,
        mailed: &[(OrganisationId, MailedMinutes)],
    ) -> Result<(), Spoilt> {
        let traced = self.traced(mem::take(&mut written.scopes));
        let mut sql = Sql::new(&traced);
        sql.write(&written).await.map_err(|_| spoilt(&sql))?;
        for (organisation, mailed) in mailed {
            sql.set_mailed_for(organisation, mailed).await.map_err(|_| spoilt(&sql))?;
        }
        Ok(())
    }
}

/// Where those who ask stand in their traces.
fn scopes<Q, A>(asked: &[(Q, Asker<A>)]) -> Vec<TraceScope> {
    asked.iter().filter_map(|(_, asker)| asker.scope.clone()).collect()
}

/// What a failed statement for many means.
fn spoilt<C>(sql: &Sql<'_, C>) -> Spoilt {
    sql.fault.map_or(Spoilt::ByMembers(Vec::new()), Spoilt::By)
}
