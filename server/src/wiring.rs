//! What is made of what: the ports' adapters, and the use cases over them.

use std::sync::Arc;

use passlink_adapters::{
    inbound::{
        api::{self, Api},
        web,
    },
    outbound::{
        key_file::KeyFile,
        mail::{
            Directory, Mailbox, Sender, Smtp, TemplateMailer, Templates, Transport, parse_mailbox,
        },
        persistence::{HOW_TO_SET_UP, SeaStore, StagingTable, find_sqlite_file, make_sqlite_file},
        process,
        system::{SystemClock, SystemRandom},
        webauthn::RelyingParty,
    },
    telemetry::Counts,
};
use passlink_application::{
    callers::ManageTokens,
    codes::CodeChecker,
    keys::{KeyUse, RetireKey},
    limits::Limiter,
    links::{
        AddLink, ExpireLinks, InspectLink, LinkIssuer, ListLinks, ResendLink, RevokeLink, SendLink,
    },
    mails::{DeliverMail, OutboxUseCases, TestMailError},
    passkeys::{
        ExportPasskeys, ImportPasskeys, InspectUndo, ListPasskeys, PasskeyRegistry,
        RegisterPasskey, RemovePasskey,
    },
    ports::{Clock, Mailer, Observer, Random, Store, Wake},
    users::{ImportUsers, ManageUsers},
};
use passlink_domain::{CodeKeys, EmailAddress, KeyId, LinkPolicy};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::{Error, config::Config, key_check::held_keys, worker::Bell};

/// For tests that can't wait for a lease to end: how long a claimed mail is nobody else's. All nodes
/// on a database must agree on it. Not a part of the configuration, hence the name.
const LEASE: &str = "_PASSLINK_LEASE";

/// What a server without a way for mail is told.
pub(crate) const NO_MAIL: &str = "mail can't be sent: set mail.smtp_url and mail.from \
    (PASSLINK_MAIL__SMTP_URL, PASSLINK_MAIL__FROM), or mail.directory";

/// The adapters that everything else is made of.
pub(crate) struct House {
    store: Arc<SeaStore>,
    only_server: bool,
    is_new: bool,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    observer: Arc<dyn Observer>,
}

/// What to do where there is no database, and about migrations that are pending.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Make it, and run them.
    Migrate,
    /// Refuse.
    Refuse,
}

impl House {
    /// Connects to the database.
    pub async fn open(config: &Config, pending: Pending) -> Result<Self, Error> {
        Self::over(config, connect(config, pending).await?, pending).await
    }

    /// Connects to the database as its server.
    ///
    /// Errors: also when another server has the SQLite file. Then nothing was changed.
    pub async fn open_for_server(config: &Config, pending: Pending) -> Result<Self, Error> {
        let store = connect(config, pending).await?;
        let only_server = store.become_only_server()?;
        for warning in [store.warning()?, store.lost_settings().await?].into_iter().flatten() {
            tracing::warn!("{warning}");
        }
        let house = Self::over(config, store, pending).await?;
        Ok(Self { only_server, ..house })
    }

