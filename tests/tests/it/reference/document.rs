//! The OpenAPI document: it is valid, it is of what the server does, and the server keeps to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use passlink_tests::{node, python, reflection};

use super::*;

/// Methods of HTTP that a path may be bound with.
const METHODS: [Method; 5] =
    [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE];

#[tokio::test]
async fn two_validators_accept_it_in_both_forms() {
    let (passlink, _) = server().await;
    for name in ["openapi.json", "openapi.yaml"] {
        let answer = passlink.get(&format!("/{name}")).await;
        assert_eq!(answer.status, 200);
        let file = passlink.dir().join(name);
        fs::write(&file, answer.text).unwrap();
        let file = file.to_str().unwrap();
        python::run("openapi.py", &[file]).done();
        node::run("openapi.mjs", &[file]).done();
    }
}

#[tokio::test]
async fn a_fault_is_found_by_either_validator() {
    let (passlink, _) = server().await;
    let mut broken = document(&passlink).await;
    broken["paths"]["/auth/v1/users/me/passwordless/_send_link"]["post"]["responses"]["200"] =
        json!({ "$ref": "#/components/responses/None" });
    let file = passlink.dir().join("broken.json");
    fs::write(&file, broken.to_string()).unwrap();
    let file = file.to_str().unwrap();
    assert_ne!(python::run("openapi.py", &[file]).code, Some(0));
    assert_ne!(node::run("openapi.mjs", &[file]).code, Some(0));
}

#[tokio::test]
async fn it_has_each_method_that_the_server_offers_and_no_other() {
    let (passlink, _) = server().await;
    let document = document(&passlink).await;
    let documented: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(_, _, it)| {
            let (service, method) = (&it["tags"][0], &it["operationId"]);
            format!("/{}/{}", service.as_str().unwrap(), method.as_str().unwrap())
        })
        .collect();
    let mut offered = reflection::methods(&passlink).await;
    offered.retain(|method| !method.starts_with("/grpc."));
    assert_eq!(documented, offered);
    assert_eq!(operations(&document).len(), offered.len(), "one path a method");
}

/// A path is routed with the methods that the document has for it, and with no others.
#[tokio::test]
async fn it_has_each_method_of_http_that_a_path_takes_and_no_other() {
    let (passlink, ada) = server().await;
    let document = document(&passlink).await;
    let mut bound: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in operations(&document) {
        bound.entry(path).or_default().insert(method.to_string());
    }
    for (path, bound) in bound {
        let filled = path.replace(['{', '}'], "");
        for method in METHODS {
            let request = passlink.request(method.clone(), &filled).bearer_auth(&ada.token);
            let answer = Answer::to(request.body("{}")).await;
            let is_taken = answer.status != 405;
            assert_eq!(is_taken, bound.contains(method.as_str()), "{method} {path}: {answer:?}");
            assert!(!answer.text.contains("REQUEST-NotFound"), "{method} {path}: {answer:?}");
        }
    }
}

