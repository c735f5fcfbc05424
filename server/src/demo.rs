//! `passlink demo`: everything on one machine, with nothing set up.

use std::{fs, net::SocketAddr, os::unix::fs::DirBuilderExt, sync::Arc, time::Duration};

use passlink_adapters::{
    inbound::web,
    outbound::{mail::Mailbox, system::SystemRandom},
    telemetry::Telemetry,
};
use passlink_application::{
    callers::{ManageTokens, NewToken},
    ports::Random,
    users::{ManageUsers, NewUser, UserError},
};
use passlink_domain::{BearerToken, EmailAddress, OrganisationId, Text, UserId};

use crate::{
    Error,
    commands::print_text,
    config::Config,
    http, observability, serve,
    wiring::{App, Pending},
};

/// Where the demo keeps its things, in the working directory.
const FOLDER: &str = "passlink-demo";
/// What to say where the address is taken.
const ANOTHER: &str = "`passlink demo --listen localhost:9090`";
const USER: &str = "demo";
const ADDRESS: &str = "ada@example.com";
/// Where the example of `docs/sign-in.md` is by itself, whose pages ask for passkeys.
const EXAMPLE: &str = "http://localhost:3000";
const SEND_LINK: &str = "auth/v1/users/me/passwordless/_send_link";
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts, sends the demo user a link by the endpoint, says where everything is, and keeps serving.
pub(crate) async fn run(listen: SocketAddr) -> Result<(), Error> {
    let telemetry = observability::start(&Default::default(), "warn")?;
    let served = serve(listen, &telemetry).await;
    telemetry.flush().await;
    served
}

async fn serve(listen: SocketAddr, telemetry: &Telemetry) -> Result<(), Error> {
    // This comes first: where it fails, nothing is left behind.
    let listener = http::bind(listen)
        .await
        .map_err(|error| format!("{error}; choose another with --listen, as {ANOTHER}"))?;
    let listen = listener.local_addr()?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(FOLDER)
        .map_err(|error| format!("{FOLDER}: {error}"))?;
    let app = App::open_for_server(config(listen)?, Pending::Migrate).await?;
    let token = demo_token(&app).await?;
    let mailbox = Mailbox::new(&unguessable())?;
    let mailer = Arc::new(app.local_mailer(mailbox.clone())?);
    let extend = |router: axum::Router| router.merge(mailbox.router(listen.port()));
    let serving = tokio::spawn(serve::start(listener, &app, telemetry, mailer, extend).await?);
    let told = send_link(&app.config, &token, &mailbox).await;
    if told.is_err() {
        serving.abort();
        return told;
    }
    serving.await?
}

fn config(listen: SocketAddr) -> Result<Config, Error> {
    let mut config = Config::default();
    config.server.listen = listen;
    config.server.public_url = format!("http://localhost:{}", listen.port()).try_into()?;
    config.database.url = format!("sqlite://{FOLDER}/passlink.db?mode=rwc").into();
    config.secrets.key_file = format!("{FOLDER}/passlink.key").into();
    config.webauthn.extra_origins = vec![EXAMPLE.to_owned()];
    // Who tries things out doesn't want to wait.
    config.links.cooldown = Duration::ZERO;
    config.links.max_per_hour = 100;
    config.limits.mails_per_mailbox = 1000;
    Ok(config)
}

/// A token for the demo user, who is added at the first start.
async fn demo_token(app: &App) -> Result<BearerToken, Error> {
    let id = UserId::parse(USER)?;
    let user = NewUser {
        id: Some(id.clone()),
        organisation: OrganisationId::parse("default")?,
        email: EmailAddress::parse(ADDRESS)?,
        email_verified: true,
        username: None,
        display_name: Some(Text::parse("Ada Example")?),
        language: None,
    };
    match ManageUsers(app.ports()).add(user).await {
        Ok(_) | Err(UserError::IdTaken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let token = NewToken {
        name: Some(Text::parse("Passlink demo")?),
        lifetime: Some(Duration::from_secs(24 * 60 * 60)),
        ..NewToken::of(id)
    };
    Ok(ManageTokens(app.ports()).create(token).await?.1)
}

fn unguessable() -> String {
    let mut bytes = [0; 32];
    SystemRandom.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends the link as any app would, and prints what came of it.
async fn send_link(config: &Config, token: &BearerToken, mailbox: &Mailbox) -> Result<(), Error> {
    let base = config.server.base_url();
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .post(format!("http://{}/{SEND_LINK}", config.server.listen))
        .bearer_auth(token.expose())
        .body("{}")
        .send()
        .await?;
    let status = response.status();
    let answer = response.text().await?;
    if !status.is_success() {
        return Err(format!("the link could not be sent: {status} {answer}").into());
    }
    let mail = tokio::time::timeout(PATIENCE, mailbox.first())
        .await
        .map_err(|_| "the mail with the link did not arrive in the mailbox")?;
    let link = mail.link().ok_or("the mail holds no link")?;
    print_text(&format!(
        "Passlink is running at {base}; its data is in the folder {FOLDER}.\n\n\
         It has mailed Ada Example <{ADDRESS}>, the user {USER}, a passkey link, which works for an hour:\n\n  \
         {link}\n\n\
         Her mailbox:\n\n  {base}{}\n\n\
         Send another link:\n\n  \
         export TOKEN={}\n  \
         {}\n\n\
         All calls, to read and to try:\n\n  {base}/docs\n\n\
         Stop with Ctrl-C.\n",
        mailbox.path(),
        token.expose(),
        web::first_call(base)?.replace('\n', "\n  "),
    ))
}
