//! What holds for each domain, with the defaults filled in.

use std::{ops::Deref, path::PathBuf};

use passlink_adapters::brand::{Accent, Support};
use passlink_application::links::PublicUrl;
use passlink_domain::OrganisationId;
use url::Url;

use crate::Error;

use super::{brand::Brand, domains::Domain, settings::Config, values::BaseUrl, webauthn::may_bind};

/// A place where people reach Passlink, and what they find there.
#[derive(Debug, Clone)]
pub(crate) struct EffectiveDomain {
    /// Which of `[[domains]]` it is. None: there are none, and this stands for all.
    pub key: Option<usize>,
    /// The hosts that it answers to. Empty: any.
    pub names: Vec<String>,
    pub public_url: BaseUrl,
    /// The domain that passkeys are bound to.
    pub rp_id: String,
    /// What people see as the place that a passkey is for.
    pub rp_name: String,
    /// Whose users it serves. None: those of all organisations that no other domain serves.
    pub organisation: Option<OrganisationId>,
    /// The sender of its mails.
    pub mail_from: Option<String>,
    /// Where its own texts and templates of mails are.
    pub template_dir: Option<PathBuf>,
    pub brand: EffectiveBrand,
    /// Origins of other pages and apps that register passkeys for it.
    pub extra_origins: Vec<Url>,
}

/// How it looks to people.
#[derive(Debug, Clone)]
pub(crate) struct EffectiveBrand {
    pub name: String,
    /// Whether an operator gave it that name.
    pub is_named: bool,
    pub logo: Option<PathBuf>,
    pub accent: Option<Accent>,
    pub support: Option<Support>,
    pub home: Option<Url>,
}

impl Config {
    /// All domains, in the order of `[[domains]]`; at least one, which answers to any host and serves all
    /// organisations where none is configured.
    pub fn all_domains(&self) -> Vec<EffectiveDomain> {
        if self.domains.is_empty() {
            return vec![self.only_domain()];
        }
        let domains = self.domains.iter().enumerate();
        let mut domains: Vec<_> = domains.map(|(place, it)| self.domain(place, it)).collect();
        let rp_ids: Vec<_> = domains.iter().map(|domain| domain.rp_id.clone()).collect();
        for domain in &mut domains {
            let is_for_it = |origin: &Url| {
                let above = rp_ids.iter().filter(|rp_id| may_bind(origin, rp_id));
                above.max_by_key(|rp_id| rp_id.len()).is_none_or(|nearest| *nearest == domain.rp_id)
            };
            let origins = self.webauthn.origins().into_iter();
            domain.extra_origins = origins.filter(is_for_it).collect();
        }
        domains
    }

    fn only_domain(&self) -> EffectiveDomain {
        let (webauthn, public_url) = (&self.webauthn, self.server.public_url.clone());
        let name = self.brand.name.as_ref().filter(|_| !self.is_set("webauthn.rp_name"));
        let rp_name = name.unwrap_or(&webauthn.rp_name).clone();
        EffectiveDomain {
            key: None,
            names: Vec::new(),
            rp_id: webauthn.rp_id(&public_url).unwrap_or_default(),
            public_url,
            brand: EffectiveBrand::new(&self.brand, &rp_name, false),
            rp_name,
            organisation: None,
            mail_from: self.mail.from.clone(),
            template_dir: self.mail.template_dir.clone(),
            extra_origins: webauthn.origins(),
        }
    }

