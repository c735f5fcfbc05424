//! The use cases over the adapters.

use std::sync::Arc;

use passlink_adapters::outbound::{persistence::ImportTable, process, webauthn::RelyingParty};
use passlink_application::{
    callers::ManageTokens,
    links::{AddLink, ExpireLinks, LinkIssuer, ListLinks, RevokeLink, SendLink},
    mails::{Composer, DeliverMail, ManageOutbox},
    passkeys::{ExportPasskeys, ImportPasskeys, ListPasskeys, PasskeyRegistry, RemovePasskey},
    ports::{Mailer, Ports, Wake},
    users::{ImportUsers, ManageUsers},
};
use passlink_domain::{CodeKeys, LinkPolicy};
use secrecy::ExposeSecret;

use super::app::App;
use crate::{Error, worker::Bell};

impl App {
    pub(super) fn ports(&self) -> Ports {
        Ports {
            store: self.store(),
            clock: self.clock(),
            random: self.random.clone(),
            observer: self.observer.clone(),
        }
    }

    /// Notes which links expired.
    pub fn expire_links(&self) -> ExpireLinks {
        ExpireLinks(self.ports())
    }

    /// What can be done with users.
    pub fn users(&self) -> ManageUsers {
        ManageUsers(self.ports())
    }

    /// An import of users, on a connection of its own.
    pub async fn import(&self) -> Result<ImportUsers, Error> {
        let staging = ImportTable::open(self.config.database.url.expose_secret()).await?;
        Ok(ImportUsers::new(Box::new(staging), self.clock(), self.random.clone()))
    }

    /// What can be done with tokens.
    pub fn tokens(&self) -> ManageTokens {
        ManageTokens(self.ports())
    }

    /// Lists links.
    pub fn list_links(&self) -> ListLinks {
        ListLinks(self.ports())
    }

    /// Revokes links.
    pub fn revoke_link(&self) -> RevokeLink {
        RevokeLink(self.ports())
    }

    /// What can be done with the outbox.
    pub fn outbox(&self, wake: Arc<dyn Wake>) -> ManageOutbox {
        ManageOutbox { ports: self.ports(), wake }
    }

    /// The worker's use case.
    pub fn deliver_mail(
        &self,
        keys: Arc<CodeKeys>,
        mailer: Arc<dyn Mailer>,
    ) -> Result<DeliverMail, Error> {
        Ok(DeliverMail {
            ports: self.ports(),
            mailer,
            composer: Composer { keys, public_url: self.config.public_links()? },
            holder: process::name(),
        })
    }

    pub(super) fn link_issuer(&self, keys: Arc<CodeKeys>) -> Result<LinkIssuer, Error> {
        let policy = LinkPolicy {
            lifetime: self.config.links.lifetime,
            cooldown: self.config.links.cooldown,
            max_per_hour: self.config.links.max_per_hour,
            max_per_mailbox: self.config.limits.mails_per_mailbox,
        };
        Ok(LinkIssuer {
            ports: self.ports(),
            keys,
            public_url: self.config.public_links()?,
            policy,
        })
    }

    /// Mails links, for a worker in another process.
    pub async fn send_link(&self) -> Result<SendLink, Error> {
        let issuer = self.link_issuer(self.held_keys().await?)?;
        Ok(SendLink { issuer, wake: Arc::new(Bell::default()) })
    }

    /// Returns links to an operator, whatever callers may have.
    pub async fn add_link(&self) -> Result<AddLink, Error> {
        let issuer = self.link_issuer(self.held_keys().await?)?;
        Ok(AddLink { issuer, offered: true })
    }

    /// Lists passkeys.
    pub fn list_passkeys(&self) -> ListPasskeys {
        ListPasskeys(self.ports())
    }

    /// Exports passkeys.
    pub fn export_passkeys(&self) -> ExportPasskeys {
        ExportPasskeys(self.ports())
    }

    /// Imports passkeys.
    pub fn import_passkeys(&self) -> Result<ImportPasskeys, Error> {
        Ok(ImportPasskeys(self.passkey_registry(Arc::new(Bell::default()))?))
    }

    /// Removes passkeys, with mails for a worker in another process.
    pub fn remove_passkey(&self) -> Result<RemovePasskey, Error> {
        Ok(RemovePasskey(self.passkey_registry(Arc::new(Bell::default()))?))
    }

    pub(super) fn passkey_registry(&self, wake: Arc<dyn Wake>) -> Result<PasskeyRegistry, Error> {
        let (public_url, webauthn) = (&self.config.server.public_url, &self.config.webauthn);
        let relying_party = RelyingParty::new(
            &webauthn.rp_id(public_url).unwrap_or_default(),
            &webauthn.rp_name,
            public_url,
            &webauthn.origins(),
        )?;
        Ok(PasskeyRegistry {
            ports: self.ports(),
            wake,
            webauthn: Arc::new(relying_party),
            public_url: self.config.public_links()?,
            max_per_user: usize::try_from(self.config.passkeys.max_per_user)?,
        })
    }
}
