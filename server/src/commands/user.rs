//! `passlink user`.

use passlink_application::users::{KnownAs, ManageUsers, NewUser};
use passlink_domain::{Identity, LanguageTag, StateChange, Subject, User, UserChanges, UserId};
use serde_json::{Value, json};

use super::{PAGE, clear_journal, open, print, print_pages, user_import};
use crate::{
    Error,
    cli::{self, OneUser, UserCommand, shell::quoted},
    config::Config,
};

/// A user as printed. A language that is not known has no key.
fn line(user: &User) -> Value {
    let email = user.email.as_ref();
    let mut line = json!({
        "id": user.id.as_str(),
        "organisation": user.organisation.as_str(),
        "username": user.username.as_str(),
        "displayName": user.display_name.as_str(),
        "language": user.language.as_ref().map(LanguageTag::as_str),
        "email": email.map(|email| email.address.as_str()),
        "emailVerified": email.is_some_and(|email| email.verified),
        "state": user.state.name(),
        "sequence": user.sequence.get(),
    });
    if let Some(line) = line.as_object_mut() {
        line.retain(|key, value| key != "language" || !value.is_null());
    }
    line
}

impl From<cli::UserChanges> for UserChanges {
    fn from(changes: cli::UserChanges) -> Self {
        let cli::UserChanges {
            email, verified, unverified, username, display_name, language, ..
        } = changes;
        let verified = (verified || unverified).then_some(verified);
        let language = language.map(|language| language.0);
        Self { email, verified, username, display_name, language }
    }
}

/// `call` is how this program was called, for who goes on from here.
pub(crate) async fn run(command: UserCommand, config: Config, call: &str) -> Result<(), Error> {
    let app = open(config).await?;
    let users = ManageUsers(app.ports());
    match command {
        UserCommand::Add(new) => {
            let identity = identity(new.issuer, new.subject, &app.config);
            let known_as = KnownAs { handle: new.user_handle, identity };
            let new = NewUser {
                id: new.id,
                organisation: new.org,
                email: new.email,
                email_verified: !new.unverified,
                username: new.username,
                display_name: new.display_name,
                language: new.language.and_then(|language| language.0),
            };
            let user = users.add_known(new, known_as).await?;
            print(&line(&user))?;
            let places = app.places_of(&user.organisation)?;
            if places.is_empty() {
                let organisation = &user.organisation;
                eprintln!("warning: no domain serves the organisation {organisation}");
            } else if places.len() == 1 {
                // Where it needs to know which domain, this is no command to copy.
                let id = quoted(user.id.as_str());
                eprintln!("for a passkey link, run: {call} link create --user={id}");
            }
            Ok(())
        }
        UserCommand::Update { id, mut changes } => {
            let (issuer, subject) = (changes.issuer.take(), changes.subject.take());
            let mut user = users.update(id.clone(), changes.into()).await?;
            if let Some(identity) = identity(issuer, subject, &app.config) {
                user = users.identify(id, identity).await?;
            }
            print(&line(&user))
        }
        UserCommand::Lock(OneUser { id }) => move_to(&users, id, StateChange::Lock).await,
        UserCommand::Unlock(OneUser { id }) => move_to(&users, id, StateChange::Unlock).await,
        UserCommand::Deactivate(OneUser { id }) => {
            move_to(&users, id, StateChange::Deactivate).await
        }
        UserCommand::Reactivate(OneUser { id }) => {
            move_to(&users, id, StateChange::Reactivate).await
        }
        UserCommand::Remove(OneUser { id }) => {
            print(&line(&users.remove(id).await?))?;
            clear_journal(&app).await;
            Ok(())
        }
        UserCommand::Import { file } => user_import::run(&file, &app).await,
        UserCommand::Show(OneUser { id }) => print(&line(&users.show(id).await?)),
        UserCommand::List => {
            let page = async |last| users.list(last, PAGE).await;
            print_pages(page, |user| user.id.clone(), |user| line(&user)).await
        }
    }
}

/// Who the user is at an issuer, if that was given; a warning where its tokens are not taken.
fn identity(issuer: Option<String>, subject: Option<Subject>, config: &Config) -> Option<Identity> {
    let (issuer, subject) = issuer.zip(subject)?;
    if !config.identity.issuers.iter().any(|it| it.issuer == issuer) {
        eprintln!("warning: {issuer} is not among identity.issuers, so its tokens are not taken");
    }
    Some(Identity { issuer, subject })
}

async fn move_to(users: &ManageUsers, id: UserId, change: StateChange) -> Result<(), Error> {
    print(&line(&users.move_to(id, change).await?))
}
