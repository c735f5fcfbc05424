//! Templates, ready to render: those that are built in, or some of them replaced.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use handlebars::{Context, Handlebars, RenderError, RenderErrorReason, no_escape};
use serde_json::Value;

use super::{
    catalogue::Catalogues,
    error::TemplateError,
    helpers::{self, Output},
};

#[derive(Clone)]
pub(super) struct Source {
    pub file: String,
    pub template: Cow<'static, str>,
}

/// The templates by name, such as `layout.html`.
pub(super) type Sources = BTreeMap<String, Source>;

pub(super) struct Design {
    sources: Sources,
    text: Handlebars<'static>,
    html: Handlebars<'static>,
}

impl Design {
    /// Parses the templates, to be rendered with these texts.
    pub fn new(sources: Sources, catalogues: &Arc<Catalogues>) -> Result<Self, TemplateError> {
        Ok(Self {
            text: registry(&sources, Output::Text, catalogues)?,
            html: registry(&sources, Output::Html, catalogues)?,
            sources,
        })
    }

    /// The same with other templates in the place of some.
    pub fn with(&self, own: Sources, catalogues: &Arc<Catalogues>) -> Result<Self, TemplateError> {
        let mut sources = self.sources.clone();
        sources.extend(own);
        Self::new(sources, catalogues)
    }

    pub fn render(
        &self,
        template: &str,
        output: Output,
        data: &Context,
    ) -> Result<String, TemplateError> {
        let registry = match output {
            Output::Text => &self.text,
            Output::Html => &self.html,
        };
        registry.render_with_context(template, data).map_err(|error| {
            let template = error.template_name.as_deref().unwrap_or(template);
            let reason = self.explain(&error, output, data.data());
            TemplateError::in_file(self.file(template, output), error.line_no, reason)
        })
    }

    /// The error of a mail without the link `{{name}}`.
    pub fn lacks(&self, name: &str, template: &str, output: Output) -> TemplateError {
        let reason = format!(
            "the mail lacks a link: it must hold {{{{{name}}}}}, and its layout {{{{> @partial-block}}}}"
        );
        TemplateError::in_file(self.file(template, output), None, reason)
    }

    fn file(&self, template: &str, output: Output) -> String {
        let name = format!("{template}.{}", output.name());
        self.sources.get(&name).map_or(name, |source| source.file.clone())
    }

    /// What is wrong, and what is allowed.
    fn explain(&self, error: &RenderError, output: Output, data: &Value) -> String {
        match error.reason() {
            RenderErrorReason::MissingVariable(Some(name)) => {
                let values = data.as_object().into_iter().flat_map(|fields| fields.keys());
                format!("there is no value {name}; there are: {}", listed(values))
            }
            RenderErrorReason::HelperNotFound(name) => format!(
                "there is no helper {name}; there are: say, isolate, if, unless, each, with"
            ),
            RenderErrorReason::PartialNotFound(name) => {
                let suffix = format!(".{}", output.name());
                let names = self.sources.keys().filter_map(|name| name.strip_suffix(&suffix));
                format!("there is no template {name}; there are: {}", listed(names))
            }
            reason => reason.to_string(),
        }
    }
}

fn registry(
    sources: &Sources,
    output: Output,
    catalogues: &Arc<Catalogues>,
) -> Result<Handlebars<'static>, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    match output {
        Output::Text => registry.register_escape_fn(no_escape),
        Output::Html => registry.register_escape_fn(helpers::escape_html),
    }
    helpers::register(&mut registry, output, catalogues);
    let suffix = format!(".{}", output.name());
    for (name, source) in sources {
        let Some(name) = name.strip_suffix(&suffix) else { continue };
        registry.register_template_string(name, &source.template).map_err(|error| {
            let line = error.pos().map(|(line, _)| line);
            TemplateError::in_file(&source.file, line, error.reason().to_string())
        })?;
    }
    Ok(registry)
}

/// The names in the order of the alphabet, which no map has to have them in.
fn listed(names: impl Iterator<Item = impl AsRef<str> + Ord>) -> String {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}