/// The fields of the messages, as reflection tells them, by the names that JSON has for them.
#[tokio::test]
async fn its_schemas_have_the_fields_of_the_messages_and_no_others() {
    let (passlink, _) = server().await;
    let document = document(&passlink).await;
    let messages = reflection::messages(&passlink).await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut in_path: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, _, operation) in operations(&document) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let Some(name) = schema.as_str().and_then(|it| it.rsplit('/').next()) else { continue };
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let names = parameters.map(|it| camel_case(it["name"].as_str().unwrap()));
        in_path.entry(name.to_owned()).or_default().extend(names);
    }
    let mut compared = 0;
    for (name, schema) in schemas.iter().filter(|(_, it)| it["type"] == "object") {
        let Some(fields) = messages.get(name) else {
            assert!(["Error", "ErrorDetail", "RetryInfo"].contains(&name.as_str()), "{name}");
            continue;
        };
        let mut known: BTreeSet<_> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        known.extend(in_path.remove(name).unwrap_or_default());
        assert_eq!(&known, fields, "{name}");
        compared += 1;
    }
    assert!(compared > 30, "{compared} messages");
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// What a path names is taken at its longest, as far as its length goes, and refused beyond.
#[tokio::test]
async fn its_lengths_are_those_that_the_server_takes() {
    let (passlink, ada) = server().await;
    let permissions = ["user.passkey.write", "session.write", "session.read", "session.delete"];
    let permissions: Vec<_> = permissions.iter().flat_map(|it| ["--permission", *it]).collect();
    let service = passlink.service("app", &permissions);
    let document = document(&passlink).await;
    let mut tried = 0;
    for (path, method, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().unwrap().iter();
        for parameter in parameters.filter(|it| it["in"] == "path") {
            // Whatever is wrong with a code is told alike.
            if operation["security"] == json!([]) {
                continue;
            }
            let most = parameter["schema"]["maxLength"].as_u64().unwrap() as usize;
            let name = parameter["name"].as_str().unwrap();
            for (length, is_too_long) in [(most, false), (most + 1, true)] {
                let filled = path.replace(&format!("{{{name}}}"), &"a".repeat(length));
                let filled = filled.replace(['{', '}'], "");
                let token = if path.starts_with("/auth/") { &ada.token } else { &service };
                let request = passlink.request(method.clone(), &filled).bearer_auth(token);
                let body = json!({ "publicKeyCredential": {}, "name": "Phone" });
                let answer = Answer::to(request.json(&body)).await;
                let told = format!("{name}: must have at most {most} characters");
                assert_eq!(answer.text.contains(&told), is_too_long, "{path}: {answer:?}");
            }
            tried += 1;
        }
    }
    assert!(tried > 11, "{tried}");
    let code = &document["components"]["schemas"]["zitadel.user.v2.PasskeyRegistrationCode"];
    let most = code["properties"]["code"]["maxLength"].as_u64().unwrap() as usize;
    for (length, id) in [(most, "LINK-CodeInvalid"), (most + 1, "REQUEST-Invalid")] {
        let body = json!({ "code": { "id": "link", "code": "a".repeat(length) } });
        let answer = passlink.post(None, "/v2/users/ada/passkeys", &body).await;
        assert_eq!(answer.json()["details"][0]["id"], id, "{length}: {answer:?}");
    }
    let sends = "/v2/users/69629023906488335/passkeys/registration_link";
    let schema = &document["components"]["schemas"]["zitadel.user.v2.SendPasskeyRegistrationLink"];
    let most = schema["properties"]["urlTemplate"]["maxLength"].as_u64().unwrap() as usize;
    for (length, id) in [(most, "LINK-URLTemplate"), (most + 1, "REQUEST-Invalid")] {
        let body = json!({ "sendLink": { "urlTemplate": "a".repeat(length) } });
        let answer = passlink.post(Some(&service), sends, &body).await;
        assert_eq!(answer.json()["details"][0]["id"], id, "{length}: {answer:?}");
    }
}

#[tokio::test]
async fn its_server_is_the_domain_that_was_asked() {
    let (passlink, _) = server().await;
    let url = home(&passlink);
    assert_eq!(document(&passlink).await["servers"], json!([{ "url": url }]));
    let yaml = passlink.get("/openapi.yaml").await.text;
    assert!(yaml.contains(&format!("- url: \"{url}\"\n")), "{yaml}");
    for path in
        ["/openapi.json", "/openapi.yaml", "/docs", "/docs/passlink.postman_collection.json"]
    {
        let text = passlink.get(path).await.text;
        assert!(text.contains(&url) && !text.contains("server.invalid"), "{path}");
    }
}

/// Each example is an example of its schema: what a reader copies is allowed.
#[tokio::test]
async fn its_examples_fit_its_schemas() {
    let (passlink, _) = server().await;
    let file = passlink.dir().join("openapi.json");
    fs::write(&file, passlink.get("/openapi.json").await.text).unwrap();
    let checked = python::run("openapi_examples.py", &[file.to_str().unwrap()]).done();
    let checked: usize = checked.trim().parse().unwrap();
    assert!(checked > 150, "{checked} examples");
}
