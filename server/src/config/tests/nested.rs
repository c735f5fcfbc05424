//! A list that stands in no section, and a table in its tables.

use super::*;

const WITH_BRAND: &str = "\n[[domains]]\nhost = 'a.example'\n\n[domains.brand]\n";

#[test]
fn a_table_in_a_list_is_told_what_is_wrong_where_and_what_is_allowed() {
    for (keys, line) in [
        (
            "acent = '#1f5c6b'",
            "6: domains[0].brand.acent: unknown key; did you mean domains[].brand.accent?",
        ),
        // A key of the table around it.
        (
            "rp_name = 'Acme'",
            "6: domains[0].brand.rp_name: unknown key; did you mean domains[].rp_name?",
        ),
        (
            "name = 'Acme'\n\ncolour = 'red'",
            "8: domains[0].brand.colour: unknown key; [domains.brand] has name, logo, accent, support, home",
        ),
        ("name = 5", "6: domains[0].brand.name = 5: must be a name of 1 to 64 characters"),
        (
            "logo = 'a'\naccent = 'red'",
            "7: domains[0].brand.accent = \"red\": must be a colour such as #1f5c6b",
        ),
    ] {
        let told = problems(&format!("{WITH_BRAND}{keys}"), &[]);
        assert_eq!(told, [format!("passlink.toml:{line}")]);
    }
}

