//! Broken environment variables, and what is said of them.

use super::*;

#[test]
fn an_unknown_variable_is_named_and_its_value_is_not() {
    for (name, meant) in [
        ("PASSLINK_MAIL_SMTP_URL", "did you mean PASSLINK_MAIL__SMTP_URL?"),
        ("PASSLINK_MAIL__FORM", "did you mean PASSLINK_MAIL__FROM?"),
        ("PASSLINK_Mail__From", "did you mean PASSLINK_MAIL__FROM?"),
        ("PASSLINK_PUBLIC_URL", "did you mean PASSLINK_SERVER__PUBLIC_URL?"),
        ("PASSLINK_X", "must be PASSLINK_<SECTION>__<KEY>, such as PASSLINK_SERVER__LISTEN"),
        ("PASSLINK_PORT", "must be PASSLINK_<SECTION>__<KEY>, such as PASSLINK_SERVER__LISTEN"),
        ("PASSLINK_PORT__X", "must be PASSLINK_<SECTION>__<KEY>, such as PASSLINK_SERVER__LISTEN"),
    ] {
        assert_eq!(
            problems("", &[(name, "hunter2")]),
            [format!("{name}: unknown variable; {meant}")]
        );
    }
}

#[test]
fn a_wrong_variable_is_told_what_is_allowed() {
    for (name, value, line) in [
        (
            "PASSLINK_MAIL__MAX_CONNECTIONS",
            "many",
            "mail.max_connections = \"many\": must be a whole number from 1 to 100",
        ),
        (
            "PASSLINK_MAIL__MAX_CONNECTIONS",
            "",
            "mail.max_connections = \"\": must be a whole number from 1 to 100",
        ),
        (
            "PASSLINK_LINKS__MAX_PER_HOUR",
            "[5]",
            "links.max_per_hour = a list: must be a whole number from 1 to 100",
        ),
        (
            "PASSLINK_TELEMETRY__LOG_FORMAT",
            "0",
            "telemetry.log_format = \"0\": must be text or json (there is no such format)",
        ),
    ] {
        assert_eq!(problems("", &[(name, value)]), [format!("{name}: {line}")]);
    }
    assert_eq!(
        problems("", &[("PASSLINK_SECRETS__KEY_FILE", "a\u{FFFD}")]),
        ["PASSLINK_SECRETS__KEY_FILE: must be valid Unicode"]
    );
    assert_eq!(
        problems(
            "",
            &[("PASSLINK_DATABASE__URL", "sqlite:a"), ("PASSLINK_DATABASE__URL_FILE", "b")]
        ),
        [
            "PASSLINK_DATABASE__URL: database.url: must not be set together with PASSLINK_DATABASE__URL_FILE"
        ]
    );
}
