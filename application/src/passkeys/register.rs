//! Registering a passkey: the ceremony, from the challenge to the passkey (WebAuthn, section 7.1).

use jiff::Timestamp;
use passlink_domain::{
    Attachment, Ceremony, Challenge, Credential, LinkId, LinkState, ObjectDetails, OpenedBy,
    PasskeyId, PasskeyLink, Purpose, User, UserHandle, UserId, name_passkey,
};
use tracing::{Span, info_span};

use self::{
    begin::{Draft, begin},
    finish::{Finished, Redeemed, finish},
};
use crate::{
    codes::{CodeDesk, CodeError, PresentedCode},
    ids::{new_id, random_uuid},
    passkeys::{PasskeyDesk, PasskeyError, desk::own_passkey, device},
    ports::{Repositories, StoreError},
};

mod begin;
mod finish;

/// Begins and finishes registration ceremonies.
pub struct RegisterPasskey {
    desk: PasskeyDesk,
    codes: CodeDesk,
}

/// What a ceremony is begun for.
#[derive(Debug, Clone)]
pub struct NewPasskey {
    /// Whose passkey it will be.
    pub user: UserId,
    /// The attachment that is wanted, if one is.
    pub attachment: Option<Attachment>,
    /// The relying party's id, or the host of the page where it is registered; empty when the caller
    /// does not say.
    pub domain: String,
}

/// A ceremony that was begun.
#[derive(Debug)]
pub struct BegunRegistration {
    /// The id that the passkey will have; whoever finishes the ceremony must know it.
    pub passkey: PasskeyId,
    /// The options for `navigator.credentials.create`: JSON, an object with the key `publicKey`.
    pub options: String,
    /// Where the user's history stands; beginning a ceremony is no change.
    pub details: ObjectDetails,
}

/// An answer to a ceremony's challenge.
#[derive(Debug, Clone)]
pub struct RegistrationAnswer {
    /// The browser's `PublicKeyCredential`, as JSON.
    pub credential: String,
    /// What the passkey shall be called; empty for a name that is found for it.
    pub name: String,
    /// The `User-Agent` of the request, if it had one.
    pub user_agent: Option<String>,
}

/// Which ceremony an answer belongs to, and who answers.
#[derive(Debug, Clone)]
pub enum CeremonyKey {
    /// The one that makes this passkey.
    Passkey {
        /// Whose passkey it is.
        user: UserId,
        /// The passkey.
        id: PasskeyId,
        /// Whom a bearer token speaks for, if there was one.
        caller: Option<UserId>,
    },
    /// The one among the caller's own that has the challenge of the answer.
    Challenge {
        /// Whom the bearer token speaks for.
        caller: UserId,
    },
}

impl RegisterPasskey {
    /// Takes where passkeys are kept and where codes are checked.
    pub fn new(desk: PasskeyDesk, codes: CodeDesk) -> Self {
        Self { desk, codes }
    }

