//! The use cases over the adapters, and the keys that codes are derived from.

use std::sync::Arc;

use passlink_adapters::outbound::{persistence::ImportTable, process, webauthn::RelyingParty};
use passlink_application::{
    keys::KeyUse,
    links::{AddLink, LinkIssuer, SendLink},
    mails::{Composer, DeliverMail, ManageOutbox},
    passkeys::{ImportPasskeys, PasskeyRegistry, RemovePasskey, RenamePasskey},
    ports::{KeyNeed, Mailer, Ports, Wake},
    users::ImportUsers,
};
use passlink_domain::{CodeKeys, LinkPolicy};
use secrecy::ExposeSecret;

use super::{
    app::App,
    domains::{Place, domains, places},
};
use crate::{Error, config::EffectiveDomain, worker::Bell};

impl App {
    /// An import of users, on a connection of its own.
    pub async fn import(&self) -> Result<ImportUsers, Error> {
        let staging = ImportTable::open(self.config.database.url.expose_secret()).await?;
        let Ports { clock, random, .. } = self.ports();
        Ok(ImportUsers::new(Box::new(staging), clock, random))
    }

    pub fn outbox(&self, wake: Arc<dyn Wake>) -> ManageOutbox {
        ManageOutbox { ports: self.ports(), wake }
    }

    pub fn deliver_mail(
        &self,
        keys: Arc<CodeKeys>,
        mailer: Arc<dyn Mailer>,
    ) -> Result<DeliverMail, Error> {
        Ok(DeliverMail {
            ports: self.ports(),
            mailer,
            composer: Composer { keys, domains: domains(&self.config)? },
            holder: process::name(),
        })
    }

    pub(super) fn link_issuer(&self, keys: Arc<CodeKeys>, place: &Place) -> LinkIssuer {
        let policy = LinkPolicy {
            lifetime: self.config.links.lifetime,
            cooldown: self.config.links.cooldown,
            max_per_hour: self.config.links.max_per_hour,
            max_per_mailbox: self.config.limits.mails_per_mailbox,
            max_per_organisation: self.config.limits.mails_per_hour,
        };
        LinkIssuer { ports: self.ports(), keys, domain: place.domain.clone(), policy }
    }

    /// Mails links, for a worker in another process.
    pub async fn send_link(&self, place: &Place) -> Result<SendLink, Error> {
        let issuer = self.link_issuer(self.held_keys().await?, place);
        Ok(SendLink { issuer, wake: Arc::new(Bell::default()) })
    }

    /// Returns links to an operator, whatever callers may have.
    pub async fn add_link(&self, place: &Place) -> Result<AddLink, Error> {
        let issuer = self.link_issuer(self.held_keys().await?, place);
        Ok(AddLink { issuer, offered: true })
    }

    pub fn import_passkeys(&self, place: &Place) -> Result<ImportPasskeys, Error> {
        Ok(ImportPasskeys(self.passkey_registry(Arc::new(Bell::default()), place)?))
    }

    /// Renames passkeys of whichever domain.
    pub fn rename_passkey(&self) -> Result<RenamePasskey, Error> {
        Ok(RenamePasskey(self.any_passkey_registry()?))
    }

    /// Removes passkeys of whichever domain, with mails for a worker in another process.
    pub fn remove_passkey(&self) -> Result<RemovePasskey, Error> {
        Ok(RemovePasskey(self.any_passkey_registry()?))
    }

    /// The registry of some domain, for what an operator does whatever the domain is.
    fn any_passkey_registry(&self) -> Result<PasskeyRegistry, Error> {
        let places = places(&self.config)?;
        let any = places.first().ok_or("there is no domain")?;
        self.passkey_registry(Arc::new(Bell::default()), any)
    }

    pub(super) fn passkey_registry(
        &self,
        wake: Arc<dyn Wake>,
        place: &Place,
    ) -> Result<PasskeyRegistry, Error> {
        let EffectiveDomain { rp_id, rp_name, public_url, .. } = &place.settings;
        let origins = place.settings.other_origins();
        let relying_party = RelyingParty::new(rp_id, rp_name, public_url, &origins)?;
        Ok(PasskeyRegistry {
            ports: self.ports(),
            wake,
            webauthn: Arc::new(relying_party),
            domain: place.domain.clone(),
            max_per_user: usize::try_from(self.config.passkeys.max_per_user)?,
        })
    }

    /// The keys that codes are derived from; made at the first start.
    pub fn keys(&self) -> Result<Arc<CodeKeys>, Error> {
        let (file, Ports { clock, random, .. }) = (self.config.secrets.keys(), self.ports());
        Ok(Arc::new(file.load_or_create(&*random, clock.now())?))
    }

    /// The keys of the key file, which is made where nothing needs one yet.
    ///
    /// Errors: the file is no good, or it is gone and needed.
    pub async fn held_keys(&self) -> Result<Arc<CodeKeys>, Error> {
        let file = &self.config.secrets.key_file;
        if !file.exists() {
            let needed = KeyUse(self.ports()).needed().await?;
            if !needed.is_empty() {
                return Err(format!(
                    "key file {} is missing, and links or passkeys need it ({}): put it back, or, if it is lost, \
                    make a new one with `passlink key add`; the links then open nothing",
                    file.display(),
                    named(&needed)
                )
                .into());
            }
        }
        let keys = self.keys()?;
        let key_use = KeyUse(self.ports());
        let missing = key_use.missing(&keys).await?;
        if !missing.is_empty() {
            tracing::error!(
                keys = named(&missing),
                "the key file lacks keys that links and passkeys need: this node can neither mail nor \
                 open what was made with them"
            );
        }
        let newest = keys.newest().id();
        if key_use.is_retired(newest.clone()).await? {
            let key = newest.as_str();
            tracing::error!(
                key,
                "the newest key of the key file was retired: this node makes no links and is not ready \
                 until it is started with a newer key"
            );
        }
        Ok(keys)
    }
}

fn named(needs: &[KeyNeed]) -> String {
    let names: Vec<_> = needs.iter().map(|need| need.key.as_str()).collect();
    names.join(", ")
}
