//! Finishing a ceremony: whose it is, and whether its answer verifies.

use passlink_domain::{
    Ceremony, Challenge, Credential, LinkState, ObjectDetails, OpenedBy, PasskeyId, UserId,
    name_passkey,
};
use tracing::info_span;

use super::{
    RegisterPasskey,
    opener::{invalid_code, serving_link},
    record::{Finished, Redeemed, record},
};
use crate::{
    callers::Acting,
    codes::CodeError,
    passkeys::{PasskeyError, device, registry::passkey_of_user},
    ports::{Ports, WebAuthnError},
};

#[derive(Debug, Clone)]
pub struct RegistrationAnswer {
    /// The browser's `PublicKeyCredential`, as JSON.
    pub credential: String,
    /// What the passkey shall be called; empty for a name that is found for it.
    pub name: String,
    pub user_agent: Option<String>,
}

/// Which ceremony an answer belongs to, and who answers.
#[derive(Debug, Clone)]
pub enum CeremonyKey {
    /// The one that makes this passkey.
    Passkey {
        user: UserId,
        id: PasskeyId,
        /// Who acts for the user by a bearer token, if there was one.
        acting: Option<Acting>,
    },
    /// The one among the user's own that has the challenge of the answer.
    Challenge { acting: Acting },
}

/// A ceremony that was begun, with what its authenticator is to sign.
struct Open {
    ceremony: Ceremony,
    challenge: Challenge,
}

