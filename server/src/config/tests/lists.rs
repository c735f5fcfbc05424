//! Lists of tables, by the one of issuers.

use super::*;

/// What is in one table of a list and wrong, and what is said of it. The table begins at line 2, and its
/// first line is the URL.
const TABLES: &[(&str, &str)] = &[
    (
        "audience = 'a'\naudiance = 'b'",
        "5: identity.issuers[0].audiance: unknown key; did you mean identity.issuers[].audience?",
    ),
    (
        "audience = 'a'\nx = 'b'",
        "5: identity.issuers[0].x: unknown key; [[identity.issuers]] has issuer, audience, clients, services, scope, types, organisation, organisation_claim, user_id_claim, permissions, provision, trust_email, introspection_client_id, introspection_secret, introspection_secret_file",
    ),
    ("audience = 1", "4: identity.issuers[0].audience = 1: must be a text that is not empty"),
    ("audience = ''", "4: identity.issuers[0].audience = \"\": must be a text that is not empty"),
    (
        "clients = ['']",
        "4: identity.issuers[0].clients = a list: must be a list of client ids such as [\"web-app\"]",
    ),
    (
        "clients = 'a'",
        "4: identity.issuers[0].clients = \"a\": must be a list of client ids such as [\"web-app\"]",
    ),
    (
        "clients = ['a']\n\nprovision = 'yes'",
        "6: identity.issuers[0].provision = \"yes\": must be true or false",
    ),
    (
        "clients = ['a']\ntypes = ['at+jwt', 'JWS']",
        "5: identity.issuers[0].types = a list: must be a list of one or both of at+jwt and JWT",
    ),
    (
        "clients = ['a']\ntypes = []",
        "5: identity.issuers[0].types = a list: must be a list of one or both of at+jwt and JWT",
    ),
    (
        "clients = ['a']\norganisation = '*'",
        "5: identity.issuers[0].organisation = \"*\": must be an id of 1 to 200 characters without white space, and not *",
    ),
    (
        "clients = ['a']\norganisation = 'a b'",
        "5: identity.issuers[0].organisation = \"a b\": must be an id of 1 to 200 characters without white space, and not * (must not contain white space or control characters)",
    ),
    (
        "",
        "2: identity.issuers[0]: needs audience, clients or services; else tokens are taken that the issuer made for any other app",
    ),
    (
        "clients = ['a']\npermissions = { s = ['user.read'] }",
        "5: identity.issuers[0].permissions: needs services, a list of client ids: people get no permissions",
    ),
    (
        "clients = ['a']\nintrospection_client_id = 'p'",
        "5: identity.issuers[0].introspection_client_id: needs identity.issuers[0].introspection_secret",
    ),
    (
        "clients = ['a']\nintrospection_secret = 'hunter2'",
        "5: identity.issuers[0].introspection_secret: needs identity.issuers[0].introspection_client_id, a client id",
    ),
    (
        "clients = ['a']\nintrospection_client_id = 'p'\nintrospection_secret = 5",
        "6: identity.issuers[0].introspection_secret = [redacted]: must be a password, a private key in PEM, or the JSON key file of a ZITADEL application",
    ),
    (
        "clients = ['a']\nintrospection_client_id = 'p'\nintrospection_secret = ''",
        "6: identity.issuers[0].introspection_secret = [redacted]: must be a password, a private key in PEM, or the JSON key file of a ZITADEL application",
    ),
    (
        "clients = ['a']\nintrospection_client_id = 'p'\nintrospection_secret_file = '/nowhere'",
        "6: identity.issuers[0].introspection_secret_file = \"/nowhere\": can't be read: No such file or directory (os error 2)",
    ),
    (
        "clients = ['a']\nintrospection_client_id = 'p'\nintrospection_secret = 'a'\nintrospection_secret_file = 'b'",
        "6: identity.issuers[0].introspection_secret: must not be set together with identity.issuers[0].introspection_secret_file",
    ),
];

#[test]
fn a_table_of_a_list_is_told_what_is_wrong_where_and_what_is_allowed() {
    for (keys, line) in TABLES {
        let toml = format!("\n[[identity.issuers]]\nissuer = 'https://a.example'\n{keys}");
        assert_eq!(problems(&toml, &[]), [format!("passlink.toml:{line}")], "{toml}");
    }
}

