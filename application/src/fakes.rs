//! Ports in memory, for the tests of the use cases.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use crate::*;

/// What the store holds. Undone by keeping the copy from before.
#[derive(Clone, Default)]
pub struct State {
    pub users: BTreeMap<String, User>,
    pub events: Vec<UserEvent>,
    pub links: Vec<PasskeyLink>,
    pub mails: Vec<OutboxMail>,
    pub tokens: Vec<(Token, TokenHash)>,
}

impl State {
    fn link_mut(&mut self, id: &LinkId) -> Option<&mut PasskeyLink> {
        self.links.iter_mut().find(|link| link.id == *id)
    }

    fn mail_mut(&mut self, id: &OutboxId) -> Option<&mut OutboxMail> {
        self.mails.iter_mut().find(|mail| mail.id == *id)
    }
}

/// The outside world, all of it in memory.
#[derive(Default)]
pub struct World {
    pub state: Mutex<State>,
    pub sent: Mutex<Vec<(OutboxId, Mail)>>,
    pub answers: Mutex<Vec<Result<String, MailError>>>,
    pub woken: AtomicU32,
    millis: AtomicI64,
}

impl World {
    pub fn new() -> Arc<Self> {
        let world = Self::default();
        world.millis.store(1_700_000_000_000, Ordering::Relaxed);
        Arc::new(world)
    }

    pub fn pass(&self, seconds: i64) {
        self.millis.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub fn policy() -> LinkPolicy {
        LinkPolicy {
            lifetime: std::time::Duration::from_secs(3600),
            cooldown: std::time::Duration::from_secs(60),
            max_per_hour: 5,
        }
    }

    pub fn public_url() -> PublicUrl {
        PublicUrl::new(&"https://id.example.com".parse().unwrap()).unwrap()
    }

    pub fn keys() -> Arc<CodeKeys> {
        let key = CodeKey::new("k1".parse().unwrap(), &[7; 32]).unwrap();
        Arc::new(CodeKeys::new(vec![key]).unwrap())
    }

    pub fn desk(self: &Arc<Self>) -> LinkDesk {
        let ports: (Arc<dyn Clock>, Arc<dyn Random>) = (self.clone(), self.clone());
        LinkDesk::new(self.clone(), ports, Self::keys(), Self::public_url(), Self::policy())
    }

    pub fn send_link(self: &Arc<Self>) -> SendLink {
        SendLink::new(self.desk(), self.clone())
    }

    pub fn deliver_mail(self: &Arc<Self>) -> DeliverMail {
        DeliverMail::new(
            self.clone(),
            (self.clone(), self.clone()),
            self.clone(),
            Self::keys(),
            Self::public_url(),
        )
    }

    /// Adds a user with a verified address; returns the user as a caller.
    pub async fn user(self: &Arc<Self>, id: &str) -> Caller {
        let users = UserUseCases::new(self.clone(), self.clone(), self.clone());
        let new = NewUser {
            id: Some(id.parse().unwrap()),
            organisation: "default".parse().unwrap(),
            email: format!("{id}@example.com").parse().unwrap(),
            email_verified: true,
            username: None,
            display_name: Some(Text::parse("Ada Example").unwrap()),
            language: "en".into(),
        };
        let user = users.add(new).await.unwrap();
        Caller { user: user.id, token_name: None }
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis.load(Ordering::Relaxed)).unwrap()
    }
}

impl Random for World {
    fn fill(&self, bytes: &mut [u8]) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, value) in bytes.iter_mut().rev().zip(next.iter().rev()) {
            *byte = *value;
        }
    }
}

