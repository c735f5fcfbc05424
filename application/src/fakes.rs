//! Ports in memory, for tests alone: one file per port. The use cases are tested with them, and the
//! tests of the database check that they behave as it does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends the test"
)]

mod history;
mod identities;
mod identity;
mod keys;
mod links;
mod mail_queue;
mod mailboxes;
mod mailer;
mod observer;
mod organisations;
mod outbox;
mod passkeys;
mod retired_keys;
mod sessions;
mod staging;
mod tokens;
mod users;
mod webauthn;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use crate::{fakes::everything::*, mails::slots::MailSlots};

pub use staging::Waiting;
pub use webauthn::{SoftAssertion, credential};

/// What the store holds. Undone by keeping the copy from before.
#[derive(Clone, Default)]
pub struct State {
    pub users: BTreeMap<String, User>,
    pub events: Vec<UserEvent>,
    pub links: Vec<PasskeyLink>,
    pub mails: Vec<OutboxMail>,
    pub ready: BTreeMap<String, Urgency>,
    /// How often it was asked which mails are ready.
    pub asked: u32,
    pub holders: BTreeMap<String, String>,
    pub accepted: BTreeMap<String, Timestamp>,
    pub may_have_arrived: BTreeSet<String>,
    pub tokens: Vec<(Token, TokenHash)>,
    pub identities: BTreeMap<[u8; 32], KnownIdentity>,
    pub handles: BTreeMap<String, UserHandle>,
    pub resent: BTreeSet<String>,
    pub mailboxes: BTreeMap<Mailbox, Vec<Timestamp>>,
    pub organisations: BTreeMap<OrganisationId, MailedMinutes>,
    pub passkeys: Vec<Passkey>,
    pub ceremonies: Vec<Ceremony>,
    pub retired: Vec<RetiredKey>,
    pub sessions: Vec<(Session, TokenHash)>,
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
    /// What tokens of other issuers say, and what UserInfo adds.
    pub claims: Mutex<Option<Claims>>,
    pub user_info: Mutex<Option<Result<Profile, IdentityError>>>,
    pub counts: Mutex<Vec<(LinkState, LinkKind, u64)>>,
    pub redeemed: Mutex<Vec<u64>>,
    pub tried: Mutex<Vec<Attempt>>,
    pub sign_ins: Mutex<Vec<SignIn>>,
    /// How many sessions were created, and how many that ended.
    pub session_counts: Mutex<Vec<(Option<SessionEnd>, u64)>>,
    /// How many units of work have read.
    pub looks: AtomicU32,
    millis: AtomicI64,
    set_by: AtomicI64,
}

impl World {
    pub fn new() -> Arc<Self> {
        let world = Self::default();
        world.millis.store(1_700_000_000_000, Ordering::Relaxed);
        Arc::new(world)
    }

    /// Time passes.
    pub fn pass(&self, seconds: i64) {
        self.millis.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Somebody sets the clock, by so much.
    pub fn set_clock(&self, seconds: i64) {
        self.pass(seconds);
        self.set_by.fetch_add(seconds * 1000, Ordering::Relaxed);
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
            max_per_mailbox: 10,
            max_per_organisation: None,
        }
    }

    pub fn public_url() -> PublicUrl {
        PublicUrl::new(&"https://id.example.com".parse().unwrap()).unwrap()
    }

    pub fn domains() -> Domains {
        Domains::new(vec![DomainSettings {
            names: Vec::new(),
            public_url: Self::public_url(),
            rp_id: "example.com".to_owned(),
            organisation: None,
        }])
    }

    pub fn domain() -> Arc<Domain> {
        Domain::alone(Self::public_url())
    }

    pub fn keys() -> Arc<CodeKeys> {
        let key = CodeKey::new("k1".parse().unwrap(), &[7; 32]).unwrap();
        Arc::new(CodeKeys::new(vec![key]).unwrap())
    }

