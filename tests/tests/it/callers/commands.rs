//! `passlink token`, for services and for persons with permissions.

use super::*;

#[tokio::test]
async fn a_list_tells_of_each_token_of_a_service_what_it_may_and_when_it_was_used() {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = passlink.ada();
    let used = passlink.service("shop", &permitting(&[WRITE, READ, WRITE]));
    let everywhere = ["--organisation", "*", "--permission", READ, "--name", "Till"];
    let other = passlink.service("shop", &[&everywhere[..], &["--expires-in", "8h"]].concat());
    let elsewhere = passlink.service("shopkeeper", &["--organisation", "acme"]);
    let list = || passlink.cli(&["token", "list", "--service", "shop"]);
    let before = list().lines();
    let told = |line: &Value| {
        let keys = ["service", "organisation", "permissions", "name", "lastUsed", "revoked"];
        Value::from_iter(keys.map(|key| line[key].clone()))
    };
    let first = json!(["shop", "default", [WRITE, READ], null, null, null]);
    let second = json!(["shop", "*", [READ], "Till", null, null]);
    assert_eq!([told(&before[0]), told(&before[1])], [first, second]);
    assert_eq!(before.len(), 2);
    for line in &before {
        for time in ["created", "expires"] {
            assert!(line[time].as_str().is_some_and(|it| it.ends_with('Z')), "{line}");
        }
        assert_eq!(line.get("user"), None, "{line}");
    }
    assert_ne!(before[0]["id"], before[1]["id"]);

    // A call that is refused uses the token as well.
    link(&passlink, &for_user(&ada, &used), "returnCode").await.sequence();
    let after = list().lines();
    assert!(after[0]["lastUsed"].is_string(), "{}", after[0]);
    assert_eq!(after[1], before[1]);
    assert_denied(&link(&passlink, &for_user(&ada, &other), "returnCode").await);
    assert!(list().lines()[1]["lastUsed"].is_string());
    let back = "UPDATE tokens SET last_used_at = created_at - 86400000 WHERE service = 'shop'";
    passlink.sql(back, &[]);
    link(&passlink, &for_user(&ada, &used), "returnCode").await.sequence();
    let [again, other_again] = &list().lines()[..] else { panic!() };
    let at = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    assert!(at(again, "lastUsed") >= at(again, "created"), "{again}");
    assert!(at(other_again, "lastUsed") < at(other_again, "created"), "{other_again}");

    let printed = list().done();
    for token in [&used, &other, &elsewhere] {
        assert!(!printed.contains(token), "a token is printed again");
    }
    assert_eq!(token_of(&passlink, "shopkeeper")["organisation"], "acme");
    assert_eq!(passlink.cli(&["token", "list", "--service", "nobody"]).lines(), [Value::Null; 0]);
    let id = at(&before[0], "id");
    let revoked = passlink.cli(&["token", "revoke", &id]).lines().remove(0);
    assert_eq!(revoked["id"], id);
    assert!(list().lines()[0]["revoked"].is_string());
    assert_invalid(&link(&passlink, &for_user(&ada, &used), "returnCode").await);
    assert_denied(&link(&passlink, &for_user(&ada, &other), "returnCode").await);
}

#[test]
fn a_token_of_a_user_can_permit_as_well_and_says_so() {
    let passlink = Passlink::new();
    let ada = passlink.ada();
    passlink.token(&ada.id, &["--permission", READ, "--permission", "user.read"]);
    let tokens = passlink.cli(&["token", "list", "--user", &ada.id]).lines();
    let told: Vec<_> = tokens.iter().map(|it| (&it["user"], &it["permissions"])).collect();
    let id = json!(ada.id);
    assert_eq!(told, [(&id, &json!([])), (&id, &json!([READ, "user.read"]))]);
    for line in &tokens {
        for key in ["service", "organisation", "lastUsed"] {
            assert_eq!(line.get(key), None, "{line}");
        }
    }
}

#[test]
fn a_service_that_may_do_nothing_is_made_with_a_warning() {
    let passlink = Passlink::new();
    let output = passlink.set_up().cli(&["token", "create", "--service", "shop"]);
    assert!(output.stderr.contains("warning: without --permission"), "{output:?}");
    output.done();
    assert_eq!(token_of(&passlink, "shop")["permissions"], json!([]));
    let output = passlink.cli(&["token", "create", "--service", "shop", "--permission", READ]);
    assert!(!output.stderr.contains("warning"), "{output:?}");
}

#[test]
fn what_no_token_can_be_made_of_is_refused_with_the_reason() {
    let passlink = Passlink::new();
    let ada = passlink.ada();
    let create = |more: &[&str]| passlink.cli(&[&["token", "create"], more].concat()).failed(2);
    let list = |more: &[&str]| passlink.cli(&[&["token", "list"], more].concat()).failed(2);
    let both = ["--user", &ada.id, "--service", "shop"];
    for text in [create(&both), list(&both)] {
        assert!(text.contains("--user <ID>") && text.contains("cannot be used with"), "{text}");
        assert!(text.contains("--service <NAME>"), "{text}");
    }
    for text in [create(&[]), create(&["--permission", READ]), list(&[])] {
        assert!(text.contains("<--user <ID>|--service <NAME>>"), "{text}");
    }
    for unknown in ["user.passkey", "USER.READ", "", "user.read user.write", "*"] {
        let text = create(&["--service", "shop", "--permission", unknown]);
        assert!(text.contains("must be one of"), "{unknown}: {text}");
        for permission in PERMISSIONS {
            assert!(text.contains(permission), "{permission} in {text}");
        }
    }
    for organisation in ["other", "*"] {
        let text = create(&["--user", &ada.id, "--organisation", organisation]);
        assert!(text.contains("--organisation <O>") && text.contains("--user <ID>"), "{text}");
    }
    for organisation in ["", "a b", "a\u{7}"] {
        let text = create(&["--service", "shop", "--organisation", organisation]);
        assert!(text.contains("--organisation"), "{organisation:?}: {text}");
    }
    for name in ["", " ", "\t", "a\nb"] {
        let text = create(&["--service", name]);
        assert!(text.contains("--service"), "{name:?}: {text}");
        list(&["--service", name]);
    }
    assert_eq!(passlink.sql("SELECT count(*) FROM tokens", &[])[0][0], 1);
}

#[test]
fn no_organisation_is_called_as_all_of_them() {
    let passlink = Passlink::new();
    let said = "* stands for all organisations, and is the id of none";
    let add = ["user", "add", "--email", "ada@example.com", "--org", "*"];
    let text = passlink.set_up().cli(&add).failed(1);
    assert!(text.contains(said), "{text}");
    let line = json!({ "email": "ada@example.com", "organisation": "*" });
    let file = passlink.dir().join("users.jsonl");
    std::fs::write(&file, line.to_string()).unwrap();
    let text = passlink.cli(&["user", "import", file.to_str().unwrap()]).failed(1);
    assert!(text.contains(said), "{text}");
    assert_eq!(passlink.sql("SELECT count(*) FROM users", &[])[0][0], 0);
}
