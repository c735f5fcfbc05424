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

/// The name of a link to a service and the value of something else, or the other way round.
#[test]
fn what_is_no_link_to_a_service_is_refused() {
    let kind = "must be PASSLINK_<SECTION>__<KEY>, such as PASSLINK_SERVER__LISTEN";
    for (name, value, meant) in [
        ("PASSLINK_SERVER_LISTEN", "0.0.0.0:80", "did you mean PASSLINK_SERVER__LISTEN?"),
        ("PASSLINK_DATABASE_URL", "sqlite:a", "did you mean PASSLINK_DATABASE__URL?"),
        ("PASSLINK_DB_SERVICE_HOST", "", kind),
        ("PASSLINK_DB_SERVICE_HOST", "a b", kind),
        ("PASSLINK_DB_SERVICE_PORT", "0", kind),
        ("PASSLINK_DB_SERVICE_PORT", "65536", kind),
        ("PASSLINK_DB_SERVICE_PORT_PG", "+1", kind),
        ("PASSLINK_DB_PORT", "5432", kind),
        ("PASSLINK_DB_PORT", "https://10.0.0.1:5432", kind),
        ("PASSLINK_DB_PORT", "tcp://10.0.0.1", kind),
        ("PASSLINK_DB_PORT_5432", "tcp://10.0.0.1:5432", kind),
        ("PASSLINK_DB_PORT_5432_ICMP", "tcp://10.0.0.1:5432", kind),
        ("PASSLINK_DB_PORT_5432_TCP_PROTO", "http", kind),
        ("PASSLINK_DB_PORT_5432_TCP_WHAT", "tcp", kind),
        ("PASSLINK_DBPORT", "tcp://10.0.0.1:5432", kind),
        ("PASSLINK_DB_NAME", "passlink", kind),
        ("PASSLINK_DB_ENV_X", "passlink", kind),
        ("PASSLINK_SERVER__LISTEN_SERVICE_HOST", "10.0.0.1", kind),
        ("PASSLINK_SERVER__X_PORT", "tcp://10.0.0.1:80", kind),
    ] {
        let problems = problems("", &[(name, value)]);
        let [problem] = &problems[..] else { panic!("{name}: {problems:?}") };
        assert!(problem.starts_with(&format!("{name}: unknown variable; ")), "{problem}");
        if meant != kind {
            assert!(problem.ends_with(meant), "{problem}");
        }
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
            "telemetry.log_format = \"0\": must be text or json",
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
