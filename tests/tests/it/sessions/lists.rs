//! Lists of sessions: which, in which order, and how many.

use super::*;

/// What is listed: ids in order, and how many there are in all.
async fn list(app: &BackEnd<'_>, request: Value) -> (Vec<String>, u64) {
    let answer = app.list(&request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert!(answer["details"]["timestamp"].is_string(), "{answer}");
    let sessions = answer["sessions"].as_array().cloned().unwrap_or_default();
    let ids = sessions.iter().map(|it| it["id"].as_str().unwrap().to_owned());
    let total = answer["details"]["totalResult"].as_str().unwrap_or("0");
    (ids.collect(), total.parse().unwrap())
}

/// Sessions whose dates differ, the oldest first.
async fn sessions(app: &BackEnd<'_>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let id = app.ask(None).await.id;
        let at = (1_800_000_000_000 + 1000 * number).to_string();
        app.passlink.sql("UPDATE sessions SET created_at = ? WHERE id = ?", &[&at, &id]);
        ids.push(id);
    }
    ids
}

fn reversed(ids: &[String]) -> Vec<String> {
    ids.iter().rev().cloned().collect()
}

#[tokio::test]
async fn the_newest_comes_first_unless_asked_otherwise_page_by_page() {
    let passlink = Passlink::with_mail_dir().started().await;
    let app = BackEnd::new(&passlink);
    assert_eq!(list(&app, json!({})).await, (Vec::new(), 0));
    let ids = sessions(&app, 5).await;
    let newest = reversed(&ids);
    for column in ["SESSION_FIELD_NAME_UNSPECIFIED", "SESSION_FIELD_NAME_CREATION_DATE"] {
        let request = json!({ "sortingColumn": column });
        assert_eq!(list(&app, request).await, (newest.clone(), 5));
        let request = json!({ "sortingColumn": column, "query": { "asc": true } });
        assert_eq!(list(&app, request).await, (ids.clone(), 5));
    }
    for (offset, limit) in [(0, 2), (2, 2), (4, 2), (5, 2), (9, 2), (0, 5), (1, 1000), (0, 0)] {
        let page = json!({ "query": { "offset": offset, "limit": limit } });
        let end = if limit == 0 { 5 } else { (offset + limit).min(5) };
        let expected = newest.get(offset..end).unwrap_or_default();
        assert_eq!(list(&app, page.clone()).await, (expected.to_vec(), 5), "{page}");
    }
}

#[tokio::test]
async fn sessions_are_found_by_id_by_user_and_by_date() {
    let passlink = Passlink::with_mail_dir().started().await;
    let (ada, bob) = (passlink.ada(), passlink.caller("bob@example.com", &[]));
    let app = BackEnd::new(&passlink);
    let ids = sessions(&app, 3).await;
    let by_ids = |ids: &[&str]| json!({ "idsQuery": { "ids": ids } });
    let queries = |queries: &[Value]| json!({ "queries": queries });
    let found = list(&app, queries(&[by_ids(&[&ids[0], &ids[2], "nothing"])])).await;
    assert_eq!(found, (vec![ids[2].clone(), ids[0].clone()], 2));
    // All of several queries hold.
    let both = [by_ids(&[&ids[0], &ids[1]]), by_ids(&[&ids[1], &ids[2]])];
    assert_eq!(list(&app, queries(&both)).await, (vec![ids[1].clone()], 1));
    assert_eq!(list(&app, queries(&[by_ids(&[])])).await, (Vec::new(), 0));

    for (how, expected) in [
        ("EQUALS", &ids[1..2]),
        ("GREATER", &ids[2..]),
        ("GREATER_OR_EQUALS", &ids[1..]),
        ("LESS", &ids[..1]),
        ("LESS_OR_EQUALS", &ids[..2]),
    ] {
        let date = json!({
            "creationDate": "2027-01-15T08:00:01Z",
            "method": format!("TIMESTAMP_QUERY_METHOD_{how}"),
        });
        let found = list(&app, queries(&[json!({ "creationDateQuery": date })])).await;
        assert_eq!(found, (reversed(expected), expected.len() as u64), "{how}");
    }
    let after = json!({ "creationDate": "2027-01-15T08:00:00Z", "method": "TIMESTAMP_QUERY_METHOD_GREATER" });
    let before =
        json!({ "creationDate": "2027-01-15T08:00:02Z", "method": "TIMESTAMP_QUERY_METHOD_LESS" });
    let between = [after, before].map(|it| json!({ "creationDateQuery": it }));
    assert_eq!(list(&app, queries(&between)).await, (vec![ids[1].clone()], 1));

    let of_user = |user: &Caller| json!({ "userIdQuery": { "id": user.id } });
    let begun = app.ask(by_id(&ada)).await.id;
    let passkey = SigningPasskey::register(&passlink, &ada, Key::es256()).await;
    let signed_in = app.signed_in(&passkey).await.id;
    let adas = vec![signed_in.clone(), begun];
    assert_eq!(list(&app, queries(&[of_user(&ada)])).await, (adas.clone(), 2));
    assert_eq!(list(&app, queries(&[of_user(&bob)])).await, (Vec::new(), 0));
    assert_eq!(list(&app, queries(&[of_user(&ada), of_user(&bob)])).await, (Vec::new(), 0));
    let both = queries(&[of_user(&ada), by_ids(&[&signed_in, &ids[0]])]);
    assert_eq!(list(&app, both).await, (vec![signed_in.clone()], 1));
    // What has ended is not there.
    let session = Session { id: signed_in, token: String::new(), options: Value::Null };
    app.delete(&session).await.sequence();
    assert_eq!(list(&app, queries(&[of_user(&ada)])).await, (adas[1..].to_vec(), 1));
}
