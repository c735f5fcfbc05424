//! `passlink user import`.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use passlink_application::users::{ImportStep, NewUser};
use passlink_domain::{EmailAddress, OrganisationId, Text, UserId, UserState};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    clear_journal,
    interrupt::Interrupt,
    jsonl::{self, BAR, Lines, SPINNER, at_key, rate},
};
use crate::{Error, cli, wiring::App};

const COMPARING: &str = "all lines are read; looking for ids and login names that are taken";
const EXAMPLE: &str = "{\"email\": \"ada@example.com\"}";

/// A user as a line tells of one: with the keys that `user list` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    id: Option<String>,
    organisation: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    language: Option<String>,
    email: String,
    email_verified: Option<bool>,
    state: Option<String>,
    #[serde(rename = "sequence")]
    _sequence: Option<IgnoredAny>,
}

impl TryFrom<Line> for (NewUser, UserState) {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let text = |key: &str, text: Option<String>| {
            text.map(|text| at_key(key, Text::parse(&text))).transpose()
        };
        let organisation = line.organisation.as_deref().unwrap_or(cli::ORGANISATION);
        let language = cli::user_language(&line.language.unwrap_or_default());
        let new = NewUser {
            id: line.id.map(|id| at_key("id", UserId::parse(&id))).transpose()?,
            organisation: at_key("organisation", OrganisationId::parse(organisation))?,
            email: at_key("email", EmailAddress::parse(&line.email))?,
            email_verified: line.email_verified.unwrap_or(true),
            username: text("username", line.username)?,
            display_name: text("displayName", line.display_name)?,
            language: at_key("language", language)?.0,
        };
        let state = match line.state.map(|name| name.parse()) {
            None => UserState::Active,
            Some(Ok(state)) if state != UserState::Removed => state,
            Some(_) => return Err("state: must be active, deactivated or locked".to_owned()),
        };
        Ok((new, state))
    }
}

pub(crate) async fn run(file: &Path, app: &App) -> Result<(), Error> {
    let progress = ProgressBar::no_length();
    let interrupt = Interrupt::listen(&progress)?;
    let mut lines = Lines::open(file, progress)?;
    let mut import = app.import().await?;
    while let Some((number, line)) = lines.next()? {
        let user = jsonl::parse(line, EXAMPLE).and_then(|line: Line| line.try_into());
        import.take(number, user).await?;
    }
    let progress = &lines.progress;
    progress.set_style(ProgressStyle::with_template(SPINNER)?);
    let bar = ProgressStyle::with_template(BAR)?;
    let told = |step| {
        match step {
            ImportStep::Comparing => progress.set_message(COMPARING),
            ImportStep::Adding { added: 0, of } => {
                progress.reset();
                progress.set_length(of);
                progress.set_style(bar.clone());
                progress.set_message("adding the users");
            }
            ImportStep::Adding { added, .. } => {
                progress.set_position(added);
                progress.set_message(rate(added, "users added", progress));
            }
        }
        if matches!(step, ImportStep::Adding { added, of } if added == of) {
            interrupt.too_late();
        }
    };
    let imported = import.finish(told).await?;
    lines.done(imported)?;
    clear_journal(app).await;
    Ok(())
}
