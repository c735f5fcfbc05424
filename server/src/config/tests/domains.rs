//! What is particular about domains, and the rules that bind them.

use super::*;

const TWO: &str =
    "[[domains]]\nhost = 'a.example'\norganisation = 'a'\n[[domains]]\nhost = 'b.example'\n";

const SMTP: &str = "[mail]\nsmtp_url = 'smtps://mail.example.com'\n";

/// The problems of two domains with more keys in the second one, of which the first stands in line 6.
fn with_two(more: &str) -> Vec<String> {
    problems(&format!("{TWO}{more}"), &[])
}

#[test]
fn a_host_is_kept_as_browsers_write_it() {
    for (given, kept) in [
        ("login.acme.example", "login.acme.example"),
        ("Login.ACME.example.", "login.acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("my_host", "my_host"),
        ("app.localhost", "app.localhost"),
    ] {
        let list = serde_json::json!([{ "host": given, "aliases": [format!("x.{given}")] }]);
        let config = load("", &[("PASSLINK_DOMAINS", &list.to_string())]);
        assert_eq!(config.domains[0].host, kept);
        assert_eq!(config.domains[0].aliases, [format!("x.{kept}")]);
    }
    for wrong in [
        "",
        ".",
        "a..example",
        "a.example:443",
        "https://a.example",
        "a.example/",
        "*.example",
        "a b.example",
        "a%2eexample",
        "127.0.0.1",
        "0x7f.1",
        "[::1]",
        "::1",
        "user@a.example",
        &"a".repeat(254),
    ] {
        let host = serde_json::json!([{ "host": wrong }]).to_string();
        let told = problems("", &[("PASSLINK_DOMAINS", &host)]);
        assert_eq!(told.len(), 1, "{told:?}");
        let head = "PASSLINK_DOMAINS: domains[0].host = ";
        assert!(told[0].starts_with(head) && told[0].contains("must be a host name"), "{told:?}");
        let alias = serde_json::json!([{ "host": "a.example", "aliases": [wrong] }]).to_string();
        assert_eq!(
            problems("", &[("PASSLINK_DOMAINS", &alias)]),
            [
                "PASSLINK_DOMAINS: domains[0].aliases = a list: must be a list of host names such as [\"id.acme.example\"]"
            ]
        );
    }
}

#[test]
fn a_key_of_a_domain_is_told_what_it_must_be() {
    for (key, line) in [
        (
            "public_url = 'b.example'",
            "public_url = \"b.example\": must be an http or https URL without user name, query or fragment, such as https://login.acme.example (relative URL without a base)",
        ),
        (
            "rp_id = 'B.example'",
            "rp_id = \"B.example\": must be the host of the domain's public URL or a domain above it, such as acme.example, and not that of another domain",
        ),
        ("rp_name = ''", "rp_name = \"\": must be a name of 1 to 64 characters"),
        (
            "organisation = '*'",
            "organisation = \"*\": must be an id of 1 to 200 characters without white space, and not *",
        ),
        (
            "mail_from = 'b'",
            "mail_from = \"b\": must be a mailbox such as Acme <no-reply@acme.example>",
        ),
        ("template_dir = ''", "template_dir = \"\": must be the path of a directory"),
        ("template_dir = 1", "template_dir = 1: must be the path of a directory"),
    ] {
        let told = with_two(key);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("passlink.toml:6: domains[1].{line}")), "{told:?}");
    }
}

#[test]
fn a_name_belongs_to_one_domain() {
    let taken = |key: &str, other: &str| {
        format!(
            "passlink.toml:6: domains[1].{key}: a.example must be a name of one domain only, and stands in \
             domains[0].{other} as well"
        )
    };
    assert_eq!(with_two("aliases = ['c.example', 'A.example']"), [taken("aliases", "host")]);
    let url = "public_url = 'https://a.example:8443/b'\nrp_id = 'example'";
    assert_eq!(with_two(url), [taken("public_url", "host")]);
    let same = "[[domains]]\nhost = 'b.example'\norganisation = 'a'\npublic_url = 'https://a.example'\n\
        [[domains]]\nhost = 'a.example.'\npublic_url = 'https://c.a.example'";
    assert_eq!(problems(same, &[]), [taken("host", "public_url")]);
    // Within a domain, a name may stand twice.
    let config = load(
        "[[domains]]\nhost = 'a.example'\naliases = ['a.example', 'b.example', 'B.example.']\npublic_url = 'https://b.example'",
        &[],
    );
    assert_eq!(config.all_domains()[0].names, ["a.example", "b.example"]);
}