    async fn over(config: &Config, store: SeaStore, pending: Pending) -> Result<Self, Error> {
        let schema = store.schema().await?;
        if !schema.unknown.is_empty() {
            let unknown = schema.unknown.join(", ");
            return Err(format!(
                "the database was migrated by a newer version ({unknown}); run that one or a later one"
            )
            .into());
        }
        if pending == Pending::Migrate {
            store.migrate(&tell).await?;
        } else if schema.is_new() {
            let why = format!("{} has no Passlink tables: {HOW_TO_SET_UP}", store.whereabouts());
            return Err(config.fault("database.url", &why).into());
        } else if schema.pending > 0 {
            return Err(format!(
                "{} migrations are pending; run `passlink migrate`",
                schema.pending
            )
            .into());
        }
        Ok(Self {
            store: Arc::new(store),
            only_server: false,
            is_new: schema.is_new(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            observer: Arc::new(Counts::default()),
        })
    }

    /// Where the database is, in words.
    pub fn whereabouts(&self) -> &str {
        self.store.whereabouts()
    }

    /// Whether the database had no tables of Passlink before it was opened.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether this process is the only server of the database, so that what another one had in hand is
    /// in nobody's hand.
    pub fn is_only_server(&self) -> bool {
        self.only_server
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// Tells the time.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Notes which links expired.
    pub fn expire_links(&self) -> ExpireLinks {
        ExpireLinks::new(self.store(), self.clock(), self.observer.clone())
    }

    /// Makes `here` ring for mail of other nodes as well; what it returns wakes all nodes.
    pub fn wake_everywhere(&self, here: Arc<dyn Wake>) -> Arc<dyn Wake> {
        self.store.wake_everywhere(here)
    }

    /// Takes what was erased out of the database's journal as well.
    pub async fn clear_journal(&self) -> Result<(), Error> {
        Ok(self.store.clear_journal().await?)
    }

    /// What can be done with users.
    pub fn users(&self) -> ManageUsers {
        ManageUsers::new(self.store(), self.clock.clone(), self.random.clone())
    }

    /// An import of users, on a connection of its own.
    pub async fn import(&self, config: &Config) -> Result<ImportUsers, Error> {
        let staging = StagingTable::open(config.database.url.expose_secret()).await?;
        Ok(ImportUsers::new(Box::new(staging), self.clock.clone(), self.random.clone()))
    }

    /// What can be done with tokens.
    pub fn tokens(&self) -> ManageTokens {
        ManageTokens::new(self.store(), self.clock.clone(), self.random.clone())
    }

    /// Lists links.
    pub fn list_links(&self) -> ListLinks {
        ListLinks::new(self.store(), self.clock.clone())
    }

    /// Revokes links.
    pub fn revoke_link(&self) -> RevokeLink {
        RevokeLink::new(self.store(), self.clock.clone(), self.observer.clone())
    }

    /// What can be done with the outbox.
    pub fn outbox(&self, wake: Arc<dyn Wake>) -> OutboxUseCases {
        OutboxUseCases::new(self.store(), self.clock.clone(), wake)
    }

    /// The keys that codes are derived from; made at the first start.
    pub fn keys(&self, config: &Config) -> Result<Arc<CodeKeys>, Error> {
        let file = config.secrets.keys();
        Ok(Arc::new(file.load_or_create(&*self.random, self.clock.now())?))
    }

    /// Which keys are needed.
    pub fn key_use(&self) -> KeyUse {
        KeyUse::new(self.store(), self.clock.clone())
    }

    /// Retires keys.
    pub fn retire_key(&self) -> RetireKey {
        RetireKey::new(self.store(), self.clock.clone())
    }

    /// The worker's use case.
    pub fn deliver_mail(
        &self,
        config: &Config,
        keys: Arc<CodeKeys>,
        mailer: Arc<dyn Mailer>,
    ) -> Result<DeliverMail, Error> {
        let ports = (self.clock.clone(), self.random.clone());
        let (public_url, observer) = (config.public_links()?, self.observer.clone());
        let deliver = DeliverMail::new(self.store(), ports, mailer, keys, public_url, observer);
        let deliver = deliver.held_by(process::name());
        Ok(match std::env::var(LEASE) {
            Ok(lease) => deliver.with_lease(humantime::parse_duration(&lease)?),
            Err(_) => deliver,
        })
    }

    fn link_issuer(&self, config: &Config, keys: Arc<CodeKeys>) -> Result<LinkIssuer, Error> {
        let policy = LinkPolicy {
            lifetime: config.links.lifetime,
            cooldown: config.links.cooldown,
            max_per_hour: config.links.max_per_hour,
            max_per_mailbox: config.limits.mails_per_mailbox,
        };
        Ok(LinkIssuer {
            store: self.store(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            keys,
            public_url: config.public_links()?,
            policy,
            observer: self.observer.clone(),
        })
    }

    /// Mails links, for a worker in another process.
    pub async fn send_link(&self, config: &Config) -> Result<SendLink, Error> {
        let issuer = self.link_issuer(config, held_keys(config, self).await?)?;
        Ok(SendLink::new(issuer, Arc::new(Bell::default())))
    }

    /// Returns links to an operator, whatever callers may have.
    pub async fn add_link(&self, config: &Config) -> Result<AddLink, Error> {
        let issuer = self.link_issuer(config, held_keys(config, self).await?)?;
        Ok(AddLink::new(issuer, true))
    }

    /// Lists passkeys.
    pub fn list_passkeys(&self) -> ListPasskeys {
        ListPasskeys::new(self.store())
    }

    /// Exports passkeys.
    pub fn export_passkeys(&self) -> ExportPasskeys {
        ExportPasskeys::new(self.store())
    }

    /// Imports passkeys.
    pub fn import_passkeys(&self, config: &Config) -> Result<ImportPasskeys, Error> {
        Ok(ImportPasskeys::new(self.passkey_registry(config, Arc::new(Bell::default()))?))
    }

    /// Removes passkeys, with mails for a worker in another process.
    pub fn remove_passkey(&self, config: &Config) -> Result<RemovePasskey, Error> {
        Ok(RemovePasskey::new(self.passkey_registry(config, Arc::new(Bell::default()))?))
    }

    fn passkey_registry(
        &self,
        config: &Config,
        wake: Arc<dyn Wake>,
    ) -> Result<PasskeyRegistry, Error> {
        let (public_url, webauthn) = (&config.server.public_url, &config.webauthn);
        let relying_party = RelyingParty::new(
            &webauthn.rp_id(public_url).unwrap_or_default(),
            &webauthn.rp_name,
            public_url,
            &webauthn.origins(),
        )?;
        Ok(PasskeyRegistry {
            store: self.store(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            wake,
            webauthn: Arc::new(relying_party),
            public_url: config.public_links()?,
            max_per_user: usize::try_from(config.passkeys.max_per_user)?,
            observer: self.observer.clone(),
        })
    }

    /// The API over its use cases; what it would do for ever ends at `stop`.
    pub fn router(
        &self,
        config: &Config,
        keys: Arc<CodeKeys>,
        wake: Arc<dyn Wake>,
        worker_alive: impl Fn() -> bool + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> Result<axum::Router, Error> {
        let held = keys.clone();
        let issuer = self.link_issuer(config, keys.clone())?;
        let limits = &config.limits;
        let limiter = |limit| Limiter::per_minute(limit, self.clock.clone());
        let wrong_codes = Arc::new(limiter(limits.wrong_codes_per_minute));
        let codes = CodeChecker::new(self.store(), keys.clone(), wrong_codes);
        let passkeys = self.passkey_registry(config, wake.clone())?;
        let send_link = SendLink::new(issuer.clone(), wake);
        let site = web::site(config.public_links()?.host(), limiter(limits.pages_per_minute))?;
        let origins = config.server.cors_origins.iter().map(|origin| origin.parse());
        Ok(api::router(Api {
            identity: Arc::new(self.tokens()),
            resend_link: ResendLink::new(codes.clone(), send_link.clone()),
            send_link,
            add_link: AddLink::new(issuer, config.links.allow_returned_codes),
            revoke_link: self.revoke_link(),
            inspect_link: InspectLink::new(codes.clone(), self.clock.clone()),
            inspect_undo: InspectUndo::new(codes.clone(), self.clock.clone()),
            register_passkey: RegisterPasskey::new(passkeys.clone(), codes.clone()),
            list_passkeys: self.list_passkeys(),
            remove_passkey: RemovePasskey::new(passkeys),
            codes,
            wrong_tokens: Arc::new(limiter(limits.wrong_tokens_per_minute)),
            store: self.store(),
            key_use: self.key_use(),
            keys: held,
            worker_alive: Arc::new(worker_alive),
            https: config.server.tls_cert.is_some(),
            concurrent_requests: usize::try_from(limits.concurrent_requests)?,
            stop,
            pages: site.pages,
            missing: site.missing,
            cors_origins: origins.collect::<Result<_, _>>()?,
        })?)
    }
}

/// Says what is waited for: a server in its log, a command on stderr.
fn tell(line: String) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{line}");
    } else {
        eprintln!("{line}");
    }
}

async fn connect(config: &Config, pending: Pending) -> Result<SeaStore, Error> {
    let url = config.database.url.expose_secret();
    let found = match pending {
        Pending::Migrate => make_sqlite_file(url),
        Pending::Refuse => find_sqlite_file(url),
    };
    found.map_err(|error| config.fault("database.url", &error))?;
    Ok(SeaStore::connect(url, config.database.max_connections).await?)
}

/// Adds a key to a key file; returns its id.
pub(crate) fn add_key(file: KeyFile<'_>) -> Result<KeyId, Error> {
    Ok(file.add(&SystemRandom, SystemClock.now())?)
}

/// The mailer that the configuration asks for.
///
/// Errors: when it asks for none.
pub(crate) fn configured_mailer(config: &Config) -> Result<TemplateMailer, Error> {
    let mail = &config.mail;
    let transport = match (mail.smtp_server(), &mail.directory) {
        (Some(server), _) => Transport::Smtp(Smtp::new(
            server,
            mail.ca_file.as_deref(),
            usize::try_from(mail.max_connections)?,
        )?),
        (None, Some(directory)) => Transport::Directory(Directory::new(directory.clone())?),
        (None, None) => {
            return Err(NO_MAIL.into());
        }
    };
    mailer(config, transport)
}

/// A mailer that puts mails into a mailbox of this process.
pub(crate) fn local_mailer(config: &Config, mailbox: Mailbox) -> Result<TemplateMailer, Error> {
    mailer(config, Transport::Local(mailbox))
}

fn mailer(config: &Config, transport: Transport) -> Result<TemplateMailer, Error> {
    Ok(TemplateMailer::new(templates(config)?, sender(config)?, Arc::new(SystemClock), transport))
}

/// The templates of mails, and the operator's own over them.
///
/// Errors: what is wrong with what the configuration names, with the key and where that was set.
pub(crate) fn templates(config: &Config) -> Result<Templates, String> {
    let templates = match &config.mail.template_dir {
        Some(directory) => Templates::with_own(directory)
            .map_err(|error| config.fault("mail.template_dir", &error))?,
        None => Templates::built_in().map_err(|error| error.to_string())?,
    };
    let language = &config.mail.language;
    templates.speaking(language).map_err(|error| config.fault("mail.language", &error))
}

/// Who mails are from.
pub(crate) fn sender(config: &Config) -> Result<Sender, Error> {
    let from = match &config.mail.from {
        Some(from) => from.clone(),
        None => format!("Passlink <no-reply@{}>", config.public_links()?.host()),
    };
    Ok(Sender {
        from: parse_mailbox(&from)?,
        reply_to: config.mail.reply_to.as_deref().map(parse_mailbox).transpose()?,
    })
}

/// Sends a test mail; returns the other side's answer.
pub(crate) async fn send_test_mail(
    mailer: TemplateMailer,
    to: (EmailAddress, Option<String>),
) -> Result<String, TestMailError> {
    let mailer = Arc::new(mailer);
    passlink_application::mails::send_test_mail(mailer, &SystemClock, &SystemRandom, to).await
}