/// The same in the environment, which has no lines.
#[test]
fn a_list_in_a_variable_is_told_what_is_wrong() {
    for (list, line) in [
        (
            "hunter2",
            "identity.issuers = [redacted]: must be a list of tables, and in a variable a JSON list of objects",
        ),
        (
            "{}",
            "identity.issuers = a table: must be a list of tables, and in a variable a JSON list of objects; in a file, each begins with [[identity.issuers]]",
        ),
        (
            "[1]",
            "identity.issuers = [redacted]: must be a list of tables, and in a variable a JSON list of objects",
        ),
        (
            r#"[{"issuer": "https://a.example", "audience": "a", "introspection_secrt": "hunter2"}]"#,
            "identity.issuers[0].introspection_secrt: unknown key; did you mean identity.issuers[].introspection_secret?",
        ),
        (
            r#"[{"issuer": "https://a.example", "audience": null, "clients": ["a"]}]"#,
            "identity.issuers[0].audience = null: must be a text that is not empty",
        ),
        (
            r#"[{"issuer": "https://a.example", "audience": "a", "introspection_client_id": "p",
                "introspection_secret": "hunter2", "introspection_secret_file": "b"}]"#,
            "identity.issuers[0].introspection_secret: must not be set together with identity.issuers[0].introspection_secret_file",
        ),
    ] {
        let told = problems("", &[("PASSLINK_IDENTITY__ISSUERS", list)]);
        assert_eq!(told, [format!("PASSLINK_IDENTITY__ISSUERS: {line}")]);
    }
    assert_eq!(
        problems("", &[("PASSLINK_IDENTITY__ISSUER", "hunter2")]),
        ["PASSLINK_IDENTITY__ISSUER: unknown variable; did you mean PASSLINK_IDENTITY__ISSUERS?"]
    );
}

#[test]
fn what_is_no_list_of_tables_is_refused_in_a_file() {
    for toml in ["identity.issuers = 'hunter2'", "identity.issuers = ['hunter2']"] {
        assert_eq!(
            problems(toml, &[]),
            [
                "passlink.toml:1: identity.issuers = [redacted]: must be a list of tables, and in a variable a JSON list of objects"
            ],
            "{toml}"
        );
    }
    assert_eq!(
        problems("[identity.issuers]\nissuer = 'https://a.example'", &[]),
        [
            "passlink.toml:1: identity.issuers = a table: must be a list of tables, and in a variable a JSON list of objects; in a file, each begins with [[identity.issuers]]"
        ]
    );
    // A key whose name reads as the path of one in a list is none.
    let told = problems("[identity]\n\"issuers[0].issuer\" = 'https://a.example'", &[]);
    assert!(told.len() == 1 && told[0].contains("unknown key"), "{told:?}");
}

#[test]
fn all_problems_of_all_tables_are_reported_together() {
    let toml = format!(
        "{ISSUER}provision = 1\ntrust_email = 2\n[[identity.issuers]]\nclients = ['a']\n\
         [[identity.issuers]]\nissuer = 'a'\nscopes = 'b'\npermissions = {{ s = ['user.reed'] }}\n\
         [links]\nmax_per_hour = 0"
    );
    let places = [
        "passlink.toml:4: identity.issuers[0].provision = 1: ",
        "passlink.toml:5: identity.issuers[0].trust_email = 2: ",
        "passlink.toml:6: identity.issuers[1].issuer is missing: must be an https URL",
        "passlink.toml:8: identity.issuers[2]: needs audience",
        "passlink.toml:9: identity.issuers[2].issuer = \"a\": must be an https URL",
        "passlink.toml:10: identity.issuers[2].scopes: unknown key; did you mean ",
        "passlink.toml:11: identity.issuers[2].permissions = a table: must be a table such as ",
        "passlink.toml:13: links.max_per_hour = 0: ",
    ];
    let problems = problems(&toml, &[]);
    for place in places {
        assert!(problems.iter().any(|it| it.starts_with(place)), "{place}: {problems:#?}");
    }
    assert_eq!(problems.len(), places.len(), "{problems:#?}");
}

#[test]
fn a_list_of_more_than_ten_keeps_its_order() {
    let tables = (0..12).map(|it| ISSUER.replace("login", &format!("login{it}")));
    let issuers = load(&tables.collect::<String>(), &[]).identity.issuers;
    assert_eq!(issuers.len(), 12);
    for (index, issuer) in issuers.iter().enumerate() {
        assert_eq!(issuer.issuer, format!("https://login{index}.example.com"));
    }
}

