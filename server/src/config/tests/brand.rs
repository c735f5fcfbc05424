use super::*;

/// One key of `[brand]` with a value that is refused, and the one line about it.
const KEYS: &[(&str, &str)] = &[
    ("name = ''", "name = \"\": must be a name of 1 to 64 characters"),
    ("name = ' '", "name = \" \": must be a name of 1 to 64 characters"),
    ("name = \"a\\nb\"", "name = \"a\\nb\": must be a name of 1 to 64 characters"),
    ("name = 5", "name = 5: must be a name of 1 to 64 characters"),
    ("logo = ''", "logo = \"\": must be the path of an SVG or PNG file of at most 256 KiB"),
    ("accent = '1f5c6b'", "accent = \"1f5c6b\": must be a colour such as #1f5c6b"),
    ("accent = '#1f5'", "accent = \"#1f5\": must be a colour such as #1f5c6b"),
    ("accent = 'blue'", "accent = \"blue\": must be a colour such as #1f5c6b"),
    (
        "support = 'help'",
        "support = \"help\": must be a mail address or an https URL, such as help@example.com",
    ),
    (
        "support = 'http://example.com'",
        "support = \"http://example.com\": must be a mail address or an https URL, such as help@example.com",
    ),
];

#[test]
fn a_brand_is_told_what_is_wrong_and_what_is_allowed() {
    for (key, line) in KEYS {
        let in_section = format!("[brand]\n{key}");
        assert_eq!(problems(&in_section, &[]), [format!("passlink.toml:2: brand.{line}")]);
        let in_domain = format!("{DOMAIN}[domains.brand]\n{key}");
        let told = problems(&in_domain, &[]);
        assert_eq!(told, [format!("passlink.toml:4: domains[0].brand.{line}")]);
    }
    for name in ["a".repeat(64), "ä".repeat(64)] {
        assert_eq!(load("", &[("PASSLINK_BRAND__NAME", &name)]).brand.name, Some(name));
    }
    for wrong in [&*"a".repeat(65), "\u{200b}", " \u{2060} "] {
        assert_eq!(problems("", &[("PASSLINK_BRAND__NAME", wrong)]).len(), 1, "{wrong:?}");
    }
    assert_eq!(
        problems("", &[("PASSLINK_BRAND__ACENT", "#1f5c6b")]),
        ["PASSLINK_BRAND__ACENT: unknown variable; did you mean PASSLINK_BRAND__ACCENT?"]
    );
    assert_eq!(
        problems("[brand]\ntint = '#1f5c6b'", &[]),
        ["passlink.toml:2: brand.tint: unknown key; [brand] has name, logo, accent, support, home"]
    );
}

#[test]
fn home_is_an_https_url_or_on_this_machine() {
    for home in [
        "https://app.example.com",
        "https://app.example.com:8443/start?a=b#c",
        "http://localhost:3000/",
        "http://app.localhost",
    ] {
        let config = load("", &[("PASSLINK_BRAND__HOME", home)]);
        assert_eq!(config.all_domains()[0].brand.home, Some(home.parse().unwrap()));
    }
    for home in [
        "",
        "app.example.com",
        "https:app.example.com",
        " https://app.example.com",
        "http://app.example.com",
        "http://127.0.0.1",
        "javascript:alert(1)",
        "javascript://%0Aalert(1)",
    ] {
        let told = problems("", &[("PASSLINK_BRAND__HOME", home)]);
        assert_eq!(
            told,
            [format!(
                "PASSLINK_BRAND__HOME: brand.home = {home:?}: must be an https URL without user name, such as \
                 https://app.example.com; http on localhost and *.localhost only"
            )]
        );
    }
    let told = problems("", &[("PASSLINK_BRAND__HOME", "https://user:hunter2@app.example.com")]);
    assert!(told.len() == 1 && !told[0].contains("hunter2"), "{told:?}");
}

#[test]
fn both_ways_of_support_are_read() {
    use passlink_adapters::brand::Support;
    let support = |text| {
        load("", &[("PASSLINK_BRAND__SUPPORT", text)]).all_domains()[0].brand.support.clone()
    };
    assert!(matches!(support("help@example.com"), Some(Support::Address(_))));
    assert!(matches!(support("https://example.com/help"), Some(Support::Page(_))));
}
