use sea_orm::sqlx::postgres::PgSslMode;

use super::*;

fn options(url: &str) -> PgConnectOptions {
    let parsed = PostgresUrl::parse(url).unwrap_or_else(|fault| panic!("{url}: {fault}"));
    parsed.options().unwrap()
}

fn fault(url: &str) -> String {
    let parsed = PostgresUrl::parse(url);
    parsed.map(|it| it.shown()).expect_err(url).to_string()
}

#[test]
fn every_form_of_a_place_is_understood() {
    for (url, host, port) in [
        ("postgres://u:p@db.example.com:6543/name", "db.example.com", 6543),
        ("postgresql://db_1/name?user=u", "db_1", 5432),
        ("POSTGRES://u@127.0.0.1/name", "127.0.0.1", 5432),
        ("postgres://u@[::1]/name", "::1", 5432),
        ("postgres://u:p@[2001:db8::1]:6543/name", "2001:db8::1", 6543),
        ("postgres://[fe80::1%25eth0]/name?user=u", "fe80::1%eth0", 5432),
        ("postgres://u@localhost/name?host=::1&port=6543", "::1", 6543),
        ("postgres://u@/name?hostaddr=::1", "::1", 5432),
    ] {
        let options = options(url);
        let place = (options.get_host(), options.get_port(), options.get_socket());
        assert_eq!(place, (host, port, None), "{url}");
        assert_eq!((options.get_username(), options.get_database()), ("u", Some("name")), "{url}");
    }
    for url in [
        "postgres://u:p@/name?host=/var/run/pg",
        "postgres://u:p@:6543/name?host=%2Fvar%2Frun%2Fpg&port=5432",
        "postgres:///name?host=/var/run/pg&user=u",
        "postgres://u@%2Fvar%2Frun%2Fpg/name",
        "postgres://u@%2Fvar%2Frun%2Fpg:5432?dbname=name",
        // As clients of Cloud SQL have it.
        "postgres://u:p@localhost/name?host=/var/run/pg",
    ] {
        let options = options(url);
        assert_eq!(options.get_socket(), Some(&"/var/run/pg".into()), "{url}");
        assert_eq!((options.get_username(), options.get_database()), ("u", Some("name")), "{url}");
        assert_eq!(options.get_port(), 5432, "{url}");
    }
}

#[test]
fn what_stands_in_percent_signs_is_taken_literally() {
    let options = options("postgres://u%40h:p%2Fw@h/a%2Fb%23c?application_name=x%20%2B");
    assert_eq!((options.get_username(), options.get_database()), ("u@h", Some("a/b#c")));
    assert_eq!(options.get_application_name(), Some("x +"));
    assert!(PostgresUrl::parse("postgres://u:p@w:x@h/name").unwrap().has_password());
}