#[test]
fn what_should_be_such_a_table_is_refused() {
    for (brand, shown) in [("'Acme'", "\"Acme\""), ("1", "1"), ("[]", "a list")] {
        let line = format!("domains[0].brand = {shown}: must be a table with the keys of [brand]");
        let told = problems(&format!("{DOMAIN}brand = {brand}"), &[]);
        assert_eq!(told, [format!("passlink.toml:3: {line}")]);
        let json = format!(r#"[{{"host": "a.example", "brand": {}}}]"#, brand.replace('\'', "\""));
        let told = problems("", &[("PASSLINK_DOMAINS", &json)]);
        assert_eq!(told, [format!("PASSLINK_DOMAINS: {line}")]);
    }
    let twice = "[[domains.brand]]\nname = 'Acme'";
    let told = problems(&format!("{DOMAIN}{twice}"), &[]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("domains[0].brand = a list: must be a table"), "{told:?}");
}

#[test]
fn a_table_of_a_list_is_told_what_is_wrong() {
    for (toml, line) in [
        (
            "[[domains]]\nrp_id = 'a.example'",
            "1: domains[0].host is missing: must be a host name without port, such as login.acme.example, and not an IP address",
        ),
        (
            "[[domains]]\nhost = 'a.example'\nhosts = 'b'",
            "3: domains[0].hosts: unknown key; did you mean domains[].host?",
        ),
        (
            "[[domains]]\nhost = 'a.example'\nname = 'b'",
            "3: domains[0].name: unknown key; did you mean domains[].brand.name?",
        ),
        (
            "[[domains]]\nhost = 'a.example'\n[domains.brnd]\nname = 'b'",
            "3: domains[0].brnd: unknown key; did you mean domains[].brand?",
        ),
        (
            "[[domains]]\nhost = 'a.example'\n\"brand.name\" = 'b'",
            "3: domains[0].brand.name: unknown key; did you mean domains[].brand.name?",
        ),
        (
            "[[domains]]\nhost = 'a.example'\nx = 'b'",
            "3: domains[0].x: unknown key; [[domains]] has host, aliases, public_url, rp_id, rp_name, organisation, mail_from, template_dir, brand",
        ),
        (
            "[domains]\nhost = 'a.example'",
            "1: domains = a table: must be a list of tables, and in a variable a JSON list of objects; in a file, each begins with [[domains]]",
        ),
        (
            "domains = 'a.example'",
            "1: domains = [redacted]: must be a list of tables, and in a variable a JSON list of objects",
        ),
        (
            "domains = ['a.example']",
            "1: domains = [redacted]: must be a list of tables, and in a variable a JSON list of objects",
        ),
        ("[domain]\nhost = 'a.example'", "1: domain: unknown section; did you mean [[domains]]?"),
        ("[[domain]]\nhost = 'a.example'", "1: domain: unknown key; did you mean domains?"),
    ] {
        assert_eq!(problems(toml, &[]), [format!("passlink.toml:{line}")], "{toml}");
    }
}

#[test]
fn a_list_in_a_variable_is_told_what_is_wrong() {
    for (list, line) in [
        (
            "a.example",
            "domains = [redacted]: must be a list of tables, and in a variable a JSON list of objects",
        ),
        (
            "{}",
            "domains = a table: must be a list of tables, and in a variable a JSON list of objects; in a file, each begins with [[domains]]",
        ),
        (
            "[{}]",
            "domains[0].host is missing: must be a host name without port, such as login.acme.example, and not an IP address",
        ),
        (
            r#"[{"host": "a.example", "hosts": 1}]"#,
            "domains[0].hosts: unknown key; did you mean domains[].host?",
        ),
        (
            r#"[{"host": "a.example", "brand": {"acent": ""}}]"#,
            "domains[0].brand.acent: unknown key; did you mean domains[].brand.accent?",
        ),
        (
            r#"[{"host": "a.example", "brand": {"accent": null}}]"#,
            "domains[0].brand.accent = null: must be a colour such as #1f5c6b",
        ),
        (
            r#"[{"host": "a.example", "brand": null}]"#,
            "domains[0].brand = null: must be a table with the keys of [brand]",
        ),
    ] {
        let told = problems("", &[("PASSLINK_DOMAINS", list)]);
        assert_eq!(told, [format!("PASSLINK_DOMAINS: {line}")]);
    }
    assert_eq!(
        problems("", &[("PASSLINK_DOMAIN", "[]")]),
        ["PASSLINK_DOMAIN: unknown variable; did you mean PASSLINK_DOMAINS?"]
    );
}

#[test]
fn all_problems_of_all_tables_are_reported_together() {
    let toml = "[[domains]]\nhost = 'a:1'\norganisation = 'a'\nbrand.accent = 'red'\n[[domains]]\nhost = 'b.example'\naliases = ['']\n\
        [domains.brand]\nhome = 'x'\nsupport = 5\nnick = ''\n[[domains]]\nrp_id = 'A'\norganisation = '*'";
    let places = [
        "passlink.toml:2: domains[0].host = \"a:1\": ",
        "passlink.toml:4: domains[0].brand.accent = \"red\": ",
        "passlink.toml:7: domains[1].aliases = a list: ",
        "passlink.toml:9: domains[1].brand.home = \"x\": ",
        "passlink.toml:10: domains[1].brand.support = 5: ",
        "passlink.toml:11: domains[1].brand.nick: unknown key",
        "passlink.toml:12: domains[2].host is missing: ",
        "passlink.toml:13: domains[2].rp_id = \"A\": ",
        "passlink.toml:14: domains[2].organisation = \"*\": ",
    ];
    let problems = problems(toml, &[]);
    for place in places {
        assert!(problems.iter().any(|it| it.starts_with(place)), "{place}: {problems:#?}");
    }
    assert_eq!(problems.len(), places.len(), "{problems:#?}");
}

#[test]
fn toml_may_write_such_a_table_in_any_of_its_ways() {
    for toml in [
        "domains = [{ host = 'a.example', brand = { name = 'Acme' } }]",
        "domains = [{ host = 'a.example', brand.name = 'Acme' }]",
        "[[domains]]\nhost = 'a.example'\nbrand.name = 'Acme'",
        "[[domains]]\nhost = 'a.example'\nbrand = { name = 'Acme' }",
        "[[domains]]\nhost = 'a.example'\n[domains.brand]\nname = 'Acme'\n[mail]\nlanguage = 'de'",
    ] {
        let config = load(toml, &[]);
        let [domain] = &config.domains[..] else { panic!("{toml}") };
        let brand = domain.brand.as_ref().unwrap();
        assert_eq!((&*domain.host, brand.name.as_deref()), ("a.example", Some("Acme")), "{toml}");
    }
    let list = r#"[{"host": "a.example", "brand": {"name": "Acme"}}]"#;
    let config = load("", &[("PASSLINK_DOMAINS", list)]);
    assert_eq!(config.domains[0].brand.as_ref().unwrap().name.as_deref(), Some("Acme"));
}

#[test]
fn a_variable_wins_over_the_whole_list_and_what_stands_in_its_tables() {
    let in_file = format!("{DOMAIN}[domains.brand]\nname = 5\nlogo = 'logo.svg'");
    let list = r#"[{"host": "a.example", "brand": {"accent": "\u0023112233"}}]"#;
    let config = load(&in_file, &[("PASSLINK_DOMAINS", list)]);
    let brand = config.domains[0].brand.as_ref().unwrap();
    assert_eq!((&brand.name, &brand.logo), (&None, &None));
    assert_eq!(brand.accent.as_deref(), Some("#112233"));
    let bare = load(&in_file, &[("PASSLINK_DOMAINS", r#"[{"host": "a.example"}]"#)]);
    assert!(bare.domains[0].brand.is_none());
    assert!(load(&in_file, &[("PASSLINK_DOMAINS", "[]")]).domains.is_empty());
}

#[test]
fn a_list_of_more_than_ten_keeps_its_order() {
    let tables = (0..12).map(|it| {
        format!(
            "[[domains]]\nhost = 'h{it}.example'\norganisation = 'o{it}'\nbrand.name = 'N{it}'\n"
        )
    });
    let config = load(&tables.collect::<String>(), &[]);
    assert_eq!(config.domains.len(), 12);
    for (place, domain) in config.all_domains().iter().enumerate() {
        assert_eq!(domain.names, [format!("h{place}.example")]);
        assert_eq!(domain.brand.name, format!("N{place}"));
    }
}

#[test]
fn such_a_table_is_printed_by_its_keys_and_can_be_read_again() {
    let list = r#"[{"host": "a.example", "organisation": "a", "brand": {"name": "Acme \"1\"", "accent": "\u0023112233"}},
        {"host": "b.example", "organisation": "b", "brand": {}}, {"host": "c.example"}]"#;
    let config = load("", &[("PASSLINK_DOMAINS", list)]);
    let printed = config.print();
    let (_, tables) = printed.split_once("\n\n").unwrap();
    let tables = tables.replace("environment PASSLINK_DOMAINS", "env");
    let unset = "# public_url is not set\n# rp_id is not set\n# rp_name is not set\n";
    let more = "# mail_from is not set\n# template_dir is not set\n";
    assert_eq!(
        tables,
        format!(
            r##"[[domains]]
host = "a.example"  # env
aliases = []  # default
{unset}organisation = "a"  # env
{more}brand.name = "Acme \"1\""  # env
# brand.logo is not set
brand.accent = "#112233"  # env
# brand.support is not set
# brand.home is not set

[[domains]]
host = "b.example"  # env
aliases = []  # default
{unset}organisation = "b"  # env
{more}brand = {{}}  # env

[[domains]]
host = "c.example"  # env
aliases = []  # default
{unset}# organisation is not set
{more}# brand is not set
"##
        )
    );
    let again = load(&printed.replace("domains = [{", "#"), &[]);
    let name = |config: &Config, place: usize| {
        config.domains[place].brand.as_ref().map(|brand| brand.name.clone())
    };
    for place in 0..3 {
        assert_eq!(name(&again, place), name(&config, place));
        assert_eq!(again.domains[place].organisation, config.domains[place].organisation);
    }
}

#[test]
fn the_example_has_the_tables_last_and_once() {
    let example = example();
    let at = |text: &str| example.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at("[telemetry]") < at("#[[domains]]") && at("#[[domains]]") < at("#[domains.brand]"));
    assert!(at("#[domains.brand]") < example.rfind("#accent = '#1f5c6b'").unwrap());
    assert_eq!(example.matches("[[domains]]\n").count(), 1);
}

#[test]
fn the_schema_tells_editors_what_such_a_table_may_hold() {
    let list = &schema()["properties"]["domains"];
    assert_eq!(list["type"], "array");
    let table = &list["items"];
    assert_eq!(table["additionalProperties"], false);
    assert_eq!(table["required"], serde_json::json!(["host"]));
    let brand = &table["properties"]["brand"];
    assert_eq!((&brand["type"], &brand["additionalProperties"]), (&"object".into(), &false.into()));
    let of_section = &schema()["properties"]["brand"];
    assert_eq!(brand["properties"], of_section["properties"]);
    assert_eq!(brand.get("default"), None);
    assert_eq!(schema().get("required"), None);
}