#[test]
fn domains_serve_organisations_and_one_of_them_the_rest() {
    load(TWO, &[]);
    // An organisation can have several.
    load(&format!("{TWO}organisation = 'a'"), &[]);
    assert_eq!(
        problems("[[domains]]\nhost = 'a.example'\n[[domains]]\nhost = 'b.example'", &[]),
        [
            "passlink.toml:3: domains[1]: needs organisation, an id: domains[0] has none, and serves the users of all others"
        ]
    );
    let refused = problems(
        "[[domains]]\nhost = 'a.example'\norganisation = '*'\n[[domains]]\nhost = 'b.example'",
        &[],
    );
    assert_eq!(refused.len(), 1, "{refused:?}");
}

#[test]
fn passkeys_are_bound_to_the_domain_of_the_public_url_or_one_above_it() {
    for rp_id in ["b.example", "example"] {
        let config = load(&format!("{TWO}rp_id = '{rp_id}'"), &[]);
        assert_eq!(config.all_domains()[1].rp_id, rp_id);
    }
    assert_eq!(
        with_two("rp_id = 'c.example'"),
        [
            "passlink.toml:6: domains[1].rp_id: must be the host of domains[1].public_url (https://b.example) or a domain above it"
        ]
    );
    assert_eq!(
        with_two("public_url = 'https://127.0.0.1'"),
        [
            "passlink.toml:6: domains[1].public_url = \"https://127.0.0.1\": must have a domain name, or be localhost: passkeys are not made for IP addresses"
        ]
    );
}

#[test]
fn no_two_organisations_have_the_same_relying_party() {
    let list = |first: &str, second: &str| {
        serde_json::json!([
            { "host": "a.b.example", "organisation": "a", "rp_id": first },
            { "host": "b.example", "rp_id": second },
        ])
    };
    let env = list("b.example", "b.example").to_string();
    assert_eq!(
        problems("", &[("PASSLINK_DOMAINS", &env)]),
        [
            "PASSLINK_DOMAINS: domains[1].rp_id: must not be that of domains[0] (b.example), which serves other users: the passkeys of one would be offered on the other"
        ]
    );
    let by_default = "[[domains]]\nhost = 'a.b.example'\norganisation = 'a'\nrp_id = 'b.example'\n[[domains]]\nhost = 'b.example'";
    let told = problems(by_default, &[]);
    assert_eq!(told.len(), 1, "{told:?}");
    let head =
        "passlink.toml:6: domains[1].host: its rp_id must not be that of domains[0] (b.example)";
    assert!(told[0].starts_with(head), "{told:?}");
    load("", &[("PASSLINK_DOMAINS", &list("a.b.example", "b.example").to_string())]);
}

#[test]
fn mail_may_leave_the_machine_from_public_https_urls_only() {
    let sending = |more: &str| format!("{SMTP}from = 'a@example.com'\n{TWO}{more}");
    load(&sending(""), &[]);
    let what = "must be https, and not localhost, with an SMTP server that is not on loopback (passlink.toml:2)";
    for url in ["http://b.example", "https://app.localhost"] {
        assert_eq!(
            problems(&sending(&format!("public_url = '{url}'")), &[]),
            [format!("passlink.toml:9: domains[1].public_url = \"{url}\": {what}")]
        );
    }
    assert_eq!(
        problems(&sending("").replace("'b.example'", "'b.localhost'"), &[]),
        [format!("passlink.toml:8: domains[1].host (https://b.localhost): {what}")]
    );
    let local = "[mail]\nsmtp_url = 'smtp://localhost'\nfrom = 'a@b.example'\n";
    load(&format!("{local}{TWO}public_url = 'http://b.example'"), &[]);
    // The public URL of the server is not used, so it may be what it is by default.
    assert!(load(&sending(""), &[]).server.public_url.is_local());
}

#[test]
fn each_domain_needs_a_sender() {
    let own = "mail_from = 'Acme <no-reply@a.example>'\n";
    let first = TWO.replacen("organisation", &format!("{own}organisation"), 1);
    assert_eq!(
        problems(&format!("{SMTP}{first}"), &[]),
        [
            "passlink.toml:7: domains[1]: needs mail_from, a mailbox such as Acme <no-reply@acme.example>, or mail.from for all domains"
        ]
    );
    assert_eq!(problems(&format!("{SMTP}{TWO}"), &[]).len(), 2);
    let config = load(&format!("{SMTP}from = 'b@b.example'\n{first}"), &[]);
    let senders = config.all_domains().into_iter().map(|domain| domain.mail_from.unwrap());
    assert_eq!(senders.collect::<Vec<_>>(), ["Acme <no-reply@a.example>", "b@b.example"]);
    load(&format!("{SMTP}{first}{own}"), &[]);
    load(TWO, &[]);
}

#[test]
fn links_may_lead_where_a_template_says_on_each_domain() {
    let template = "[links]\nurl_template = 'https://a.example/p?i={{.CodeID}}#{{.Code}}'\n";
    assert_eq!(
        problems(&format!("{template}{TWO}"), &[]),
        [
            "passlink.toml:2: links.url_template: must lead to the origin of domains[1].public_url (https://b.example), or to one of links.allowed_origins"
        ]
    );
    let allowed = format!("{template}allowed_origins = ['https://a.example']\n{TWO}");
    load(&allowed, &[]);
    let insecure = template.replace("https", "http") + TWO;
    assert_eq!(
        problems(&insecure, &[]),
        [
            "passlink.toml:2: links.url_template: must make an https URL (http for localhost) without user name and password"
        ]
    );
}

