use super::*;

#[test]
fn the_token_of_a_session_names_it_and_no_other_token_does() {
    let session: SessionId = "01956fa8-4c3a-7b11-9d52-2f6e8a40c7d3".parse().unwrap();
    let token = BearerToken::generate_for_session(&session, &[7; 32]);
    assert!(token.is_ours());
    assert_eq!(token.hash().session(), Some(&session));
    let presented = BearerToken::presented(token.expose()).unwrap();
    assert!(presented.hash().matches(token.hash().as_bytes()));
    for text in [
        BearerToken::generate(&[7; 32]).expose(),
        &format!("passlink_session_{}", "A".repeat(43)),
        "passlink_session_",
        "passlink_session_.secret",
        &token.expose().replace("passlink_", "passlink-"),
        &format!("a.{}", token.expose()),
    ] {
        let hash = BearerToken::presented(text).unwrap().hash();
        assert_eq!(hash.session(), None, "{text}");
    }
}

#[test]
fn what_is_stored_of_a_token_matches_that_token_alone() {
    let session = "1".parse().unwrap();
    let token = |number| BearerToken::generate_for_session(&session, &[number; 32]).hash();
    let stored = token(1);
    assert!(token(1).matches(stored.as_bytes()));
    assert!(!token(2).matches(stored.as_bytes()));
    assert!(!token(1).matches(&stored.as_bytes()[..31]));
    assert!(!token(1).matches(&[]));
}
