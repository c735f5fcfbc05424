//! `passlink mail`.

use crate::{
    Error,
    cli::MailCommand,
    config::Config,
    wiring::{configured_mailer, send_test_mail},
};

pub(crate) async fn run(command: MailCommand, config: Config) -> Result<(), Error> {
    let MailCommand::Test { to } = command;
    let answer = send_test_mail(configured_mailer(&config)?, to).await?;
    eprintln!("sent; the answer was: {answer}");
    Ok(())
}
