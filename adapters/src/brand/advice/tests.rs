use super::*;

fn told(accent: &str) -> Option<String> {
    accent.parse::<Accent>().unwrap().told()
}

#[test]
fn an_operator_is_told_what_light_pages_use_in_place_of_a_colour_that_is_hard_to_read() {
    let told = told("#ffcc00").unwrap();
    let start = "#ffcc00 has a contrast of 1.5 to white, and text needs 4.5 (WCAG 2.2): links and \
                 icons of light pages and mails are #";
    assert!(told.starts_with(start) && told.ends_with(", and buttons #ffcc00"), "{told}");
}

#[test]
fn an_operator_is_told_of_the_ground_where_it_is_not_white() {
    // 4.54 on white, and less on its tint.
    let told = told("#767676").unwrap();
    assert!(told.starts_with("#767676 has a contrast of 3.9 to #ef"), "{told}");
}

#[test]
fn nothing_is_told_of_a_colour_that_light_pages_use() {
    for accent in ["#1f5c6b", "#b3123f", "#000000"] {
        assert_eq!(told(accent), None, "{accent}");
    }
}