    /// Begins a ceremony for a caller who acts for the user.
    ///
    /// Errors: [`PasskeyError`]; nothing is kept then.
    #[tracing::instrument(
        name = "passlink.begin_registration", skip_all,
        fields(passlink.passkey.id, passlink.link.id, passlink.opened_by)
    )]
    pub async fn begin(&self, new: NewPasskey) -> Result<BegunRegistration, PasskeyError> {
        self.begin_as(new, OpenedBy::Bearer).await
    }

    /// Begins a ceremony with the code of a link.
    ///
    /// Errors: [`PasskeyError`]; nothing is kept then, and the link can be used all the same.
    #[tracing::instrument(
        name = "passlink.begin_registration", skip_all,
        fields(passlink.passkey.id, passlink.link.id, passlink.opened_by)
    )]
    pub async fn begin_with_code(
        &self,
        new: NewPasskey,
        presented: PresentedCode<LinkId>,
    ) -> Result<BegunRegistration, PasskeyError> {
        let (link, _) = self.codes.link(&presented, Purpose::Register).await?;
        match link.user == new.user {
            true => self.begin_as(new, OpenedBy::Link(link.id)).await,
            false => Err(CodeError::Invalid.into()),
        }
    }

    async fn begin_as(
        &self,
        new: NewPasskey,
        opened_by: OpenedBy,
    ) -> Result<BegunRegistration, PasskeyError> {
        tell(&opened_by);
        if !new.domain.is_empty() && !self.desk.webauthn.serves(&new.domain) {
            return Err(PasskeyError::Domain);
        }
        let draft = Draft {
            id: new_id(self.desk.clock.now(), &*self.desk.random)?,
            handle: UserHandle::new(random_uuid(&*self.desk.random).to_vec())
                .map_err(|error| StoreError::Broken(error.into()))?,
            desk: self.desk.clone(),
            keys: self.codes.keys.clone(),
            new,
            opened_by,
        };
        Span::current().record("passlink.passkey.id", draft.id.as_str());
        self.desk.store.write(draft, |draft, tx| Box::pin(begin(draft, tx))).await
    }

    /// Whether finishing this ceremony needs the user's bearer token, which [`Self::finish`] insists
    /// on: it is not looked at for a ceremony that a link began.
    pub async fn needs_bearer(&self, passkey: &PasskeyId) -> Result<bool, PasskeyError> {
        let open = self.find(passkey.clone()).await?;
        Ok(open.is_some_and(|open| open.ceremony.opened_by == OpenedBy::Bearer))
    }

    /// Finishes a ceremony: stores the passkey and uses up the link, if one began it.
    ///
    /// Errors: [`PasskeyError`]; nothing is stored then, and the link can be used all the same.
    /// [`PasskeyError::NoBearer`] when a bearer token began the ceremony and the caller is nobody, or
    /// another user.
    #[tracing::instrument(
        name = "passlink.finish_registration", skip_all,
        fields(passlink.passkey.id, passlink.link.id, passlink.opened_by)
    )]
    pub async fn finish(
        &self,
        key: CeremonyKey,
        answer: RegistrationAnswer,
    ) -> Result<ObjectDetails, PasskeyError> {
        let webauthn = &*self.desk.webauthn;
        let open = match key {
            CeremonyKey::Passkey { user, id, caller } => {
                let open = self.find(id.clone()).await?;
                match open.filter(|open| open.ceremony.user == user) {
                    Some(open) if open.ceremony.can_be_finished_by(caller.as_ref()) => open,
                    Some(_) => return Err(PasskeyError::NoBearer),
                    None => return Err(self.missing(user, id).await),
                }
            }
            CeremonyKey::Challenge { caller } => {
                let challenge = webauthn.challenge_of(&answer.credential);
                self.own_with_challenge(caller, challenge)
                    .await?
                    .ok_or(PasskeyError::NotVerified)?
            }
        };
        tell(&open.ceremony.opened_by);
        Span::current().record("passlink.passkey.id", open.ceremony.id.as_str());
        let (user, id) = (open.ceremony.user.clone(), open.ceremony.id.clone());
        match self.finish_ceremony(open, answer).await {
            // The same answer may have come twice, and the other one used the link up.
            Err(PasskeyError::Code(CodeError::Invalid))
                if self.find(id.clone()).await?.is_none() =>
            {
                Err(self.missing(user, id).await)
            }
            finished => finished,
        }
    }

    async fn finish_ceremony(
        &self,
        open: Open,
        answer: RegistrationAnswer,
    ) -> Result<ObjectDetails, PasskeyError> {
        let ceremony = &open.ceremony;
        let credential = match self.verify(&open, &answer.credential) {
            Err(PasskeyError::NotVerified) => {
                self.check_link(ceremony).await?;
                return Err(PasskeyError::NotVerified);
            }
            verified => verified?,
        };
        let device = answer.user_agent.as_deref().and_then(device);
        let model = self.desk.webauthn.model(credential.aaguid);
        let name = name_passkey(&answer.name, model, device.as_ref())?;
        let notice = self.desk.notice(ceremony.id.clone())?;
        let (ceremony, keys) = (open.ceremony, self.codes.keys.clone());
        let finished = Finished { ceremony, credential, name, device, notice, keys };
        let work = self.desk.store.write(finished, |finished, tx| Box::pin(finish(finished, tx)));
        let (details, redeemed) = work.await?;
        if let Some(Redeemed { kind, after }) = redeemed {
            self.desk.observer.links(LinkState::Redeemed, kind, 1);
            after.into_iter().for_each(|after| self.desk.observer.redeemed(after));
        }
        self.desk.wake.wake();
        Ok(details)
    }

    fn verify(&self, open: &Open, answer: &str) -> Result<Credential, PasskeyError> {
        let (webauthn, ceremony) = (&*self.desk.webauthn, &open.ceremony);
        if !ceremony.is_open_at(self.desk.clock.now()) || ceremony.rp_id != webauthn.rp_id() {
            return Err(PasskeyError::NotVerified);
        }
        let verified = info_span!("passlink.verify_credential")
            .in_scope(|| webauthn.verify(&open.challenge, answer));
        let credential = verified?;
        if credential.contradicts(ceremony.asked) {
            let told = (&credential.attachment, &credential.transports);
            tracing::info!(?told, asked = ?ceremony.asked, "the authenticator is not what was asked for");
            return Err(PasskeyError::NotVerified);
        }
        Ok(credential)
    }

    async fn find(&self, id: PasskeyId) -> Result<Option<Open>, PasskeyError> {
        let find = self.desk.store.read(id, |id, tx| Box::pin(tx.ceremony(id)));
        Ok(find.await?.and_then(|ceremony| self.open(ceremony)))
    }

    /// The ceremony with its challenge. Without the key of that, it is as if the ceremony had ended.
    fn open(&self, ceremony: Ceremony) -> Option<Open> {
        let challenge = ceremony.challenge(&self.codes.keys)?;
        Some(Open { ceremony, challenge })
    }

    async fn own_with_challenge(
        &self,
        user: UserId,
        challenge: Option<Vec<u8>>,
    ) -> Result<Option<Open>, PasskeyError> {
        let own = self.desk.store.read(user, |user, tx| {
            Box::pin(async move {
                tx.user(user).await?.ok_or(PasskeyError::UserNotFound)?.active()?;
                Ok::<_, PasskeyError>(tx.ceremonies_of(user).await?)
            })
        });
        let mut own = own.await?.into_iter().filter_map(|ceremony| self.open(ceremony));
        let Some(challenge) = challenge else { return Ok(None) };
        Ok(own.find(|open| {
            open.ceremony.opened_by == OpenedBy::Bearer && open.challenge.matches(&challenge)
        }))
    }

    /// Whether the link that began the ceremony still opens something. Only then is it told that an
    /// answer does not verify: of a link that is used, that says that this ceremony used it.
    async fn check_link(&self, ceremony: &Ceremony) -> Result<(), PasskeyError> {
        let OpenedBy::Link(link) = &ceremony.opened_by else { return Ok(()) };
        let (now, of) = (self.desk.clock.now(), (ceremony.user.clone(), link.clone()));
        let serves = self.desk.store.read(of, move |(user, link), tx| {
            Box::pin(async move {
                let user = tx.user(user).await?.ok_or_else(invalid_code)?;
                serving_link(link, &user, now, tx).await.map(drop)
            })
        });
        serves.await
    }

    /// What it means that there is no such ceremony: the user's passkey that it made may be there.
    async fn missing(&self, user: UserId, id: PasskeyId) -> PasskeyError {
        let made = self.desk.store.read((user, id), |(user, id), tx| {
            Box::pin(async move { own_passkey(user, id, tx).await })
        });
        match made.await {
            Ok(_) => PasskeyError::NotVerified,
            Err(error) => error,
        }
    }
}