#[test]
fn what_domains_stand_in_place_of_is_warned_about() {
    let proxy = "[server]\ntrusted_proxies = ['10.0.0.5']\n";
    assert!(load(&format!("{proxy}{TWO}"), &[]).warnings().is_empty());
    let unused = "public_url = 'http://c.example'\n[webauthn]\nrp_id = 'c.example'\n";
    assert_eq!(
        load(&format!("{proxy}{unused}{TWO}"), &[]).warnings(),
        [
            "server.public_url is not used: each of [[domains]] has its own",
            "webauthn.rp_id is not used: each of [[domains]] has its own",
        ]
    );
}

#[test]
fn a_doubtful_public_url_of_a_domain_is_warned_about() {
    let doubtful = load(&format!("{TWO}public_url = 'http://b.example'"), &[]).warnings();
    assert_eq!(doubtful.len(), 2, "{doubtful:?}");
    assert!(doubtful[0].starts_with("domains[1].public_url is not https: "), "{doubtful:?}");
    let head = "domains[0].public_url is https, but the server has no TLS of its own: ";
    assert!(doubtful[1].starts_with(head), "{doubtful:?}");
    // Once for all of them: the remedy is one.
    assert_eq!(load(TWO, &[]).warnings().len(), 1);
}

#[test]
fn it_is_warned_about_when_nobody_serves_the_users_of_whom_nothing_else_was_said() {
    let warned = |organisation: &str| {
        let toml = format!("[[domains]]\nhost = 'a.example'\n{organisation}");
        load(&toml, &[])
            .warnings()
            .iter()
            .any(|it| it.contains("no domain serves the organisation default"))
    };
    assert!(warned("organisation = 'a'"));
    assert!(!warned("organisation = 'default'") && !warned(""));
}

#[test]
fn a_table_in_place_of_a_list_is_told_how_it_begins() {
    let told = problems("[domains]\nhost = 'a.example'", &[]);
    assert!(told[0].contains("domains = a table: must be a list of tables"), "{told:?}");
    assert!(told[0].ends_with("in a file, each begins with [[domains]]"), "{told:?}");
}

#[test]
fn a_relying_party_below_that_of_other_users_is_warned_about() {
    let warned = |more: &str| load(&format!("{TWO}{more}"), &[]).warnings().join("\n");
    let told = warned("public_url = 'https://b.a.example'");
    let expected = "domains[1].public_url: b.a.example is below a.example, the relying party of other users: \
        browsers let pages of the one ask for passkeys of the other";
    assert!(told.contains(expected), "{told}");
    for fine in [
        "public_url = 'https://ba.example'",
        "public_url = 'https://b.a.example'\norganisation = 'a'",
    ] {
        assert!(!warned(fine).contains("is below"), "{fine}");
    }
}

#[test]
fn the_other_rules_say_nothing_of_a_list_that_is_none() {
    let told = problems(&format!("domains = 5\n{SMTP}"), &[]);
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn the_samples_of_the_docs_are_right() {
    let docs = include_str!("../../../../docs/configuration.md");
    let samples: Vec<_> = docs.split("```toml\n").skip(1).collect();
    let [sample] = &samples[..] else { panic!("{}", samples.len()) };
    let config = load(sample.split("```").next().unwrap(), &[]);
    let [first, acme] = &config.all_domains()[..] else { panic!("{config:?}") };
    assert_eq!((&*first.brand.name, &*acme.brand.name), ("Example", "Acme"));
    assert!(first.brand.support.is_some() && acme.brand.support.is_none());
    let docs_of_domains = include_str!("../../../../docs/domains.md");
    let sample = docs_of_domains.split("```toml\n").nth(1).unwrap();
    let config = load(sample.split("```").next().unwrap(), &[]);
    let rp_ids: Vec<_> = config.all_domains().into_iter().map(|domain| domain.rp_id).collect();
    assert_eq!(rp_ids, ["acme.example", "login.globex.example"]);
    let docs_of_pages = include_str!("../../../../docs/mails-and-pages.md");
    let sample = docs_of_pages.split("```toml\n").nth(1).unwrap();
    let config = load(sample.split("```").next().unwrap(), &[]);
    assert!(config.brand.home.is_some() && config.brand.support.is_some());
    let variable = docs.lines().find_map(|line| line.strip_prefix("PASSLINK_DOMAINS=")).unwrap();
    let config = load("", &[("PASSLINK_DOMAINS", variable.trim_matches('\''))]);
    assert_eq!(config.domains.len(), 1);
}
