use super::*;

#[test]
fn every_place_is_filled_with_or_without_its_dot() {
    let text = "https://app.example.com/key?u={{.UserID}}&o={{OrgID}}&c={{ .CodeID }}#k={{Code}}!";
    let filled = UrlTemplate::parse(text).unwrap().filled(|place| format!("<{place:?}>"));
    let expected = "https://app.example.com/key?u=<UserId>&o=<OrgId>&c=<CodeId>#k=<Code>!";
    assert_eq!(filled, expected);
}

#[test]
fn what_is_wrong_is_told() {
    use UrlTemplateError as Error;
    let long = format!("https://a.example/?{}{{{{CodeID}}}}{{{{Code}}}}", "x".repeat(200));
    for (text, error) in [
        ("", Error::Length),
        (&long, Error::Length),
        ("https://a.example/?c={{CodeID}} #{{Code}}", Error::Blank),
        ("https://a.exa\tmple/?c={{CodeID}}#{{Code}}", Error::Blank),
        ("https://a.example/?c={{CodeID}}#{{.Who\nINFO forged}}", Error::Blank),
        ("https://a.example/?c={{CodeID\u{1b}[2J", Error::Blank),
        ("https://a.example/?c={{CodeID}}#{{Code", Error::Unclosed),
        ("https://a.example/?c={{CodeID#{{Code}}", Error::Unclosed),
        ("https://a.example/?c={{CodeID}}#{{.code}}", Error::Unknown(".code".into())),
        ("https://a.example/{{CodeID}}?c={{CodeID}}#{{Code}}", Error::Place),
        ("https://{{UserID}}.example/?c={{CodeID}}#{{Code}}", Error::Place),
        ("https://a.example/?c={{CodeID}}", Error::Missing("Code")),
        ("https://a.example/#{{Code}}", Error::Missing("CodeID")),
    ] {
        assert_eq!(UrlTemplate::parse(text), Err(error), "{text}");
    }
    let unknown = Error::Unknown(".Who".into()).to_string();
    assert!(unknown.starts_with("has {{.Who}}, which is none of {{.UserID}}, "), "{unknown}");
    let unknown = Error::Unknown("a\n\u{202e}\u{2028}b".into()).to_string();
    assert!(unknown.starts_with(r"has {{a\n\u{202e}\u{2028}b}}, "), "{unknown}");
}
