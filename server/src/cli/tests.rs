use clap::CommandFactory;

use super::*;

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}

/// Every command that does something, with all of its examples.
fn check_examples(command: &clap::Command) {
    if command.has_subcommands() {
        command.get_subcommands().for_each(check_examples);
        return;
    }
    let help = command.get_after_help().expect("an example").to_string();
    let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  passlink ")).collect();
    assert!(!examples.is_empty(), "{}", command.get_name());
    for example in examples {
        let said = example.split_whitespace().take_while(|word| !matches!(*word, "<" | ">" | "|"));
        Cli::try_parse_from(said).expect(example);
    }
}

#[test]
fn every_command_has_an_example_that_parses() {
    check_examples(&Cli::command());
}

#[test]
fn defaults_without_arguments() {
    let cli = Cli::try_parse_from(["passlink", "demo"]).unwrap();
    assert!(
        matches!(cli.command, Command::Demo { listen } if listen == ([127, 0, 0, 1], 8080).into())
    );
    let cli = Cli::try_parse_from(["passlink", "user", "add", "--email", "a@b.example"]).unwrap();
    assert!(
        matches!(cli.command, Command::User(UserCommand::Add(user)) if user.org.as_str() == "default")
    );
}

#[test]
fn a_language_is_any_that_has_a_tag() {
    for tag in [
        "de",
        "de-CH",
        "de_CH",
        "zh-Hans-SG",
        "gsw",
        "tlh",
        "pt-BR",
        "ca-valencia",
        "sl-rozaj-1994",
    ] {
        let line = ["passlink", "user", "add", "--email", "a@b.example", "--language", tag];
        assert!(Cli::try_parse_from(line).is_ok(), "{tag}");
    }
}

#[test]
fn the_configuration_file_can_stand_before_or_behind_the_command() {
    for line in ["passlink --config a.toml serve", "passlink serve --config a.toml"] {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        assert_eq!(cli.config, Some("a.toml".into()));
    }
}

#[test]
fn wrong_use_exits_with_2() {
    for line in [
        "passlink frobnicate",
        "passlink user show",
        "passlink user add --email nobody",
        "passlink user add --email a@b.example --language 1",
        "passlink user add --email a@b.example --language klingon",
        "passlink user add --email a@b.example --language english",
        "passlink user add --email a@b.example --language de-",
        "passlink user add --email a@b.example --language de-x",
        "passlink user add --email a@b.example --language x-klingon",
        "passlink user update 1 --language klingon",
        "passlink mail preview --language klingon",
        "passlink mail test --to a@b.example --language klingon",
        "passlink token create --user 1 --expires-in 0s",
        "passlink token create --user 1 --expires-in soon",
        "passlink demo --listen here",
        "passlink mail test",
    ] {
        let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}
