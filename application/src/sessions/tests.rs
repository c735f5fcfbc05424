use std::{sync::Arc, time::Duration};

use crate::{
    callers::{Asked, Asker, CallerError, ManageTokens, NewToken, PendingToken, SessionAccess},
    fakes::{SoftAssertion, World, credential, everything::*},
};
use passlink_domain::{Sequence, *};

mod access;
mod observed;
mod one_turn;
mod refused;
mod signing_in;

const DAY: u64 = 24 * 60 * 60;

fn sessions(world: &Arc<World>) -> ManageSessions {
    ManageSessions {
        ports: world.ports(),
        webauthn: world.clone(),
        keys: World::keys(),
        domain: World::domain(),
        lifetime: Duration::from_secs(DAY / 2),
    }
}

fn caller(holder: Holder, organisation: Option<&str>, permissions: &str) -> Caller {
    Caller {
        holder,
        permissions: permissions.parse().unwrap(),
        organisation: organisation.map(|it| it.parse().unwrap()),
        token_name: None,
        token: None,
        session: None,
        authenticated: None,
    }
}

/// A service that reaches an organisation, or all (`*`).
fn service(world: &Arc<World>, reach: &str) -> SessionAccess {
    let holder =
        Holder::Service { name: Text::parse("App").unwrap(), reach: reach.parse().unwrap() };
    let caller = caller(holder, None, "session.write");
    world.callers().session_access(caller, Permission::SessionWrite)
}

fn person(world: &Arc<World>, user: &str) -> SessionAccess {
    let caller = caller(Holder::Person(user.parse().unwrap()), None, "");
    world.callers().session_access(caller, Permission::SessionRead)
}

/// A user with a passkey, whose credential has the user's name, and a handle.
async fn with_passkey(world: &Arc<World>, id: &str) -> Passkey {
    let user = world.user(id).await.user;
    let handle = UserHandle::new(format!("{id:0<16}").into_bytes()).unwrap();
    let passkey = Passkey {
        id: format!("passkey-of-{id}").parse().unwrap(),
        user: user.clone(),
        name: Text::parse("Phone").unwrap(),
        rp_id: "example.com".to_owned(),
        credential: credential(id),
        asked: None,
        device: None,
        created: world.now(),
        last_used: None,
        removed: None,
        undo: None,
    };
    world.change(|state| {
        state.handles.insert(user.to_string(), handle);
        state.passkeys.push(passkey.clone());
    });
    passkey
}

fn ask() -> ChallengeRequest {
    ChallengeRequest { domain: String::new(), user_verification: UserVerification::Required }
}

fn new(user: Option<UserCheck>) -> NewSession {
    NewSession { user, challenge: Some(ask()), ..NewSession::default() }
}

fn by_id(id: &str) -> Option<UserCheck> {
    Some(UserCheck::Id(id.parse().unwrap()))
}

fn by_name(name: &str) -> Option<UserCheck> {
    Some(UserCheck::LoginName(LoginName::parse(name).unwrap()))
}

fn change(id: &SessionId) -> SessionChange {
    SessionChange {
        id: id.clone(),
        user: None,
        assertion: None,
        challenge: None,
        metadata: Vec::new(),
        lifetime: None,
    }
}

/// What the passkey answers to the challenge of a session.
fn assertion(world: &Arc<World>, passkey: &Passkey, asked: &ChangedSession) -> SoftAssertion {
    let options = asked.options.as_ref().unwrap();
    SoftAssertion {
        challenge: options.split(':').next().unwrap().to_owned(),
        credential: passkey.credential.id.clone(),
        user_handle: world.state().handles.get(passkey.user.as_str()).cloned(),
        verified: VerifiedAssertion { sign_count: 0, backup_state: true, user_verified: true },
    }
}

async fn answer(
    world: &Arc<World>,
    asked: &ChangedSession,
    answer: &SoftAssertion,
) -> Result<ChangedSession, SessionError> {
    let change = SessionChange { assertion: Some(answer.write()), ..change(&asked.session.id) };
    sessions(world).set(service(world, "default"), change).await
}

/// A session of a user who has signed in.
async fn signed_in(world: &Arc<World>, id: &str) -> ChangedSession {
    let passkey = with_passkey(world, id).await;
    let made = sessions(world).create(service(world, "default"), new(None)).await.unwrap();
    answer(world, &made, &assertion(world, &passkey, &made)).await.unwrap()
}

/// The last outcome that the observer was told.
fn outcome(world: &Arc<World>) -> Option<Result<(), SignInRefused>> {
    told(world).map(|it| it.outcome.map(drop))
}

/// The last sign-in that the observer was told of.
fn told(world: &Arc<World>) -> Option<SignIn> {
    world.sign_ins.lock().unwrap().last().cloned()
}