impl RegisterPasskey {
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
    #[tracing::instrument(name = "passlink.finish_registration", skip_all)]
    pub async fn finish(
        &self,
        key: CeremonyKey,
        answer: RegistrationAnswer,
    ) -> Result<ObjectDetails, PasskeyError> {
        let webauthn = &*self.registry.webauthn;
        let (open, acting) = match key {
            CeremonyKey::Passkey { user, id, acting } => {
                if let Some(acting) = &acting {
                    self.check_reach(acting.clone()).await?;
                }
                let open = self.find(id.clone()).await?;
                let caller = acting.as_ref().map(|acting| &acting.user);
                match open.filter(|open| open.ceremony.user == user) {
                    Some(open) if open.ceremony.can_be_finished_by(caller) => {
                        (open, acting.unwrap_or_else(|| Acting::code_holder(user)))
                    }
                    Some(_) => return Err(PasskeyError::NoBearer),
                    None => return Err(self.missing(user, id).await),
                }
            }
            CeremonyKey::Challenge { acting } => {
                let challenge = webauthn.challenge_of(&answer.credential);
                let open = self.find_by_challenge(acting.clone(), challenge).await?;
                (open.ok_or(PasskeyError::NotVerified)?, acting)
            }
        };
        self.registry.ports.observer.ceremony(&open.ceremony.id, &open.ceremony.opened_by);
        let (user, id) = (open.ceremony.user.clone(), open.ceremony.id.clone());
        match self.finish_ceremony(open, acting, answer).await {
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
        acting: Acting,
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
        let model = self.registry.webauthn.model(credential.aaguid);
        let name = name_passkey(&answer.name, model, device.as_ref())?;
        let notice = self.registry.notice(ceremony.id.clone(), acting.actor.clone());
        let (ceremony, keys) = (open.ceremony, self.codes.keys.clone());
        let finished = Finished { ceremony, acting, credential, name, device, notice, keys };
        let Ports { store, observer, .. } = &self.registry.ports;
        let work = store.write(finished, |finished, tx| Box::pin(record(finished, tx)));
        let (details, redeemed) = work.await?;
        if let Some(Redeemed { kind, after }) = redeemed {
            observer.links(LinkState::Redeemed, kind, 1);
            after.into_iter().for_each(|after| observer.redeemed(after));
        }
        self.registry.wake.wake();
        Ok(details)
    }

    fn verify(&self, open: &Open, answer: &str) -> Result<Credential, PasskeyError> {
        let (webauthn, ceremony) = (&*self.registry.webauthn, &open.ceremony);
        let is_open = ceremony.is_open_at(self.registry.ports.clock.now());
        if !is_open || ceremony.rp_id != webauthn.rp_id() {
            return Err(PasskeyError::NotVerified);
        }
        let verified = info_span!("passlink.verify_credential")
            .in_scope(|| webauthn.verify(&open.challenge, answer));
        let credential = verified.inspect_err(|error| {
            if let WebAuthnError::NotVerified(cause) = error {
                tracing::info!(cause, "a WebAuthn answer does not verify");
            }
        })?;
        if credential.contradicts(ceremony.asked) {
            let told = (&credential.attachment, &credential.transports);
            let asked = &ceremony.asked;
            tracing::info!(?told, ?asked, "the authenticator is not what was asked for");
            return Err(PasskeyError::NotVerified);
        }
        Ok(credential)
    }

    /// Checks that the user is there, for who acts.
    async fn check_reach(&self, acting: Acting) -> Result<(), PasskeyError> {
        let user = self.registry.ports.store.read(acting, |acting, tx| Box::pin(acting.user(tx)));
        user.await?.map(drop).ok_or(PasskeyError::UserNotFound)
    }

    async fn find(&self, id: PasskeyId) -> Result<Option<Open>, PasskeyError> {
        let input = (id, self.registry.domain.clone());
        let find = self.registry.ports.store.read(input, |(id, domain), tx| {
            Box::pin(async move {
                let found = tx.ceremony(id).await?;
                let found = found.filter(|it| domain.knows_relying_party(&it.rp_id));
                let Some(ceremony) = found else { return Ok(None) };
                // Where all are served, no more is read.
                if domain.organisations.are_all() {
                    return Ok(Some(ceremony));
                }
                let user = tx.user(&ceremony.user).await?;
                let is_served = user.is_some_and(|user| domain.serves(&user.organisation));
                Ok::<_, PasskeyError>(is_served.then_some(ceremony))
            })
        });
        Ok(find.await?.and_then(|ceremony| self.open(ceremony)))
    }

    /// The ceremony with its challenge. Without the key of that, it is as if the ceremony had ended.
    fn open(&self, ceremony: Ceremony) -> Option<Open> {
        let challenge = ceremony.challenge(&self.codes.keys)?;
        Some(Open { ceremony, challenge })
    }

    async fn find_by_challenge(
        &self,
        acting: Acting,
        challenge: Option<Vec<u8>>,
    ) -> Result<Option<Open>, PasskeyError> {
        let own = self.registry.ports.store.read(acting, |acting, tx| {
            Box::pin(async move {
                acting.user(tx).await?.ok_or(PasskeyError::UserNotFound)?.active()?;
                Ok::<_, PasskeyError>(tx.ceremonies_of(&acting.user).await?)
            })
        });
        let mut own = own.await?.into_iter().filter_map(|ceremony| self.open(ceremony));
        let Some(challenge) = challenge else { return Ok(None) };
        Ok(own.find(|open| {
            open.ceremony.opened_by == OpenedBy::Bearer && open.challenge.matches(&challenge)
        }))
    }

    /// Checks that the link that began the ceremony still opens something. Only then may the caller learn
    /// that the answer does not verify: for a used link, that would say that this ceremony used it.
    async fn check_link(&self, ceremony: &Ceremony) -> Result<(), PasskeyError> {
        let OpenedBy::Link(link) = &ceremony.opened_by else { return Ok(()) };
        let (now, ids) = (self.registry.ports.clock.now(), (ceremony.user.clone(), link.clone()));
        let serves = self.registry.ports.store.read(ids, move |(user, link), tx| {
            Box::pin(async move {
                let user = tx.user(user).await?.ok_or_else(invalid_code)?;
                serving_link(link, &user, now, tx).await.map(drop)
            })
        });
        serves.await
    }

    /// Why there is no such ceremony: it may have made the user's passkey already.
    async fn missing(&self, user: UserId, id: PasskeyId) -> PasskeyError {
        let (store, domain) = (&self.registry.ports.store, self.registry.domain.clone());
        let made = store.read((user, id, domain), |(user, id, domain), tx| {
            Box::pin(async move {
                let user = tx.user(user).await?.ok_or(PasskeyError::NotFound)?;
                if !domain.serves(&user.organisation) {
                    return Err(PasskeyError::NotFound);
                }
                passkey_of_user(&user.id, id, domain, tx).await
            })
        });
        made.await.map_or_else(|error| error, |_| PasskeyError::NotVerified)
    }
}
