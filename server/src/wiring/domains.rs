//! The domains that the configuration names.

use std::sync::Arc;

use passlink_application::domains::{Domain, DomainSettings, Domains};
use passlink_domain::OrganisationId;

use super::app::App;
use crate::{
    Error,
    config::{Config, EffectiveDomain, as_browsers_write},
};

/// A domain, with what the configuration says of it.
pub(crate) struct Place {
    pub settings: EffectiveDomain,
    pub domain: Arc<Domain>,
}

/// All domains, in the order of the configuration.
pub(crate) fn places(config: &Config) -> Result<Vec<Place>, Error> {
    let (all, domains) = (config.all_domains(), domains(config)?);
    let places = all.into_iter().zip(domains.all());
    Ok(places.map(|(settings, domain)| Place { settings, domain: domain.clone() }).collect())
}

pub(super) fn domains(config: &Config) -> Result<Domains, Error> {
    let settings = |domain: EffectiveDomain| {
        Ok(DomainSettings {
            public_url: domain.public_links(config)?,
            names: domain.names,
            rp_id: domain.rp_id,
            organisation: domain.organisation,
        })
    };
    let settings: Result<_, Error> = config.all_domains().into_iter().map(settings).collect();
    Ok(Domains::new(settings?))
}

/// The domain of this name, or the only one.
///
/// Errors: there is none of that name, or there are several and none was named; says which there are.
pub(crate) fn one_place(config: &Config, name: Option<&str>) -> Result<Place, Error> {
    chosen(places(config)?, name, "")
}

impl App {
    /// The domains that serve an organisation.
    pub fn places_of(&self, organisation: &OrganisationId) -> Result<Vec<Place>, Error> {
        let mut places = places(&self.config)?;
        places.retain(|place| place.domain.serves(organisation));
        Ok(places)
    }

    /// The domain that a command means which is about a user of that organisation.
    ///
    /// Errors: as [`one_place`], of the domains that serve the organisation.
    pub fn place(&self, name: Option<&str>, organisation: &OrganisationId) -> Result<Place, Error> {
        chosen(
            self.places_of(organisation)?,
            name,
            &format!(" for the organisation {organisation}"),
        )
    }
}

/// `which` says what the places have in common.
fn chosen(places: Vec<Place>, name: Option<&str>, which: &str) -> Result<Place, Error> {
    let name = name.map(|name| as_browsers_write(name).unwrap_or_else(|| name.to_owned()));
    let names: Vec<_> =
        places.iter().filter_map(|place| place.domain.names().first().cloned()).collect();
    let names = names.join(", ");
    let is_named = |place: &Place| match &name {
        Some(name) => place.domain.names().contains(name),
        None => true,
    };
    let mut meant = places.into_iter().filter(is_named);
    match (meant.next(), meant.next(), &name) {
        (Some(place), None, _) => Ok(place),
        (Some(_), Some(_), _) => {
            Err(format!("there are several domains{which}: name one with --domain: {names}").into())
        }
        (None, _, Some(name)) if names.is_empty() => {
            Err(format!("there is no domain {name}{which}").into())
        }
        (None, _, Some(name)) => {
            Err(format!("there is no domain {name}{which}; there are: {names}").into())
        }
        (None, _, None) => {
            Err(format!("there is no domain{which}: one of [[domains]] must have it as `organisation`, or have none")
                .into())
        }
    }
}
