//! A call as a program in each of nine languages, made of what stands in their libraries.

use handlebars::{Handlebars, RenderError, handlebars_helper, no_escape};
use serde::Serialize;

/// A language, and the template of its programs.
pub struct Language {
    /// Its name for scripts.
    pub id: &'static str,
    pub name: &'static str,
    /// The command that runs a program; empty for what is a command itself.
    pub run: &'static str,
    template: &'static str,
}

macro_rules! languages {
    ($($id:literal $name:literal $run:literal),+ $(,)?) => {
        /// In the order in which they are shown.
        pub const LANGUAGES: &[Language] = &[$(Language {
            id: $id,
            name: $name,
            run: $run,
            template: include_str!(concat!("samples/", $id, ".hbs")),
        }),+];
    };
}

languages! {
    "curl" "curl" "",
    "python" "Python" "python3 sample.py",
    "go" "Go" "go run sample.go",
    "node" "Node.js" "node sample.mjs",
    "ruby" "Ruby" "ruby sample.rb",
    "csharp" "C#" "mcs -r:System.Net.Http.dll Sample.cs && mono Sample.exe",
    "php" "PHP" "php sample.php",
    "java" "Java" "java Sample.java",
    "powershell" "PowerShell" "pwsh sample.ps1",
}

/// A call to be shown.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sampled<'a> {
    pub verb: &'a str,
    pub url: &'a str,
    /// JSON.
    pub body: Option<&'a str>,
    /// Whether it takes a token, which programs read from the variable `TOKEN`.
    pub token: bool,
}

// All lines but the first, so many spaces to the right.
handlebars_helper!(indent: |by: usize, text: str| {
    text.replace('\n', &format!("\n{}", " ".repeat(by)))
});
// As C# writes quotation marks in a text of several lines.
handlebars_helper!(doubled: |text: str| text.replace('"', "\"\""));
// `Post` for `POST`.
handlebars_helper!(capital: |text: str| {
    let (first, rest) = text.split_at_checked(1).unwrap_or_default();
    format!("{first}{}", rest.to_lowercase())
});

/// Writes programs.
pub struct Samples(Handlebars<'static>);

impl Samples {
    /// Errors: a template is broken, which the tests rule out.
    pub fn new() -> Result<Self, RenderError> {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_escape_fn(no_escape);
        templates.register_helper("indent", Box::new(indent));
        templates.register_helper("doubled", Box::new(doubled));
        templates.register_helper("capital", Box::new(capital));
        for Language { id, template, .. } in LANGUAGES {
            templates.register_template_string(id, template)?;
        }
        Ok(Self(templates))
    }

    /// The call as a program in one of the [`LANGUAGES`], by its id.
    ///
    /// Errors: there is no such language.
    pub fn write(&self, language: &str, call: Sampled<'_>) -> Result<String, RenderError> {
        Ok(self.0.render(language, &call)?.trim_end().to_owned())
    }
}
