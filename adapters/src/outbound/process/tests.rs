#![cfg(target_os = "linux")]

use std::process::Command;

use super::*;

fn name_of(id: u32) -> String {
    let here = here().unwrap();
    let began = running_since(&Path::new("/proc").join(id.to_string())).unwrap().unwrap();
    format!("{here} {id} {began}")
}

#[test]
fn a_process_is_gone_when_it_has_ended_and_not_before() {
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let name = name_of(child.id());
    assert!(!is_gone(&name));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_gone(&name));
}

#[test]
fn this_process_is_there() {
    assert_eq!(name().unwrap(), name_of(std::process::id()));
    assert!(!is_gone(&name().unwrap()));
}

#[test]
fn another_process_with_the_same_id_is_not_the_same() {
    let name = name().unwrap();
    let (rest, _) = name.rsplit_once(' ').unwrap();
    assert!(is_gone(&format!("{rest} 1")));
}

#[test]
fn of_other_machines_and_of_names_that_are_none_nothing_is_known() {
    let name = name().unwrap();
    let (_, rest) = name.split_once(' ').unwrap();
    let elsewhere = format!("11111111-2222-3333-4444-555555555555 {rest}");
    for unknown in [elsewhere.as_str(), "", "a b c d", "a"] {
        assert!(!is_gone(unknown), "{unknown}");
    }
}
