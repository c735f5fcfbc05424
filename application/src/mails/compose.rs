//! Composing a queued mail from what it is about. All of that is looked at again before the mail goes
//! out, and a mail that no longer holds is dropped.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{
    CodeKeys, Delivery, EmailAddress, LinkState, Passkey, PasskeyLink, Purpose, UNDO_FOR, User,
    UserState, later,
};

use crate::{
    domains::{Domain, Domains},
    mails::{Content, Mail},
    ports::{
        ClaimedMail,
        MailReason::{self, DomainMissing, KeyMissing, LinkEnded, LinkExpired, Over, UserChanged},
        MailSubject, Repositories, StoreResult,
    },
};

/// Longest wait between two tries of a mail with a link, which somebody waits for.
pub(crate) const LINK_RETRY: Duration = Duration::from_secs(60);
/// Longest wait between two tries of a mail about a change, which is worth days of trying.
pub(crate) const NOTICE_RETRY: Duration = Duration::from_secs(30 * 60);

/// What an operator reads about a mail whose link expired.
pub(crate) const EXPIRED: &str = "the link expired before the mail was taken";

/// How long a mail is worth trying, and the longest wait between two tries.
#[derive(Clone, Copy)]
pub(crate) struct RetryPolicy {
    pub give_up: Timestamp,
    pub longest_wait: Duration,
}

/// What a mail is about, as it is now.
pub(crate) enum Subject {
    Link(PasskeyLink),
    Added(Passkey),
    Removed(Passkey, Timestamp),
}

pub(crate) struct Composed {
    pub mail: Mail,
    pub retry: RetryPolicy,
}

/// Why a mail is not sent.
pub(crate) struct Dropped {
    pub reason: MailReason,
    pub text: &'static str,
    /// The state that its link moves to, if it does.
    pub link_becomes: Option<LinkState>,
    /// Set when another node may be able to send it later.
    pub retry: Option<RetryPolicy>,
}

impl Dropped {
    pub fn because(reason: MailReason, text: &'static str) -> Self {
        Self { reason, text, link_becomes: None, retry: None }
    }

    fn key_missing(text: &'static str, retry: RetryPolicy) -> Self {
        Self { retry: Some(retry), ..Self::because(KeyMissing, text) }
    }

    fn domain_missing(retry: RetryPolicy) -> Self {
        let text = "no configured domain serves the user's organisation";
        Self { retry: Some(retry), ..Self::because(DomainMissing, text) }
    }
}

/// Looks up what a mail is about, and whom it is for.
pub(crate) async fn look_up(
    claimed: &ClaimedMail,
    tx: &mut dyn Repositories,
) -> StoreResult<Option<(Subject, User)>> {
    let subject = match &claimed.about {
        MailSubject::Link(id) => tx.link(id).await?.map(Subject::Link),
        MailSubject::PasskeyAdded(id) => tx.passkey(id).await?.map(Subject::Added),
        MailSubject::PasskeyRemoved(id) => {
            let passkey = tx.passkey(id).await?;
            passkey.and_then(|it| it.removed.map(|at| Subject::Removed(it, at)))
        }
    };
    Ok(subject.zip(tx.user(&claimed.user).await?))
}

pub struct Composer {
    pub keys: Arc<CodeKeys>,
    pub domains: Domains,
}

impl Composer {
    /// Makes the mail, if what it is about and its user still hold.
    pub(crate) fn compose(
        &self,
        subject: &Subject,
        user: User,
        now: Timestamp,
    ) -> Result<Composed, Dropped> {
        match subject {
            Subject::Link(link) => self.link(link, user, now),
            Subject::Added(passkey) => self.added(passkey, user, now),
            Subject::Removed(passkey, at) => self.removed(passkey, *at, user, now),
        }
    }

