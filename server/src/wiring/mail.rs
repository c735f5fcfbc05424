//! The mailer: letterhead and transport, as the configuration asks for.

use std::sync::Arc;

use passlink_adapters::{
    brand::Brand,
    outbound::{
        mail::{
            Directory, Letterhead, Mailbox, Sender, Smtp, TemplateMailer, Templates, Transport,
            parse_mailbox,
        },
        system::SystemClock,
    },
};
use passlink_application::ports::Clock;
use passlink_domain::LanguageTag;

use super::app::App;
use crate::{Error, config::Config};

/// What a server without a way for mail is told.
pub(crate) const NO_MAIL: &str = "mail can't be sent: set mail.smtp_url and mail.from \
    (PASSLINK_MAIL__SMTP_URL, PASSLINK_MAIL__FROM), or mail.directory";

/// Errors: when the configuration asks for no mailer.
pub(crate) fn configured_mailer(config: &Config) -> Result<TemplateMailer, Error> {
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
    mailer(config, Arc::new(SystemClock), transport)
}

impl App {
    /// A mailer that puts mails into a mailbox of this process.
    pub fn local_mailer(&self, mailbox: Mailbox) -> Result<TemplateMailer, Error> {
        mailer(&self.config, self.ports().clock, Transport::Local(mailbox))
    }
}

fn mailer(
    config: &Config,
    clock: Arc<dyn Clock>,
    transport: Transport,
) -> Result<TemplateMailer, Error> {
    Ok(TemplateMailer { letterhead: letterhead(config)?, clock, transport })
}

/// Whose mails they are, and how they look.
pub(crate) fn letterhead(config: &Config) -> Result<Letterhead, Error> {
    Ok(Letterhead {
        templates: templates(config)?,
        sender: sender(config)?,
        brand: Brand::named(&config.webauthn.rp_name),
        is_named: false,
    })
}

/// The templates of mails, and the operator's own over them.
///
/// Errors: what is wrong with what the configuration names, with the key and where that was set.
pub(crate) fn templates(config: &Config) -> Result<Templates, String> {
    let templates = match &config.mail.template_dir {
        Some(directory) => Templates::with_overrides(directory)
            .map_err(|error| config.fault("mail.template_dir", &error))?,
        None => Templates::built_in().map_err(|error| error.to_string())?,
    };
    let language = LanguageTag::parse(&config.mail.language);
    let language = language.map_err(|error| config.fault("mail.language", &error))?;
    templates.speaking(&language).map_err(|error| config.fault("mail.language", &error))
}

fn sender(config: &Config) -> Result<Sender, Error> {
    let from = match &config.mail.from {
        Some(from) => from.clone(),
        None => format!("Passlink <no-reply@{}>", config.public_links()?.host()),
    };
    Ok(Sender {
        from: parse_mailbox(&from)?,
        reply_to: config.mail.reply_to.as_deref().map(parse_mailbox).transpose()?,
    })
}