#[test]
fn a_parameter_is_known_or_refused() {
    let mode = |url| options(url).get_ssl_mode();
    assert!(matches!(mode("postgres://h/d?sslmode=verify-full"), PgSslMode::VerifyFull));
    assert!(matches!(mode("postgres://h/d?ssl-mode=disable"), PgSslMode::Disable));
    options("postgres://h/d?sslmode=verify-full&sslrootcert=a&sslcert=b&sslkey=c");
    options("postgres://h/d?options[search_path]=a&options=-c%20geqo=off");
    options("postgres://h/d?statement-cache-capacity=1&application_name=a");
    for (query, part) in [
        ("sslMode=verify-full", "did you mean sslmode?"),
        ("SSLMODE=verify-full", "did you mean sslmode?"),
        ("ssl_mode=verify-full", "did you mean sslmode?"),
        ("sslmod=verify-full", "did you mean sslmode?"),
        ("sslRootCert=a", "did you mean sslrootcert?"),
        ("statement_cache_capacity=5", "did you mean statement-cache-capacity?"),
        ("applicationname=a", "did you mean application_name?"),
        ("database=a", "parameter 1 behind the ? is not known; there are sslmode, sslrootcert"),
        (
            "sslmode=require&&sslMod=a",
            "parameter 2 behind the ? is not known; did you mean sslmode?",
        ),
        ("%73slMode=a", "did you mean sslmode?"),
        ("options[a=b", "did you mean options?"),
        ("options[statement_timeout]=0", "Passlink sets it"),
        ("options[Statement_Timeout]=0", "can't have statement_timeout: Passlink sets it"),
        ("options=-c%20statement_timeout%3D0", "Passlink sets it"),
        ("options=-c%20STATEMENT_TIMEOUT%3D0", "can't have statement_timeout: Passlink sets it"),
        ("options=-cstatement-timeout%3D0", "Passlink sets it"),
        ("options=--statement-timeout%3D0", "Passlink sets it"),
        ("options=--Statement_Time%5Cout%3D0", "Passlink sets it"),
        (
            "options=-c%20geqo%3Doff%20--idle-in-transaction-session-timeout%3D0",
            "can't have idle_in_transaction_session_timeout: Passlink sets it",
        ),
        ("sslpassword=a", "sslpassword is not supported"),
        ("sslPassword=a", "sslpassword is not supported"),
        ("connect_timeout=5", "connect_timeout is not supported"),
        ("target_session_attrs=read-write", "target_session_attrs is not supported"),
        ("channel_binding=require", "channel_binding is not supported"),
        ("sslmode=yes", "must be one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("sslmode=Require", "disable, allow"),
        ("sslmode=", "has no value"),
        ("sslmode", "has no value"),
        ("sslmode=require&sslmode=disable", "sslmode is there twice"),
        ("sslmode=require&ssl-mode=disable", "sslmode is there twice"),
        ("options[a]=1&options[a]=2", "there twice"),
        ("sslmode=require&sslrootcert=a", "sslrootcert needs sslmode=verify-full"),
        ("sslrootcert=a", "sslrootcert needs sslmode=verify-full"),
        ("sslcert=a", "need each other"),
        ("sslkey=a", "need each other"),
        ("sslcert=a&sslkey=-----BEGIN%20PRIVATE", "must be the path of a PEM file"),
        ("port=0", "from 1 to 65535"),
        ("port=65536", "from 1 to 65535"),
        ("port=1,2", "more than one server"),
        ("host=a,b", "more than one server"),
        ("hostaddr=a", "must be an IP address"),
        ("hostaddr=::1", "both host and hostaddr"),
        ("statement-cache-capacity=0", "from 1 to 10000"),
        ("statement-cache-capacity=many", "from 1 to 10000"),
        ("user=a+b", "%2B"),
        ("user=%00", "%00"),
        ("user=%ff", "UTF-8"),
    ] {
        let fault = fault(&format!("postgres://h/d?{query}"));
        assert!(fault.contains(part), "{query}: {fault}");
    }
}

#[test]
fn a_url_that_may_be_read_in_two_ways_is_refused_without_a_word_of_it() {
    for url in [
        "postgres:amelia:hunter2@host/x",
        "postgres//amelia:hunter2@host/x",
        "postgres:/amelia:hunter2@host/x",
        "postgres:///amelia:hunter2@host/x",
        "postgres:///amelia:hunter2",
        "postgresql+asyncpg://amelia:hunter2@host/x",
        "jdbc:postgresql://host/x?password=hunter2",
        "amelia:hunter2@host/x",
        "host=host user=amelia password=hunter2",
        "\"postgres://amelia:hunter2@host/x\"",
        "'postgres://amelia:hunter2@host/x'",
        " postgres://amelia:hunter2@host/x",
        "postgres://amelia:hunter2@host/x\n",
        "postgres://amelia:hun\nter2@host/x",
        "postgres://amelia:hun\tter2@host/x",
        "postgres://hunter2@amelia@host/x",
        "postgres://amelia:12#hunter2@host/x",
        "postgres://amelia:12/hunter2@host/x",
        "postgres://amelia:12?hunter2@host/x",
        "postgres://amelia:hunter2",
        "postgres://amelia:hunter2/x",
        "postgres://amelia:%zzhunter2@host/x",
        "postgres://amelia:hunter2%@host/x",
        "postgres://amelia:hunter2@host1,host2/x",
        "postgres://amelia:hunter2@host1:1,host2:2/x",
        "postgres://amelia:hunter2@[::1/x",
        "postgres://amelia:hunter2@::1/x",
        "postgres://amelia:hunter2@[::1]x/x",
        "postgres://amelia%3Ahunter2%40host/x",
        "postgres://amelia:hunter2@host/x/y",
        "postgres://host/x?sslmode=hunter2",
        "postgres://host/x?hunter2=a",
        "postgres://host/x?hunter2",
        "postgres://host/x?password=hunter2&password=hunter2",
        "postgres://host/x?port=hunter2",
        "hunter2",
        "",
    ] {
        let fault = fault(url);
        assert!(
            !["hunter2", "ter2", "amelia"].iter().any(|it| fault.contains(it)),
            "{url}: {fault}"
        );
    }
}

#[test]
fn what_is_shown_has_no_secret() {
    for (url, shown) in [
        ("postgres://u:p%40w@db:5432/name", "postgres://u:[redacted]@db:5432/name"),
        ("postgres://u:p@/d?host=/run/pg", "postgres://u:[redacted]@/d?host=/run/pg"),
        ("postgres://:p@[::1]:1/d", "postgres://:[redacted]@[::1]:1/d"),
        (
            "postgres://h/d?user=u&password=p&sslmode=require&options=-c%20a%3Db",
            "postgres://h/d?user=[redacted]&password=[redacted]&sslmode=require&options=[redacted]",
        ),
        ("postgres://u@%2Frun%2Fpg/d", "postgres://u@%2Frun%2Fpg/d"),
    ] {
        assert_eq!(PostgresUrl::parse(url).unwrap().shown(), shown);
    }
}

#[test]
fn only_a_connection_that_is_verified_or_stays_here_is_closed_to_others() {
    let is_open = |url| PostgresUrl::parse(url).unwrap().is_open_to_others();
    for url in [
        "postgres://db.example.com/d",
        "postgres://10.0.0.1/d?sslmode=require",
        "postgres://h/d?sslmode=verify-ca",
    ] {
        assert!(is_open(url), "{url}");
    }
    for url in [
        "postgres://db.example.com/d?sslmode=verify-full",
        "postgres://localhost/d",
        "postgres://127.0.0.1/d",
        "postgres://[::1]/d",
        "postgres://h/d?host=/run/pg",
    ] {
        assert!(!is_open(url), "{url}");
    }
}
