//! Clients that we did not write, through a whole sign-in.

use passlink_tests::{node, python};

use super::*;

/// How a client calls.
#[derive(Clone, Copy)]
enum Client {
    /// `@zitadel/client` by a protocol.
    Zitadel(&'static str),
    /// A gRPC client that learns the services by reflection.
    Reflecting,
}

/// A service, a method as `@zitadel/client` names it, and the request.
type Request = (&'static str, &'static str, Value);

const SESSION: &str = "session";
const AUTH: &str = "v1";

impl Client {
    /// The outcomes of calls with a token, one after the other.
    fn see(self, passlink: &Passlink, token: &str, calls: &[Request]) -> Vec<Value> {
        match self {
            Self::Zitadel(protocol) => {
                node::zitadel_client(&passlink.url(), protocol, token, calls)
            }
            Self::Reflecting => {
                let calls = calls.iter().map(|(service, method, request)| {
                    let service = match *service {
                        SESSION => "zitadel.session.v2.SessionService",
                        _ => "zitadel.auth.v1.AuthService",
                    };
                    (service, upper(method), request.clone())
                });
                let calls: Vec<_> = calls.collect();
                let calls: Vec<_> =
                    calls.iter().map(|(it, method, json)| (*it, &**method, json.clone())).collect();
                let address = format!("127.0.0.1:{}", passlink.port());
                python::grpc_calls(&address, token, &calls)
            }
        }
    }

    /// The answers to calls that must succeed.
    #[track_caller]
    fn answers(self, passlink: &Passlink, token: &str, calls: &[Request]) -> Vec<Value> {
        let outcomes = self.see(passlink, token, calls).into_iter();
        outcomes
            .map(|outcome| {
                assert!(outcome["answer"].is_object(), "{outcome}");
                outcome["answer"].clone()
            })
            .collect()
    }

    /// The code and the id of a call that must fail.
    #[track_caller]
    fn error(self, passlink: &Passlink, token: &str, call: Request) -> (Value, Value) {
        let outcome = self.see(passlink, token, &[call]).remove(0);
        let error = match self {
            Self::Zitadel(_) => &outcome["error"],
            Self::Reflecting => &outcome,
        };
        (error["code"].clone(), error["details"][0]["id"].clone())
    }
}

/// The method's name in its service.
fn upper(method: &str) -> String {
    let (first, rest) = method.split_at(1);
    first.to_uppercase() + rest
}

/// Signs in for a user by id, by username, by address and for anybody; looks, sends a link, and ends it.
async fn assert_whole_way(client: Client) {
    let passlink = Passlink::with_mail_dir().generous().started().await;
    let ada = ada_with_username(&passlink);
    let mut device = SoftwarePasskey::new(ORIGIN);
    let begun = begin(&passlink, &ada).await;
    let created = device.create(&begun.options).await;
    begun.finish(&passlink, Some(&ada.token), &created).await.sequence();
    let app = BackEnd::new(&passlink).token;

    let checks = [by_id(&ada), named("ada"), named("Ada@example.com"), None];
    let create = checks.map(|user| {
        let challenge = json!({ "domain": "login.example.com" });
        let request = json!({
            "checks": user.map(|user| json!({ "user": user })).unwrap_or(json!({})),
            "challenges": { "webAuthN": challenge }, "lifetime": "600s",
        });
        (SESSION, "createSession", request)
    });
    let sessions: Vec<_> = client
        .answers(&passlink, &app, &create)
        .iter()
        .map(|created| Session::of(&created["sessionId"], created))
        .collect();
    let mut hand_over = Vec::new();
    for session in &sessions {
        let assertion = device.sign(&session.options).await;
        let checks = json!({ "webAuthN": { "credentialAssertionData": assertion } });
        let request = json!({ "sessionId": session.id, "checks": checks });
        hand_over.push((SESSION, "setSession", request));
    }
    let set = client.answers(&passlink, &app, &hand_over);
    let mut look: Vec<Request> =
        sessions.iter().map(|it| (SESSION, "getSession", json!({ "sessionId": it.id }))).collect();
    let query = json!({ "userIdQuery": { "id": ada.id } });
    look.push((SESSION, "listSessions", json!({ "queries": [query] })));
    let mut seen = client.answers(&passlink, &app, &look);
    let listed = seen.pop().unwrap();
    for seen in &seen {
        let factors = &seen["session"]["factors"];
        assert_eq!(factors["user"]["id"], ada.id, "{seen}");
        assert_eq!(factors["user"]["loginName"], "ada", "{seen}");
        assert_eq!(factors["webAuthN"]["userVerified"], true, "{seen}");
    }
    assert_eq!(listed["details"]["totalResult"], "4", "{listed}");
    assert_eq!(listed["sessions"][0]["id"], json!(sessions[3].id), "{listed}");

    let token = set[0]["sessionToken"].as_str().unwrap();
    let send: Request = (AUTH, "sendMyPasswordlessLink", json!({}));
    let sent = client.answers(&passlink, token, std::slice::from_ref(&send));
    assert_eq!(sent[0]["details"]["sequence"], "3", "{sent:?}");
    let delete: Request = (SESSION, "deleteSession", json!({ "sessionId": sessions[0].id }));
    let deleted = client.answers(&passlink, &app, std::slice::from_ref(&delete));
    assert_eq!(deleted[0]["details"]["sequence"], "3", "{deleted:?}");
    let invalid = (json!(16), json!("AUTH-Invalid"));
    assert_eq!(client.error(&passlink, token, send), invalid);
    let gone = (json!(5), json!("SESSION-NotFound"));
    assert_eq!(client.error(&passlink, &app, delete), gone);
    let again = hand_over.remove(1);
    let refused = (json!(3), json!("PASSKEY-ValidateFailed"));
    assert_eq!(client.error(&passlink, &app, again), refused);
}

#[tokio::test]
async fn zitadel_client_signs_in_by_grpc() {
    assert_whole_way(Client::Zitadel("grpc")).await;
}

#[tokio::test]
async fn zitadel_client_signs_in_by_grpc_web() {
    assert_whole_way(Client::Zitadel("grpc-web")).await;
}

#[tokio::test]
async fn a_grpc_client_that_knows_the_address_alone_signs_in() {
    assert_whole_way(Client::Reflecting).await;
}