    fn link(&self, link: &PasskeyLink, user: User, now: Timestamp) -> Result<Composed, Dropped> {
        let retry = RetryPolicy { give_up: link.expires, longest_wait: LINK_RETRY };
        if link.clone().seen_at(now).state == LinkState::Expired {
            return Err(Dropped {
                link_becomes: Some(LinkState::Expired),
                ..Dropped::because(LinkExpired, EXPIRED)
            });
        }
        if link.state.is_final() {
            return Err(Dropped::because(LinkEnded, "the link has ended"));
        }
        let Delivery::Mail(to) = &link.delivery else {
            return Err(Dropped::because(LinkEnded, "the link is not for mail"));
        };
        if user.reachable_at() != Ok(to) {
            return Err(Dropped {
                link_becomes: Some(LinkState::Revoked),
                ..Dropped::because(UserChanged, "the user is not active or the address changed")
            });
        }
        let code = |purpose| {
            let code = self.keys.derive(&link.key, &link.code_binding(purpose));
            code.ok_or(Dropped::key_missing(
                "the key of the link's code is not in the key file",
                retry,
            ))
        };
        let domain = self.domains.of_link(link).ok_or(Dropped::domain_missing(retry))?;
        let content = Content::PasskeyLink {
            register_url: domain.public_url.register(link, &code(Purpose::Register)?),
            revoke_url: domain.public_url.revoke(link, &code(Purpose::Revoke)?),
            requested_by: link.requested_by.clone(),
            requested: link.requested,
            expires: link.expires,
            left: link.expires.duration_since(now),
        };
        Ok(Composed { mail: Mail::about(user, to.clone(), domain.host(), content), retry })
    }

    fn added(&self, passkey: &Passkey, user: User, now: Timestamp) -> Result<Composed, Dropped> {
        let (true, Some(undo)) = (passkey.can_be_undone_at(now), &passkey.undo) else {
            return Err(Dropped::because(Over, "the passkey was removed, or was added long ago"));
        };
        let retry = RetryPolicy { give_up: undo.until, longest_wait: NOTICE_RETRY };
        let code =
            passkey.undo_binding().and_then(|(key, binding)| self.keys.derive(key, &binding));
        let code = code.ok_or(Dropped::key_missing(
            "the key of the undo code is not in the key file",
            retry,
        ))?;
        let to = notice_address(&user)?;
        let domain = self.domain(passkey, &user, retry)?;
        let content = Content::PasskeyAdded {
            passkey: passkey.name.clone(),
            synced: passkey.credential.backup_eligible,
            device: passkey.device.clone(),
            added: passkey.created,
            undo_url: domain.public_url.undo(&passkey.id, &code),
            undo_until: undo.until,
        };
        Ok(Composed { mail: Mail::about(user, to, domain.host(), content), retry })
    }

    fn removed(
        &self,
        passkey: &Passkey,
        removed: Timestamp,
        user: User,
        now: Timestamp,
    ) -> Result<Composed, Dropped> {
        let give_up = later(removed, UNDO_FOR);
        if now >= give_up {
            return Err(Dropped::because(Over, "the passkey was removed long ago"));
        }
        let to = notice_address(&user)?;
        let retry = RetryPolicy { give_up, longest_wait: NOTICE_RETRY };
        let domain = self.domain(passkey, &user, retry)?;
        let content = Content::PasskeyRemoved { passkey: passkey.name.clone(), removed };
        Ok(Composed { mail: Mail::about(user, to, domain.host(), content), retry })
    }

    /// The domain that a mail about a passkey is from.
    fn domain(
        &self,
        passkey: &Passkey,
        user: &User,
        retry: RetryPolicy,
    ) -> Result<&Domain, Dropped> {
        let domain = self.domains.of_passkey(passkey, &user.organisation);
        domain.map(|domain| &**domain).ok_or(Dropped::domain_missing(retry))
    }
}

/// Where a user is informed of changes: at the address that is registered now. A user who may not act is
/// informed as well.
fn notice_address(user: &User) -> Result<EmailAddress, Dropped> {
    let address = user.verified_address().filter(|_| user.state != UserState::Removed);
    let gone = || Dropped::because(UserChanged, "the user is gone or has no verified address");
    address.cloned().ok_or_else(gone)
}