    /// A domain, all but its extra origins.
    fn domain(&self, place: usize, domain: &Domain) -> EffectiveDomain {
        // A host that is refused makes no URL, and is reported in place of what is wrong with one.
        let default = || BaseUrl::try_from(format!("https://{}", domain.host)).ok();
        let public_url = domain.public_url.clone().or_else(default);
        let public_url = public_url.unwrap_or_else(|| self.server.public_url.clone());
        let brand = domain.brand.as_ref().unwrap_or(&self.brand);
        let rp_name = domain.rp_name.as_ref().or(brand.name.as_ref());
        let rp_name = rp_name.unwrap_or(&self.webauthn.rp_name).clone();
        let rp_id = domain.rp_id.as_deref().or_else(|| public_url.domain());
        EffectiveDomain {
            key: Some(place),
            names: domain.names(),
            rp_id: rp_id.unwrap_or_default().to_owned(),
            public_url,
            brand: EffectiveBrand::new(brand, &rp_name, domain.rp_name.is_some()),
            rp_name,
            organisation: domain.organisation.clone(),
            mail_from: domain.mail_from.as_ref().or(self.mail.from.as_ref()).cloned(),
            template_dir: domain.template_dir.as_ref().or(self.mail.template_dir.as_ref()).cloned(),
            extra_origins: Vec::new(),
        }
    }
}

impl Domain {
    /// All hosts that it answers to, each once.
    fn names(&self) -> Vec<String> {
        let of_url = self.public_url.as_ref().and_then(|url| url.host_str());
        let given = [&self.host].into_iter().chain(&self.aliases).map(String::as_str);
        let mut names = Vec::<String>::new();
        for name in given.chain(of_url) {
            if !name.is_empty() && !names.iter().any(|it| it == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

impl EffectiveBrand {
    fn new(brand: &Brand, rp_name: &str, has_rp_name: bool) -> Self {
        let Brand { name, logo, accent, support, home } = brand;
        Self {
            name: name.as_deref().unwrap_or(rp_name).to_owned(),
            is_named: has_rp_name || name.is_some(),
            logo: logo.clone(),
            accent: accent.as_deref().and_then(|text| text.parse().ok()),
            support: support.as_deref().and_then(|text| text.parse().ok()),
            home: home.as_deref().and_then(|text| text.parse().ok()),
        }
    }
}

impl EffectiveDomain {
    /// The path of the key that decides for this domain, for messages: of `template_dir`, that is
    /// `domains[0].template_dir` or `mail.template_dir`; of `brand.logo`, `domains[0].brand.logo` or
    /// `brand.logo`. `name` is that of a key of `[[domains]]`.
    pub fn path(&self, config: &Config, name: &str) -> String {
        let general = match name {
            "public_url" => "server.public_url",
            "rp_id" => "webauthn.rp_id",
            "rp_name" => "webauthn.rp_name",
            "mail_from" => "mail.from",
            "template_dir" => "mail.template_dir",
            other => other,
        };
        let Some(place) = self.key else {
            return general.to_owned();
        };
        let own = format!("domains[{place}].{name}");
        let has_brand = config.is_set(&format!("domains[{place}].brand"));
        match name {
            _ if config.is_set(&own) => own,
            "public_url" => format!("domains[{place}].host"),
            "rp_id" => self.path(config, "public_url"),
            "rp_name" | "mail_from" | "template_dir" => general.to_owned(),
            brand if brand.starts_with("brand.") && !has_brand => general.to_owned(),
            _ => own,
        }
    }

    /// The origins besides that of the public URL whose pages register passkeys for it: the extra ones, and
    /// those of its other names, as far as browsers let them.
    pub fn other_origins(&self) -> Vec<Url> {
        let under_name = |name: &String| {
            let mut url = self.public_url.deref().clone();
            url.set_host(Some(name)).ok()?;
            Some(url).filter(|url| may_bind(url, &self.rp_id))
        };
        let of_names = self.names.iter().filter_map(under_name);
        self.extra_origins.iter().cloned().chain(of_names).collect()
    }

    /// Where people reach it, and where its links lead.
    ///
    /// Errors: when `links.url_template` leads where its links may not lead.
    pub fn public_links(&self, config: &Config) -> Result<PublicUrl, Error> {
        let public_url = PublicUrl::new(&self.public_url)?;
        Ok(public_url.with_links(config.links.origins(), config.links.template())?)
    }
}