#[test]
fn a_variable_wins_over_the_whole_list() {
    let folder = Folder::new();
    let in_file = format!("{ISSUER}scope = 's'\nprovision = 0\nintrospection_secret_file = 'gone'");
    let list = r#"[{"issuer": "https://a.example/", "services": ["s"], "permissions": {"r": ["user.read"]}}]"#;
    let config = folder.load(&in_file, &[("PASSLINK_IDENTITY__ISSUERS", list)]).unwrap();
    let [issuer] = &config.identity.issuers[..] else { panic!("{config:?}") };
    assert_eq!(issuer.issuer, "https://a.example/", "kept to the letter");
    assert_eq!(issuer.issuer, "https://a.example/");
    assert_eq!((&issuer.audience, &issuer.scope), (&None, &None));
    assert_eq!(issuer.permissions["r"], [passlink_domain::Permission::UserRead]);
    let none = folder.load(ISSUER, &[("PASSLINK_IDENTITY__ISSUERS", "[]")]).unwrap();
    assert!(none.identity.issuers.is_empty());
}

#[test]
fn toml_may_write_a_list_of_tables_in_any_of_its_ways() {
    for toml in [
        "identity.issuers = [{ issuer = 'https://a.example', services = ['s'], permissions.r = ['user.read'] }]",
        "[identity]\nissuers = [\n{ issuer = 'https://a.example', services = ['s'], permissions = { r = ['user.read'] } } ]",
        "[[identity.issuers]]\nissuer = 'https://a.example'\nservices = ['s']\n[identity.issuers.permissions]\nr = ['user.read']",
    ] {
        let [issuer] = &load(toml, &[]).identity.issuers[..] else { panic!("{toml}") };
        assert_eq!(issuer.permissions["r"], [passlink_domain::Permission::UserRead], "{toml}");
        assert_eq!(issuer.types, ["at+jwt"]);
        assert_eq!(issuer.organisation, None);
        assert!(issuer.organisation.is_none() && !issuer.provision && !issuer.trust_email);
    }
}

#[test]
fn a_list_is_printed_last_and_can_be_read_again() {
    let list = r#"[{"issuer": "https://a.example", "services": ["s"], "organisation": "acme",
        "permissions": {"pass.links \"x\"": ["user.read"]}, "types": ["JWT", "AT+jwt"]}]"#;
    let config = load("", &[("PASSLINK_IDENTITY__ISSUERS", list)]);
    let printed = config.print();
    let (_, tables) = printed.split_once("\n\n").unwrap();
    assert_eq!(
        tables,
        r#"[[identity.issuers]]
issuer = "https://a.example"  # environment PASSLINK_IDENTITY__ISSUERS
# audience is not set
clients = []  # default
services = ["s"]  # environment PASSLINK_IDENTITY__ISSUERS
# scope is not set
types = ["JWT", "AT+jwt"]  # environment PASSLINK_IDENTITY__ISSUERS
organisation = "acme"  # environment PASSLINK_IDENTITY__ISSUERS
# organisation_claim is not set
# user_id_claim is not set
permissions = { "pass.links \"x\"" = ["user.read"] }  # environment PASSLINK_IDENTITY__ISSUERS
provision = false  # default
trust_email = false  # default
# introspection_client_id is not set
# introspection_secret is not set
"#
    );
    let two = format!("{printed}\n{ISSUER}");
    let again = load(&two, &[]).identity.issuers;
    assert_eq!(again.len(), 2);
    assert_eq!(again[0].permissions, config.identity.issuers[0].permissions);
    assert_eq!(again[0].organisation.as_ref().unwrap().as_str(), "acme");
}

#[test]
fn the_schema_tells_editors_what_a_table_of_a_list_may_hold() {
    let list = &schema()["properties"]["identity"]["properties"]["issuers"];
    assert_eq!(list["type"], "array");
    let table = &list["items"];
    assert_eq!(table["additionalProperties"], false);
    assert_eq!(table["required"], serde_json::json!(["issuer"]));
    assert_eq!(table["properties"]["issuer"].get("default"), None);
    assert_eq!(table["properties"]["introspection_secret_file"]["type"], "string");
    assert_eq!(table["properties"]["permissions"]["additionalProperties"]["type"], "array");
    assert_eq!(schema().get("required"), None);
}