impl Wake for World {
    fn wake(&self) {
        self.woken.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Mailer for World {
    async fn send(&self, id: &OutboxId, mail: &Mail) -> Result<String, MailError> {
        let answer = self.answers.lock().unwrap().pop().unwrap_or(Ok("250 ok".into()));
        if answer.is_ok() {
            self.sent.lock().unwrap().push((id.clone(), copy(mail)));
        }
        answer
    }
}

fn copy(mail: &Mail) -> Mail {
    let Mail::PasskeyLink(mail) = mail else { unreachable!("no test mails here") };
    Mail::PasskeyLink(PasskeyLinkMail {
        to: mail.to.clone(),
        display_name: mail.display_name.clone(),
        username: mail.username.clone(),
        language: mail.language.clone(),
        register_url: SecretUrl::new(mail.register_url.expose()),
        revoke_url: SecretUrl::new(mail.revoke_url.expose()),
        requested_by: mail.requested_by.clone(),
        requested: mail.requested,
        expires: mail.expires,
    })
}

#[async_trait]
impl Store for World {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        let mut transaction = self.state();
        if work(&mut transaction).await == Settled::Commit {
            *self.state.lock().unwrap() = transaction;
        }
        Ok(())
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        work(&mut self.state()).await;
        Ok(())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Users for State {
    async fn user_for_update(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.user(id).await
    }

    async fn user(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.users.get(id.as_str()).cloned())
    }

    async fn users_after(
        &mut self,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        let after = after.map(UserId::as_str).unwrap_or_default();
        let rest = self.users.iter().filter(|(id, _)| id.as_str() > after);
        Ok(rest.take(limit as usize).map(|(_, user)| user.clone()).collect())
    }

    async fn add_user(&mut self, user: &User, _at: Timestamp) -> Result<bool, StoreError> {
        let taken =
            self.users.values().any(|other| other.id == user.id || other.email == user.email);
        if !taken {
            self.users.insert(user.id.to_string(), user.clone());
        }
        Ok(!taken)
    }
}

#[async_trait]
impl History for State {
    async fn record(&mut self, event: &UserEvent) -> Result<(), StoreError> {
        self.users.get_mut(event.user.as_str()).unwrap().sequence = event.sequence;
        self.events.push(event.clone());
        Ok(())
    }
}

#[async_trait]
impl Links for State {
    async fn recent_links(
        &mut self,
        user: &UserId,
        since: Timestamp,
        limit: u32,
    ) -> Result<RecentLinks, StoreError> {
        let newest = self.links.iter().rev();
        let recent: Vec<_> = newest
            .filter(|link| link.user == *user && link.requested > since)
            .take(limit as usize)
            .collect();
        let mailed = recent.iter().find(|link| link.delivery != Delivery::Returned);
        Ok(RecentLinks {
            requested: recent.iter().map(|link| link.requested).collect(),
            last_mailed: mailed.map(|link| link.requested),
        })
    }

    async fn open_returned_links(
        &mut self,
        user: &UserId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let open = self.links.iter().filter(|link| {
            link.user == *user && link.delivery == Delivery::Returned && link.is_open_at(now)
        });
        Ok(open.take(limit).map(|link| link.expires).collect())
    }

    async fn links_of(
        &mut self,
        user: &UserId,
        _after: Option<&LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, StoreError> {
        let links = self.links.iter().filter(|link| link.user == *user);
        Ok(links.take(limit as usize).cloned().collect())
    }

    async fn add_link(&mut self, link: &PasskeyLink) -> Result<(), StoreError> {
        self.links.push(link.clone());
        Ok(())
    }

    async fn link(&mut self, id: &LinkId) -> Result<Option<PasskeyLink>, StoreError> {
        Ok(self.link_mut(id).cloned())
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

    async fn replace_links_before(&mut self, newer: &PasskeyLink) -> Result<(), StoreError> {
        let older = self.links.iter_mut().filter(|link| {
            link.user == newer.user && link.requested < newer.requested && !link.state.is_final()
        });
        older.for_each(|link| link.state = LinkState::Replaced);
        Ok(())
    }
}

#[async_trait]
impl Outbox for State {
    async fn queue(&mut self, mail: &OutboxMail) -> Result<(), StoreError> {
        self.mails.push(mail.clone());
        Ok(())
    }

    async fn claim(
        &mut self,
        now: Timestamp,
        lease_end: Timestamp,
        limit: u64,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let due = self
            .mails
            .iter_mut()
            .filter(|mail| mail.state == OutboxState::Waiting && mail.due <= now);
        let claimed = due.take(limit as usize).map(|mail| {
            mail.due = lease_end;
            mail.tries += 1;
            ClaimedMail {
                id: mail.id.clone(),
                user: mail.user.clone(),
                link: mail.link.clone(),
                tries: mail.tries,
            }
        });
        Ok(claimed.collect())
    }

    async fn settle(
        &mut self,
        claimed: &ClaimedMail,
        outcome: &MailOutcome,
        _at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mail = self.mail_mut(&claimed.id).unwrap();
        if mail.tries != claimed.tries || mail.state != OutboxState::Waiting {
            return Ok(false);
        }
        let (state, answer) = match outcome {
            MailOutcome::Sent(answer) => (OutboxState::Sent, answer),
            MailOutcome::Failed(answer) => (OutboxState::Failed, answer),
            MailOutcome::Retry { due, answer } => {
                mail.due = *due;
                (OutboxState::Waiting, answer)
            }
        };
        (mail.state, mail.last_answer) = (state, Some(answer.clone()));
        Ok(true)
    }

    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let waiting = self.mails.iter().filter(|mail| mail.state == OutboxState::Waiting);
        Ok(waiting.map(|mail| mail.due).min())
    }

    async fn mails_in(
        &mut self,
        state: OutboxState,
        _after: Option<&OutboxId>,
        limit: u64,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        let mails = self.mails.iter().filter(|mail| mail.state == state);
        Ok(mails.take(limit as usize).cloned().collect())
    }

    async fn mail(&mut self, id: &OutboxId) -> Result<Option<OutboxMail>, StoreError> {
        Ok(self.mail_mut(id).cloned())
    }

    async fn make_due(&mut self, id: &OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        let mail = self.mail_mut(id).filter(|mail| mail.state != OutboxState::Sent);
        Ok(mail.map(|mail| (mail.state, mail.due) = (OutboxState::Waiting, at)).is_some())
    }
}

#[async_trait]
impl Tokens for State {
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError> {
        self.tokens.push((token.clone(), hash.clone()));
        Ok(())
    }

    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError> {
        let found = self.tokens.iter().find(|(_, stored)| stored == hash);
        Ok(found.map(|(token, _)| token.clone()))
    }

    async fn tokens_of(&mut self, user: &UserId) -> Result<Vec<Token>, StoreError> {
        let tokens = self.tokens.iter().filter(|(token, _)| token.user == *user);
        Ok(tokens.map(|(token, _)| token.clone()).collect())
    }

    async fn revoke_token(
        &mut self,
        id: &TokenId,
        at: Timestamp,
    ) -> Result<Option<Token>, StoreError> {
        let found = self.tokens.iter_mut().find(|(token, _)| token.id == *id);
        Ok(found.map(|(token, _)| {
            token.revoked = token.revoked.or(Some(at));
            token.clone()
        }))
    }
}
