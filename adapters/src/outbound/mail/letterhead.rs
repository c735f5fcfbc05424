//! Whose mail it is, and how it looks.

use std::sync::Arc;

use passlink_application::mails::Mail;

use super::{
    message::Sender,
    templates::{Branding, Rendered, TemplateError, Templates, header_name},
};
use crate::brand::Brand;

pub struct Letterhead {
    pub templates: Arc<Templates>,
    pub sender: Sender,
    pub brand: Brand,
    /// Whether the operator gave the brand its name. If not, mails are from whom `sender` names.
    pub is_named: bool,
}

impl Letterhead {
    /// Renders a mail in the language it asks for, or the nearest one.
    pub(super) fn render(&self, mail: &Mail) -> Result<Rendered, TemplateError> {
        self.templates.render(mail, &Branding::new(&self.brand, &self.from()))
    }

    /// Who mails say they are from. A part of an address is never a name.
    fn from(&self) -> String {
        let configured = self.sender.from.name.as_deref().filter(|_| !self.is_named);
        configured.and_then(header_name).unwrap_or_else(|| self.brand.name.clone())
    }
}

#[cfg(test)]
mod tests;