    pub fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            store: self.clone(),
            clock: self.clone(),
            random: self.clone(),
            observer: self.clone(),
        }
    }

    pub fn issuer(self: &Arc<Self>) -> LinkIssuer {
        LinkIssuer {
            ports: self.ports(),
            keys: Self::keys(),
            domain: Self::domain(),
            policy: Self::policy(),
        }
    }

    pub fn send_link(self: &Arc<Self>) -> SendLink {
        SendLink { issuer: self.issuer(), wake: self.clone() }
    }

    pub fn deliver_mail(self: &Arc<Self>) -> DeliverMail {
        DeliverMail {
            ports: self.ports(),
            mailer: self.clone(),
            composer: Composer { keys: Self::keys(), domains: Self::domains() },
            holder: None,
        }
    }

    /// Registers passkeys, three to a user.
    pub fn passkeys(self: &Arc<Self>) -> PasskeyRegistry {
        PasskeyRegistry {
            ports: self.ports(),
            wake: self.clone(),
            webauthn: self.clone(),
            domain: Self::domain(),
            max_per_user: 3,
        }
    }

    /// Checks codes; three wrong ones in a minute are allowed.
    pub fn codes(self: &Arc<Self>) -> CodeChecker {
        let wrong = Arc::new(Limiter::per_minute(3, self.clone()));
        CodeChecker { ports: self.ports(), keys: Self::keys(), domain: Self::domain(), wrong }
    }

    /// A returned link, and its code as its user presents it.
    pub async fn returned_link(self: &Arc<Self>, acting: &Acting) -> PresentedCode<LinkId> {
        let added =
            AddLink { issuer: self.issuer(), offered: true }.add(acting.clone()).await.unwrap();
        presented(added.link, added.code.expose())
    }

    /// A mailed link, and its code for `purpose` as its user presents it.
    pub async fn mailed_link(
        self: &Arc<Self>,
        acting: &Acting,
        purpose: Purpose,
    ) -> PresentedCode<LinkId> {
        self.send_link().send(None, acting.clone()).await.unwrap();
        let link = self.state().links.pop().unwrap();
        let code = Self::keys().derive(&link.key, &link.code_binding(purpose)).unwrap();
        presented(link.id, code.expose())
    }

    /// A person who acts by a token.
    pub fn acting(id: &str) -> Acting {
        let user: UserId = id.parse().unwrap();
        Acting { actor: Actor::Person(user.clone()), ..Acting::operator(user) }
    }

    /// Says who calls; without an age that a sign-in may have.
    pub fn callers(self: &Arc<Self>) -> Callers {
        Callers {
            ports: self.ports(),
            identities: self.clone(),
            domain: Self::domain(),
            max_auth_age: None,
        }
    }

    /// Whom the token lets act for themselves.
    pub async fn acting_by(self: &Arc<Self>, token: &BearerToken) -> Result<Acting, CallerError> {
        let callers = self.callers();
        callers.acting(callers.caller(token, &|| true).await?, None, Permission::PasskeyWrite)
    }

    /// Changes a user.
    pub fn change_user(&self, id: &str, change: impl FnOnce(&mut User)) {
        self.change(|state| change(state.users.get_mut(id).unwrap()));
    }

    /// Delivers a claimed mail and records what came of it; `None` when another worker has claimed it.
    pub async fn deliver(self: &Arc<Self>, claimed: ClaimedMail) -> Option<MailOutcome> {
        let worker = self.deliver_mail();
        let tried = worker.send(&claimed, &worker.hold(&claimed)).await.unwrap()?;
        worker.record(&claimed, &tried, self.now()).await.unwrap().then_some(tried.outcome)
    }

    /// Claims up to ten mails that are due.
    pub async fn claim(self: &Arc<Self>) -> Vec<ClaimedMail> {
        let mut slots = MailSlots::new(20);
        self.deliver_mail().make_due_mails_ready(slots.in_hand()).await.unwrap();
        self.claim_for(&mut slots, 10, Instant::now()).await
    }

    /// Claims up to `most` mails, which have the free slots then.
    pub(crate) async fn claim_for(
        self: &Arc<Self>,
        slots: &mut MailSlots,
        most: usize,
        at: Instant,
    ) -> Vec<ClaimedMail> {
        let claimed = self.deliver_mail().claim(slots.deal(most, at)).await.unwrap();
        slots.last = claimed.last;
        claimed.mails.iter().for_each(|mail| slots.take(mail.id.clone(), mail.lane, at));
        claimed.mails
    }

    /// How many links entered `state`, as the observer was told.
    pub fn counted(&self, state: LinkState) -> u64 {
        let counts = self.counts.lock().unwrap();
        counts.iter().filter(|(counted, ..)| *counted == state).map(|(.., count)| count).sum()
    }

    /// How many sessions that ended, as the observer was told.
    pub fn counted_ended(&self, end: SessionEnd) -> u64 {
        let counts = self.session_counts.lock().unwrap();
        counts.iter().filter(|(counted, _)| *counted == Some(end)).map(|(_, count)| count).sum()
    }

    /// Adds a user with a verified address; returns the user as one who acts by a token.
    pub async fn user(self: &Arc<Self>, id: &str) -> Acting {
        let users = ManageUsers(self.ports());
        let new = NewUser {
            id: Some(id.parse().unwrap()),
            organisation: "default".parse().unwrap(),
            email: format!("{id}@example.com").parse().unwrap(),
            email_verified: true,
            username: None,
            display_name: Some(Text::parse("Ada Example").unwrap()),
            language: "en".parse().ok(),
        };
        let user = users.add(new).await.unwrap();
        Self::acting(user.id.as_str())
    }
}

/// A code that somebody presents.
pub fn presented<T>(id: T, code: &str) -> PresentedCode<T> {
    let from = Some(ClientAddress([192, 0, 2, 1].into()));
    PresentedCode { id, code: code.to_owned().into(), from }
}

impl Repositories for State {}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis.load(Ordering::Relaxed)).unwrap()
    }

    fn steady(&self) -> Duration {
        let passed = self.millis.load(Ordering::Relaxed) - self.set_by.load(Ordering::Relaxed);
        Duration::from_millis(passed as u64)
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
impl Store for World {
    async fn run(&self, work: Work) -> Result<(), StoreError> {
        let mut transaction = self.state();
        if work(&mut transaction).await == Settled::Commit {
            *self.state.lock().unwrap() = transaction;
        }
        Ok(())
    }

    async fn run_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.run(work).await
    }

    async fn look(&self, work: Work) -> Result<(), StoreError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        work(&mut self.state()).await;
        Ok(())
    }

    async fn look_in_set(&self, work: Work) -> Result<(), StoreError> {
        self.look(work).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// All that the crate offers, for tests.
pub mod everything {
    pub use crate::{
        callers::*, codes::*, domains::*, limits::*, links::*, mails::*, passkeys::*, ports::*,
        sessions::*, users::*,
    };
}
