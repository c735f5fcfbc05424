//! `passlink link create --qr`, as a camera sees it.

use passlink_tests::{Passlink, read_code};

/// Pixels that a camera has for a module, and around the code.
const PIXELS: usize = 4;
const AROUND: usize = 20;

/// What a camera reads off a terminal where blocks are white on black.
fn read(shown: &str) -> String {
    let code: Vec<Vec<char>> = shown
        .lines()
        .map(|line| line.chars().filter(|c| " ▀▄█".contains(*c)).collect())
        .filter(|line: &Vec<char>| line.len() > 20)
        .collect();
    let (width, height) = (code[0].len(), 2 * code.len());
    assert!(code.iter().all(|line| line.len() == width), "{shown}");
    assert!(width <= 80, "{width} columns");
    let is_light = |x: usize, y: usize| match code[y / 2][x] {
        '█' => true,
        '▀' => y.is_multiple_of(2),
        '▄' => !y.is_multiple_of(2),
        _ => false,
    };
    let pixels = |modules: usize| modules * PIXELS + 2 * AROUND;
    read_code(pixels(width), pixels(height), |x, y| {
        let module = |at: usize| at.checked_sub(AROUND).map(|at| at / PIXELS);
        match (module(x), module(y)) {
            (Some(x), Some(y)) if x < width && y < height && is_light(x, y) => 230,
            _ => 20,
        }
    })
}

#[test]
fn a_camera_reads_the_link_off_the_terminal_and_a_script_off_stdout() {
    let passlink = Passlink::new();
    passlink.user("ada@example.com", &["--id", "163840776835432705"]);
    let create = ["link", "create", "--user", "163840776835432705", "--qr"];
    let output = passlink.cli(&create);
    let link = output.stdout.trim_end();
    assert!(link.contains("#code=") && link.lines().count() == 1, "{link}");
    assert_eq!(read(&output.stderr), link);
    assert!(!output.stderr.contains('\x1b'), "colours are for terminals");

    let shown = passlink.on_terminal(&create).done();
    let link = shown.lines().last().unwrap().trim_end();
    assert!(link.contains("#code="), "{link}");
    assert_eq!(read(&shown), link);
    let code = shown.lines().filter(|line| line.contains('█'));
    assert!(code.clone().count() > 20);
    for line in code {
        assert!(line.starts_with("\x1b[40;97m") && line.trim_end().ends_with("\x1b[0m"), "{line}");
    }
}

#[test]
fn without_colours_on_a_terminal_that_is_to_show_none() {
    let passlink = Passlink::new().set_variable("NO_COLOR", "1");
    passlink.user("ada@example.com", &["--id", "163840776835432705"]);
    let create = ["link", "create", "--user", "163840776835432705", "--qr"];
    let shown = passlink.on_terminal(&create).done();
    assert!(!shown.contains('\x1b'), "{shown}");
    assert_eq!(read(&shown), shown.lines().last().unwrap().trim_end());
}
