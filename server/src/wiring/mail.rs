//! The mailer: a letterhead for each domain, and the transport, as the configuration asks for.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use passlink_adapters::outbound::{
    mail::{
        Directory, Letterhead, Mailbox, Sender, Smtp, TemplateMailer, Templates, Transport,
        parse_mailbox,
    },
    system::SystemClock,
};
use passlink_application::ports::Clock;
use passlink_domain::LanguageTag;

use super::{app::App, brand::brand, domains::places};
use crate::{
    Error,
    config::{Config, EffectiveDomain},
};

/// What a server without a way for mail is told.
pub(crate) const NO_MAIL: &str = "mail can't be sent: set mail.smtp_url and mail.from \
    (PASSLINK_MAIL__SMTP_URL, PASSLINK_MAIL__FROM), or mail.directory";

/// With the templates that are `known`, and all others.
///
/// Errors: when the configuration asks for no mailer.
pub(crate) fn configured_mailer(
    config: &Config,
    known: KnownTemplates,
) -> Result<TemplateMailer, Error> {
    let mail = &config.mail;
    let transport = match (mail.smtp_server(), &mail.directory) {
        (Some(server), _) => Transport::Smtp(Smtp::new(
            server,
            mail.ca_file.as_deref(),
            usize::try_from(mail.max_connections)?,
        )?),
        (None, Some(directory)) => Transport::Directory(Directory::new(directory.clone())?),
        (None, None) => return Err(NO_MAIL.into()),
    };
    mailer(config, Arc::new(SystemClock), transport, known)
}

impl App {
    /// A mailer that puts mails into a mailbox of this process.
    pub fn local_mailer(&self, mailbox: Mailbox) -> Result<TemplateMailer, Error> {
        mailer(&self.config, self.ports().clock, Transport::Local(mailbox), Default::default())
    }
}

fn mailer(
    config: &Config,
    clock: Arc<dyn Clock>,
    transport: Transport,
    mut known: KnownTemplates,
) -> Result<TemplateMailer, Error> {
    let mut letterheads = BTreeMap::new();
    for place in places(config)? {
        let letterhead = letterhead(config, &place.settings, &mut known)?;
        letterheads.insert(place.domain.host().to_owned(), letterhead);
    }
    Ok(TemplateMailer { letterheads, clock, transport })
}

/// Templates by the directory that some of them are from.
pub(crate) type KnownTemplates = BTreeMap<Option<PathBuf>, Arc<Templates>>;

/// Whose mails they are, and how they look. Templates that are `known` are not read again.
pub(crate) fn letterhead(
    config: &Config,
    domain: &EffectiveDomain,
    known: &mut KnownTemplates,
) -> Result<Letterhead, Error> {
    Ok(Letterhead {
        templates: templates(config, domain, known)?,
        sender: sender(config, domain)?,
        brand: brand(config, domain)?,
        is_named: domain.brand.is_named,
    })
}

/// The templates of mails, and the operator's own over them.
///
/// Errors: what is wrong with what the configuration names, with the key and where that was set.
pub(crate) fn templates(
    config: &Config,
    domain: &EffectiveDomain,
    known: &mut KnownTemplates,
) -> Result<Arc<Templates>, String> {
    if let Some(templates) = known.get(&domain.template_dir) {
        return Ok(templates.clone());
    }
    let templates = match &domain.template_dir {
        Some(directory) => Templates::with_overrides(directory)
            .map_err(|error| config.fault(&domain.path(config, "template_dir"), &error))?,
        None => Templates::built_in(),
    };
    let language = LanguageTag::parse(&config.mail.language);
    let language = language.map_err(|error| config.fault("mail.language", &error))?;
    let templates = templates.speaking(&language);
    let templates = templates.map_err(|error| config.fault("mail.language", &error))?;
    let templates = Arc::new(templates);
    known.insert(domain.template_dir.clone(), templates.clone());
    Ok(templates)
}

fn sender(config: &Config, domain: &EffectiveDomain) -> Result<Sender, Error> {
    let from = match &domain.mail_from {
        Some(from) => from.clone(),
        None => {
            let name = domain.brand.name.replace('\\', "\\\\").replace('"', "\\\"");
            let host = domain.public_url.host_str().unwrap_or_default();
            format!("\"{name}\" <no-reply@{host}>")
        }
    };
    // Answers to one domain are no business of another.
    let is_shared = domain.mail_from == config.mail.from;
    let reply_to = config.mail.reply_to.as_deref().filter(|_| is_shared);
    Ok(Sender { from: parse_mailbox(&from)?, reply_to: reply_to.map(parse_mailbox).transpose()? })
}
