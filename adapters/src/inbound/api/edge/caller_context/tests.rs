use http::HeaderValue;

use super::*;

fn field(name: &'static str, lines: &[&str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name, HeaderValue::from_str(line).unwrap());
    }
    joined(&headers, name)
}

#[test]
fn a_list_may_come_in_several_lines() {
    let list = field("tracestate", &["one=1, two=2", "", " three=3 "]);
    assert_eq!(list.as_deref(), Some("one=1,two=2,three=3"));
    assert_eq!(field("baggage", &[]), None);
    assert_eq!(field("baggage", &[" , "]), None);
}

#[test]
fn what_finds_no_room_is_left_out_and_what_is_kept_is_whole() {
    let (long, too_long) = (format!("a={}", "x".repeat(490)), format!("b={}", "y".repeat(600)));
    let list = field("baggage", &[&long, &too_long, "c=3"]);
    assert_eq!(list, Some(format!("{long},c=3")));
    let many: Vec<_> = (0..200).map(|number| format!("key{number}=value")).collect();
    let list = field("tracestate", &[&many.join(",")]).unwrap();
    assert!(list.len() <= MOST && list.ends_with("=value"), "{list}");
}

#[test]
fn two_parents_are_none() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(field("traceparent", &[parent]).as_deref(), Some(parent));
    let two = field("traceparent", &[parent, parent]).unwrap();
    assert!(two.contains(','), "no propagator takes it: {two}");
}
