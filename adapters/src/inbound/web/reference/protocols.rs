//! The first call by the other protocols, with the clients that people have for them.

use std::collections::BTreeMap;

use handlebars::{Handlebars, RenderError, no_escape};
use serde_json::json;

use super::server::Server;

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("protocols/", $name, ".hbs")))),+]
    };
}

const TEMPLATES: [(&str, &str); 8] = templates![
    "grpcurl",
    "buf_curl",
    "connect_curl",
    "zitadel_client",
    "zitadel_web_client",
    "rust_manifest",
    "rust_build",
    "rust_main",
];
/// The command that knows all protocols, by the name of its sample.
const OF_BUF: [(&str, &str); 3] =
    [("buf_curl", "grpc"), ("buf_curl_web", "grpcweb"), ("buf_curl_connect", "connect")];

/// Samples by their names, for a server.
///
/// Errors: a template is broken, which the tests rule out.
pub(super) fn samples(server: &Server) -> Result<BTreeMap<&'static str, String>, RenderError> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_escape_fn(no_escape);
    for (name, template) in TEMPLATES {
        templates.register_template_string(name, template)?;
    }
    let rendered = |template, protocol| -> Result<String, RenderError> {
        let values = json!({ "server": server, "protocol": protocol });
        Ok(templates.render(template, &values)?.trim_end().to_owned())
    };
    let mut samples = BTreeMap::new();
    for (name, _) in TEMPLATES {
        samples.insert(name, rendered(name, "")?);
    }
    for (name, protocol) in OF_BUF {
        samples.insert(name, rendered("buf_curl", protocol)?);
    }
    Ok(samples)
}