/// A ceremony that was begun, with what its authenticator is to sign.
struct Open {
    ceremony: Ceremony,
    challenge: Challenge,
}

/// Says in the span of a ceremony what opened it.
fn tell(opened_by: &OpenedBy) {
    let span = Span::current();
    match opened_by {
        OpenedBy::Bearer => span.record("passlink.opened_by", "bearer"),
        OpenedBy::Link(link) => {
            span.record("passlink.opened_by", "link").record("passlink.link.id", link.as_str())
        }
    };
}

/// For whom a ceremony is begun or finished.
struct Opener {
    /// The user, locked.
    user: User,
    /// The link that began it, if one did.
    link: Option<PasskeyLink>,
    /// The time.
    now: Timestamp,
}

/// For whom a ceremony is begun or finished; a link that began it must still open something.
async fn opener(
    opened_by: &OpenedBy,
    user: &UserId,
    desk: &PasskeyDesk,
    tx: &mut dyn Repositories,
) -> Result<Opener, PasskeyError> {
    let OpenedBy::Link(link) = opened_by else {
        let (user, now) = desk.active_user(user, tx).await?;
        return Ok(Opener { user, link: None, now });
    };
    let user = tx.user_for_update(user).await?.ok_or_else(invalid_code)?;
    let now = desk.clock.now();
    let link = serving_link(link, &user, now, tx).await?;
    Ok(Opener { user, link: Some(link), now })
}

/// The link, which must open something for the user.
async fn serving_link(
    link: &LinkId,
    user: &User,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<PasskeyLink, PasskeyError> {
    let link = tx.link(link).await?;
    link.filter(|link| link.user == user.id && link.serves(user, now)).ok_or_else(invalid_code)
}

fn invalid_code() -> PasskeyError {
    CodeError::Invalid.into()
}

#[cfg(test)]
mod tests;
