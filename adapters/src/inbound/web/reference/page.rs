//! The page: a frame of a site's own around a body that all sites share.

use std::sync::LazyLock;

use handlebars::{Handlebars, RenderError, handlebars_helper, html_escape};
use serde_json::{Value, json};
use url::Url;

use super::{
    SERVER,
    call::Written,
    protocols,
    sample::{LANGUAGES, Samples},
};
use crate::{
    brand::{Brand, Support},
    inbound::web::{PageError, assets::Assets},
};

const FRAME: &str = include_str!("frame.hbs");
const BODY: &str = include_str!("body.hbs");
const CALL: &str = include_str!("call.hbs");
const FIELDS: &str = include_str!("fields.hbs");
const CODE: &str = include_str!("code.hbs");
/// What the frame has in place of the body.
const PLACE: &str = "<!-- body -->";
/// What the body has in place of host and port.
const AUTHORITY: &str = "server.invalid:443";
const PATH: &str = "/docs";

/// The body for servers with and without TLS; it speaks of [`SERVER`].
static BODIES: LazyLock<Result<[String; 2], PageError>> =
    LazyLock::new(|| Ok([body(false)?, body(true)?]));

pub(super) struct ReferencePage {
    before: String,
    after: String,
    server: String,
    authority: String,
    tls: bool,
}

impl ReferencePage {
    /// The page of a brand, which loads these assets and tells of a server at this URL.
    pub fn new(brand: &Brand, assets: &Assets, server: &Url) -> Result<Self, PageError> {
        let support = brand.support.as_ref().map(Support::href);
        let logo = assets
            .logo
            .as_ref()
            .map(|logo| json!({ "name": logo.name, "width": logo.width, "height": logo.height }));
        let frame = json!({
            "site": brand.name,
            "logo": logo,
            "icon": assets.icon(),
            "support": support,
            "assets": assets.base_from(PATH),
        });
        let frame = Handlebars::new().render_template(FRAME, &frame)?;
        let (before, after) = frame.split_once(PLACE).unwrap_or((&frame, ""));
        let host = server.host_str().unwrap_or_default();
        let port = server.port_or_known_default().unwrap_or_default();
        Ok(Self {
            before: before.to_owned(),
            after: after.to_owned(),
            server: html_escape(server.as_str().trim_end_matches('/')),
            authority: html_escape(&format!("{host}:{port}")),
            tls: server.scheme() == "https",
        })
    }

    /// The page as HTML.
    ///
    /// Errors: a template is broken, which the tests rule out.
    pub fn html(&self) -> Result<String, &'static PageError> {
        let [plain, tls] = BODIES.as_ref()?;
        let body = if self.tls { tls } else { plain };
        // The longer one first: it begins as the other does.
        let body = body.replace(AUTHORITY, &self.authority).replace(SERVER, &self.server);
        Ok([&self.before, body.as_str(), &self.after].concat())
    }
}

// A text of a `.proto` file: paragraphs, with code between backticks.
handlebars_helper!(prose: |text: str| {
    let code = |(index, part): (usize, &str)| match index % 2 {
        0 => html_escape(part),
        _ => format!("<code>{}</code>", html_escape(part)),
    };
    let html: String = text.split('`').enumerate().map(code).collect();
    html.replace("\n\n", "</p>\n<p>")
});

fn body(tls: bool) -> Result<String, PageError> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_helper("prose", Box::new(prose));
    for (name, template) in [("body", BODY), ("call", CALL), ("fields", FIELDS), ("code", CODE)] {
        templates.register_template_string(name, template).map_err(RenderError::from)?;
    }
    Ok(templates.render("body", &shown(tls)?)?)
}

/// What the body shows.
fn shown(tls: bool) -> Result<Value, PageError> {
    let written = Written::read()?;
    let (programs, mut services) = (Samples::new()?, Vec::new());
    for service in &written.services {
        let mut calls = Vec::new();
        for call in &service.calls {
            let samples = LANGUAGES.iter().map(|language| {
                let code = call.sample(&programs, language.id, SERVER)?;
                Ok(json!({ "id": language.id, "name": language.name, "code": code }))
            });
            let samples = samples.collect::<Result<Vec<_>, RenderError>>()?;
            let mut call = serde_json::to_value(call)?;
            if let Some(call) = call.as_object_mut() {
                call.insert("samples".to_owned(), samples.into());
            }
            calls.push(call);
        }
        let mut service = serde_json::to_value(service)?;
        if let Some(service) = service.as_object_mut() {
            service.insert("calls".to_owned(), calls.into());
        }
        services.push(service);
    }
    Ok(json!({
        "services": services,
        "errors": written.errors,
        "error_example": written.error_example,
        "server": SERVER,
        "authority": AUTHORITY,
        "tls": tls,
        "protocols": protocols::samples(SERVER, AUTHORITY, tls)?,
    }))
}
