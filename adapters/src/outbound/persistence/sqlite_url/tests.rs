use super::*;

#[test]
fn a_url_names_a_file() {
    for (url, file) in [
        ("sqlite:a.db", "a.db"),
        ("sqlite:a@b:c.db", "a@b:c.db"),
        ("sqlite:a:b%40c.db", "a:b@c.db"),
        ("sqlite://a.db?mode=rwc", "a.db"),
        ("sqlite:///var/lib/a b.db?mode=ro&cache=private", "/var/lib/a b.db"),
        ("sqlite://data%20of%3Fours/a+b#1.db", "data of?ours/a+b#1.db"),
    ] {
        assert_eq!(parse(url), Ok(file.into()), "{url}");
    }
}

#[test]
fn what_is_no_file_and_what_is_not_known_is_refused() {
    for (url, part) in [
        ("sqlite://amelia:hunter2@db/passlink", "a user or a password"),
        ("sqlite::memory:", "in memory"),
        ("sqlite://:memory:", "in memory"),
        ("sqlite://:memory:?cache=shared", "in memory"),
        ("sqlite://x?mode=memory", "in memory"),
        ("sqlite://x?mode=%6demory", "in memory"),
        ("sqlite:file:x?mode=memory&cache=shared", "in memory"),
        ("sqlite:file::memory:", "in memory"),
        ("sqlite:file:x.db", "without file:"),
        ("sqlite:", "names no file"),
        ("sqlite://?mode=rwc", "names no file"),
        ("SQLITE:a.db", "does not begin with sqlite:"),
        ("sqlite:a.db?Mode=rwc", "did you mean mode?"),
        ("sqlite:a.db?mdoe=rwc", "did you mean mode?"),
        ("sqlite:a.db?pragma=1", "parameter 1 behind the ? is not known; there are mode, cache"),
        ("sqlite:a.db?mode=rcw", "mode must be one of rwc, rw and ro"),
        ("sqlite:a.db?mode=", "mode must be one of rwc, rw and ro"),
        ("sqlite:a.db?cache=none", "cache must be private or shared"),
        ("sqlite:a.db?mode=ro&mode=rwc", "mode is there twice"),
        ("sqlite:a.db?immutable=1", "immutable is not supported"),
        ("sqlite:a.db?vfs=unix-none", "vfs is not supported"),
        ("sqlite:a%00.db", "%00"),
        ("sqlite:%ff", "UTF-8"),
    ] {
        let fault = parse(url).expect_err(url).to_string();
        assert!(fault.contains(part), "{url}: {fault}");
    }
}
