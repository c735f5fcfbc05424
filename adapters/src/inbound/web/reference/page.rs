//! The page, in the brand of a site.

use handlebars::{Handlebars, RenderError, handlebars_helper, html_escape};
use serde_json::{Value, json};

use super::{
    call::Written,
    protocols,
    sample::{LANGUAGES, Samples},
    server::Server,
};
use crate::{
    brand::Support,
    inbound::web::{PageError, shelf::Shelf},
};

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!($name, ".hbs")))),+]
    };
}

const TEMPLATES: [(&str, &str); 5] = templates!["page", "call", "message", "fields", "code"];
/// Where it is.
const PATH: &str = "/docs";

// A text of a `.proto` file: paragraphs, with code between backticks.
handlebars_helper!(prose: |text: str| {
    let code = |(index, part): (usize, &str)| match index % 2 {
        0 => html_escape(part),
        _ => format!("<code>{}</code>", html_escape(part)),
    };
    let html: String = text.split('`').enumerate().map(code).collect();
    html.replace("\n\n", "</p>\n<p>")
});

/// The page of a site as HTML, which tells of this server.
///
/// Errors: a template is broken, which the tests rule out.
pub(super) fn html(shelf: &Shelf, server: &Server) -> Result<String, PageError> {
    let Shelf { brand, assets, .. } = shelf;
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_helper("prose", Box::new(prose));
    for (name, template) in TEMPLATES {
        templates.register_template_string(name, template).map_err(RenderError::from)?;
    }
    let logo = assets
        .logo
        .as_ref()
        .map(|logo| json!({ "name": logo.name, "width": logo.width, "height": logo.height }));
    let written = Written::read()?;
    Ok(templates.render(
        "page",
        &json!({
            "site": brand.name,
            "logo": logo,
            "icon": assets.icon(),
            "support": brand.support.as_ref().map(Support::href),
            "assets": assets.base_from(PATH),
            "server": server,
            "services": with_samples(&written, server)?,
            "errors": written.errors,
            "error_example": written.error_example,
            "protocols": protocols::samples(server)?,
        }),
    )?)
}

/// The services, with a program in each language for each of their calls.
fn with_samples(written: &Written, server: &Server) -> Result<Value, PageError> {
    let (programs, mut services) = (Samples::new()?, serde_json::to_value(&written.services)?);
    let calls = services.as_array_mut().into_iter().flatten();
    let calls = calls.filter_map(|service| service.get_mut("calls")?.as_array_mut()).flatten();
    for (shown, call) in calls.zip(written.calls()) {
        let samples = LANGUAGES.iter().map(|language| {
            let code = call.sample(&programs, language.id, &server.url)?;
            let (id, name, run) = (language.id, language.name, language.run);
            Ok(json!({ "id": id, "name": name, "run": run, "code": code }))
        });
        let samples = samples.collect::<Result<Vec<_>, RenderError>>()?;
        shown.as_object_mut().map(|shown| shown.insert("samples".to_owned(), samples.into()));
    }
    Ok(services)
}
