use super::*;

#[test]
fn what_is_said_of_a_user_agent_has_8_kib_at_the_most() {
    let values = vec!["x".repeat(4000); 2];
    let header = BTreeMap::from([("user-agent".to_owned(), values)]);
    let fits = UserAgent { header, ip: Some("192.0.2.1".to_owned()), ..UserAgent::default() };
    assert_eq!(fits.clone().checked(), Ok(fits.clone()));
    let description = Some("x".repeat(MAX_OCTETS - 8000 - 5 * BESIDE));
    assert_eq!(UserAgent { description, ..fits }.checked(), Err(UserAgentError));
}
