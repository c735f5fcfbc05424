//! The domains that people reach Passlink by. What is made at one is unknown at another: links, passkeys, and
//! the tokens of users and services whom the other does not serve.
//!
//! Why: `docs/decisions/domains.md`.

use std::sync::Arc;

use passlink_domain::{OrganisationId, Organisations, Passkey, PasskeyLink};

use crate::links::PublicUrl;

/// What an operator says of a domain.
#[derive(Debug, Clone)]
pub struct DomainSettings {
    /// The host names that lead to it. One without names is alone, and all names do.
    pub names: Vec<String>,
    pub public_url: PublicUrl,
    /// The relying party that its passkeys are made for.
    pub rp_id: String,
    /// Whose users it serves; without it, those of all organisations that no other domain serves.
    pub organisation: Option<OrganisationId>,
}

/// A domain, which knows what belongs to it.
#[derive(Debug)]
pub struct Domain {
    pub public_url: PublicUrl,
    pub organisations: Organisations,
    names: Vec<String>,
    rp_id: String,
    /// Of other domains that serve the same users.
    names_of_others: Vec<String>,
    rp_ids_of_others: Vec<String>,
}

impl Domain {
    /// The one domain of an installation that has no other.
    pub fn alone(public_url: PublicUrl) -> Arc<Self> {
        Arc::new(Self {
            public_url,
            organisations: Organisations::all(),
            names: Vec::new(),
            rp_id: String::new(),
            names_of_others: Vec::new(),
            rp_ids_of_others: Vec::new(),
        })
    }

    /// The host that codes and mails of this domain know it by.
    pub fn host(&self) -> &str {
        self.public_url.host()
    }

    /// The host names that lead here; none if all do.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn serves(&self, organisation: &OrganisationId) -> bool {
        self.organisations.include(organisation)
    }

    /// Whether the link is one of this domain.
    pub(crate) fn knows_link(&self, link: &PasskeyLink) -> bool {
        self.serves(&link.organisation) && self.knows_name(&link.domain)
    }

    /// Whether what was made under this host for somebody who is served here belongs here: unless another
    /// domain that serves them has made it. So what was made before there were several domains, or before
    /// the organisation got one of its own, goes along with its user.
    pub(crate) fn knows_name(&self, host: &str) -> bool {
        !self.names_of_others.iter().any(|name| name == host)
    }

    /// The relying parties of other domains that serve the same users.
    pub(crate) fn other_rp_ids(&self) -> &[String] {
        &self.rp_ids_of_others
    }

    /// The same for passkeys for this relying party.
    pub(crate) fn knows_relying_party(&self, rp_id: &str) -> bool {
        !self.rp_ids_of_others.iter().any(|id| id == rp_id)
    }
}

/// All domains, at least one.
#[derive(Debug, Clone)]
pub struct Domains(Arc<[Arc<Domain>]>);

impl Domains {
    pub fn new(all: Vec<DomainSettings>) -> Self {
        let served = all.iter().filter_map(|domain| domain.organisation.clone()).collect();
        let domain = |settings: &DomainSettings| {
            let is_other = |other: &&DomainSettings| {
                other.organisation == settings.organisation && other.names != settings.names
            };
            let others = || all.iter().filter(is_other);
            let rp_ids = others().map(|other| &other.rp_id);
            Arc::new(Domain {
                public_url: settings.public_url.clone(),
                organisations: match &settings.organisation {
                    Some(organisation) => Organisations::One(organisation.clone()),
                    None => Organisations::AllBut(Clone::clone(&served)),
                },
                names: settings.names.clone(),
                rp_id: settings.rp_id.clone(),
                names_of_others: others().flat_map(|other| other.names.clone()).collect(),
                rp_ids_of_others: rp_ids.filter(|id| **id != settings.rp_id).cloned().collect(),
            })
        };
        Self(all.iter().map(domain).collect())
    }

    pub fn all(&self) -> &[Arc<Domain>] {
        &self.0
    }

    /// The domains that serve the users of an organisation.
    pub fn serving(&self, organisation: &OrganisationId) -> impl Iterator<Item = &Arc<Domain>> {
        self.0.iter().filter(|domain| domain.serves(organisation))
    }

    /// The domain of this name; none if all names lead to one.
    pub fn named(&self, name: &str) -> Option<&Arc<Domain>> {
        self.0.iter().find(|domain| domain.names.iter().any(|it| it == name))
    }

    /// Where a link is opened: where it was made, or where its user is served since.
    pub(crate) fn of_link(&self, link: &PasskeyLink) -> Option<&Arc<Domain>> {
        let mut serving = self.serving(&link.organisation);
        let made_at = |domain: &&Arc<Domain>| domain.names.contains(&link.domain);
        self.serving(&link.organisation).find(made_at).or_else(|| serving.next())
    }

    /// Where a passkey of a user of this organisation is used.
    pub(crate) fn of_passkey(
        &self,
        passkey: &Passkey,
        organisation: &OrganisationId,
    ) -> Option<&Arc<Domain>> {
        let mut serving = self.serving(organisation);
        let made_at = |domain: &&Arc<Domain>| {
            passkey.undo.as_ref().is_some_and(|undo| domain.names.contains(&undo.domain))
        };
        let made_for = |domain: &&Arc<Domain>| domain.rp_id == passkey.rp_id;
        let at = self.serving(organisation).find(made_at);
        at.or_else(|| self.serving(organisation).find(made_for)).or_else(|| serving.next())
    }
}

#[cfg(test)]
mod tests;
