//! From what a queued mail is about to its words, if they still hold: all of it is looked at again
//! before the mail goes out.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use passlink_domain::{
    CodeKeys, Delivery, EmailAddress, LinkState, Passkey, PasskeyLink, Purpose, UNDO_FOR, User,
    UserState,
};

use crate::{
    links::PublicUrl,
    mails::{Mail, PasskeyAddedMail, PasskeyLinkMail, PasskeyRemovedMail},
    ports::{
        ClaimedMail,
        MailReason::{self, KeyMissing, LinkEnded, LinkExpired, Over, UserChanged},
        MailSubject, Repositories, StoreError,
    },
};

/// Longest wait between two tries of a mail with a link, which somebody waits for.
pub(crate) const LINK_WAIT: Duration = Duration::from_secs(60);
/// Longest wait between two tries of a mail that tells of a change; it is worth days of trying.
pub(crate) const NOTICE_WAIT: Duration = Duration::from_secs(30 * 60);

/// What is told of a mail whose link expired.
pub(crate) const EXPIRED: &str = "the link expired before the mail was taken";

/// What a mail is about, as it is now.
pub(crate) enum Subject {
    Link(PasskeyLink),
    Added(Passkey),
    Removed(Passkey, Timestamp),
}

/// A mail, and how long it is worth trying.
pub(crate) struct Composed {
    pub mail: Mail,
    pub give_up: Timestamp,
    pub longest_wait: Duration,
}

/// Why a mail is not sent, and what its link becomes by that.
pub(crate) struct Dropped {
    pub reason: MailReason,
    pub text: &'static str,
    pub becomes: Option<LinkState>,
    /// Until when, and with which longest wait, another node may be able to send it.
    pub for_now: Option<(Timestamp, Duration)>,
}

impl Dropped {
    fn because(reason: MailReason, text: &'static str) -> Self {
        Self { reason, text, becomes: None, for_now: None }
    }

    fn key_missing(text: &'static str, give_up: Timestamp, longest_wait: Duration) -> Self {
        Self { for_now: Some((give_up, longest_wait)), ..Self::because(KeyMissing, text) }
    }
}

/// Looks up what a mail is about, and whom it is for.
pub(crate) async fn look_up(
    claimed: &ClaimedMail,
    tx: &mut dyn Repositories,
) -> Result<Option<(Subject, User)>, StoreError> {
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

/// Composes mails.
pub(crate) struct Composer {
    keys: Arc<CodeKeys>,
    public_url: PublicUrl,
}

impl Composer {
    pub fn new(keys: Arc<CodeKeys>, public_url: PublicUrl) -> Self {
        Self { keys, public_url }
    }

    /// Makes the mail, if what it is about and its user still hold.
    pub fn compose(
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
        if link.clone().seen_at(now).state == LinkState::Expired {
            return Err(Dropped {
                becomes: Some(LinkState::Expired),
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
                becomes: Some(LinkState::Revoked),
                ..Dropped::because(UserChanged, "the user is not active or the address changed")
            });
        }
        let code = |purpose| {
            let code = self.keys.derive(&link.key, &link.code_binding(purpose));
            code.ok_or(Dropped::key_missing(
                "the key of the link's code is not in the key file",
                link.expires,
                LINK_WAIT,
            ))
        };
        let mail = PasskeyLinkMail {
            to: to.clone(),
            display_name: user.display_name,
            username: user.username,
            language: user.language,
            register_url: self.public_url.register(link, &code(Purpose::Register)?),
            revoke_url: self.public_url.revoke(link, &code(Purpose::Revoke)?),
            requested_by: link.requested_by.clone(),
            requested: link.requested,
            expires: link.expires,
            left: link.expires.duration_since(now),
        };
        Ok(Composed {
            mail: Mail::PasskeyLink(mail),
            give_up: link.expires,
            longest_wait: LINK_WAIT,
        })
    }

    fn added(&self, passkey: &Passkey, user: User, now: Timestamp) -> Result<Composed, Dropped> {
        let (true, Some(undo)) = (passkey.can_be_undone_at(now), &passkey.undo) else {
            return Err(Dropped::because(Over, "the passkey was removed, or was added long ago"));
        };
        let code =
            passkey.undo_binding().and_then(|(key, binding)| self.keys.derive(key, &binding));
        let code = code.ok_or(Dropped::key_missing(
            "the key of the undo code is not in the key file",
            undo.until,
            NOTICE_WAIT,
        ))?;
        let mail = PasskeyAddedMail {
            to: notified_at(&user)?,
            display_name: user.display_name,
            username: user.username,
            language: user.language,
            passkey: passkey.name.clone(),
            synced: passkey.credential.backup_eligible,
            device: passkey.device.clone(),
            added: passkey.created,
            undo_url: self.public_url.undo(&passkey.id, &code),
            undo_until: undo.until,
        };
        Ok(notice(Mail::PasskeyAdded(mail), undo.until))
    }

    fn removed(
        &self,
        passkey: &Passkey,
        removed: Timestamp,
        user: User,
        now: Timestamp,
    ) -> Result<Composed, Dropped> {
        let give_up = removed.saturating_add(UNDO_FOR).unwrap_or(Timestamp::MAX);
        if now >= give_up {
            return Err(Dropped::because(Over, "the passkey was removed long ago"));
        }
        let mail = PasskeyRemovedMail {
            to: notified_at(&user)?,
            display_name: user.display_name,
            username: user.username,
            language: user.language,
            passkey: passkey.name.clone(),
            removed,
            site: self.public_url.site(),
        };
        Ok(notice(Mail::PasskeyRemoved(mail), give_up))
    }
}

/// Where a user is told of changes: a user who may not act as well, and at no other address than
/// the one that is registered now.
fn notified_at(user: &User) -> Result<EmailAddress, Dropped> {
    match (user.state, user.verified_address()) {
        (UserState::Removed, _) | (_, None) => {
            Err(Dropped::because(UserChanged, "the user is gone or has no verified address"))
        }
        (_, Some(address)) => Ok(address.clone()),
    }
}

fn notice(mail: Mail, give_up: Timestamp) -> Composed {
    Composed { mail, give_up, longest_wait: NOTICE_WAIT }
}
