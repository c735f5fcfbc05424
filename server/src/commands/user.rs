//! `passlink user`.

use passlink_application::users::{ManageUsers, NewUser};
use passlink_domain::{LanguageTag, StateChange, User, UserChanges, UserId};
use serde::Serialize;

use super::{PAGE, clear_journal, open, print, user_import};
use crate::{
    Error,
    cli::{self, UserCommand, shell::quoted},
    config::Config,
};

/// A user as printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'u> {
    id: &'u str,
    organisation: &'u str,
    username: &'u str,
    display_name: &'u str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'u str>,
    email: Option<&'u str>,
    email_verified: bool,
    state: &'static str,
    sequence: u64,
}

impl<'u> From<&'u User> for Line<'u> {
    fn from(user: &'u User) -> Self {
        Self {
            id: user.id.as_str(),
            organisation: user.organisation.as_str(),
            username: user.username.as_str(),
            display_name: user.display_name.as_str(),
            language: user.language.as_ref().map(LanguageTag::as_str),
            email: user.email.as_ref().map(|email| email.address.as_str()),
            email_verified: user.email.as_ref().is_some_and(|email| email.verified),
            state: user.state.name(),
            sequence: user.sequence.get(),
        }
    }
}

impl From<cli::UserChanges> for UserChanges {
    fn from(changes: cli::UserChanges) -> Self {
        let cli::UserChanges { email, verified, unverified, username, display_name, language } =
            changes;
        let verified = (verified || unverified).then_some(verified);
        let language = language.map(|language| language.0);
        Self { email, verified, username, display_name, language }
    }
}

/// `call` is how this program was called, for who goes on from here.
pub(crate) async fn run(command: UserCommand, config: Config, call: &str) -> Result<(), Error> {
    let app = open(config).await?;
    let users = app.users();
    match command {
        UserCommand::Add(new) => {
            let handle = new.user_handle;
            let new = NewUser {
                id: new.id,
                organisation: new.org,
                email: new.email,
                email_verified: !new.unverified,
                username: new.username,
                display_name: new.display_name,
                language: new.language.and_then(|language| language.0),
            };
            let user = users.add_with_handle(new, handle).await?;
            print(&Line::from(&user))?;
            let id = quoted(user.id.as_str());
            eprintln!("for a passkey link, run: {call} link create --user={id}");
            Ok(())
        }
        UserCommand::Update { id, changes } => {
            print(&Line::from(&users.update(id, changes.into()).await?))
        }
        UserCommand::Lock { id } => move_to(&users, id, StateChange::Lock).await,
        UserCommand::Unlock { id } => move_to(&users, id, StateChange::Unlock).await,
        UserCommand::Deactivate { id } => move_to(&users, id, StateChange::Deactivate).await,
        UserCommand::Reactivate { id } => move_to(&users, id, StateChange::Reactivate).await,
        UserCommand::Remove { id } => {
            print(&Line::from(&users.remove(id).await?))?;
            clear_journal(&app).await;
            Ok(())
        }
        UserCommand::Import { file } => user_import::run(&file, &app).await,
        UserCommand::Show { id } => print(&Line::from(&users.show(id).await?)),
        UserCommand::List => {
            let mut last = None;
            loop {
                let page = users.list(last, PAGE).await?;
                for user in &page {
                    print(&Line::from(user))?;
                }
                match page.into_iter().next_back() {
                    Some(user) => last = Some(user.id),
                    None => return Ok(()),
                }
            }
        }
    }
}

async fn move_to(users: &ManageUsers, id: UserId, change: StateChange) -> Result<(), Error> {
    print(&Line::from(&users.move_to(id, change).await?))
}
