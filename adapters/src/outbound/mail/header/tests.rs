use super::*;

/// Names with all that a header takes for something else.
const NAMES: [&str; 28] = [
    "Ada Example",
    ".",
    "Ada E.",
    "J. R. Example",
    "...",
    "Example, Inc.",
    "Ada \"the\" \\ Example",
    "Ada (Example)",
    "<ada@example.com>",
    "a@b",
    ":;,<>@[]()\\\".",
    "O'Brien",
    "Ada's <laptop>",
    "=?utf-8?q?x?=",
    "Ada =?utf-8?b?eA==?= Example",
    "=?",
    "?=",
    "two  blanks",
    "Zoë",
    "山田太郎",
    "Ada 👩‍💻 Example",
    "_=_?_",
    "group:;",
    "Ж Ж Ж",
    "\"",
    "\\",
    "x, y <a@b>, z",
    "e\u{301}",
];

fn mailbox(name: &str, address: &str) -> Mailbox {
    let (local, domain) = address.rsplit_once('@').unwrap();
    Mailbox::new(Some(name.to_owned()), lettre::Address::new_dangerous(local, domain))
}

fn header(header: Header) -> String {
    String::from_utf8(header.into_bytes()).unwrap()
}

/// What encoded words say, blanks between them left out.
fn decoded(words: &str) -> String {
    let mut octets = Vec::new();
    for word in words.split_whitespace() {
        let word = word.strip_prefix("=?utf-8?").unwrap().strip_suffix("?=").unwrap();
        match word.split_once('?').unwrap() {
            ("b", text) => octets.extend(BASE64_STANDARD.decode(text).unwrap()),
            ("q", text) => {
                let mut text = text.bytes();
                while let Some(b) = text.next() {
                    octets.push(match b {
                        b'_' => b' ',
                        b'=' => {
                            let hex = [text.next().unwrap(), text.next().unwrap()];
                            u8::from_str_radix(str::from_utf8(&hex).unwrap(), 16).unwrap()
                        }
                        b => b,
                    });
                }
            }
            other => panic!("{other:?}"),
        }
    }
    String::from_utf8(octets).unwrap()
}

/// Whether each line is as long as it may be, and each encoded word stands for whole characters.
#[track_caller]
fn assert_sound(header: &str) {
    for line in header.split("\r\n") {
        let words: Vec<_> = line.split(' ').filter(|word| word.starts_with("=?utf-8?")).collect();
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line}");
        assert!(words.is_empty() || line.len() <= 76, "{} octets: {line}", line.len());
        for word in words {
            assert!(word.len() <= 75, "{word}");
            decoded(word);
        }
    }
}

#[test]
fn a_name_is_written_in_words_in_quotation_marks_or_encoded() {
    for (name, written) in [
        ("Ada", "Ada"),
        ("Ada Example", "Ada Example"),
        ("O'Brien", "O'Brien"),
        (".", "\".\""),
        ("Ada E.", "\"Ada E.\""),
        ("Example, Inc.", "\"Example, Inc.\""),
        ("a \"b\" \\", "\"a \\\"b\\\" \\\\\""),
        ("two  blanks", "\"two  blanks\""),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?="),
        ("Zoë Example", "=?utf-8?q?Zo=C3=AB_Example?="),
        ("山田", "=?utf-8?b?5bGx55Sw?="),
    ] {
        let header = header(Header::default().mailbox("To", &mailbox(name, "ada@example.com")));
        assert_eq!(header, format!("To: {written} <ada@example.com>\r\n"));
    }
    for nameless in ["", " "] {
        let header = header(Header::default().mailbox("To", &mailbox(nameless, "ada@example.com")));
        assert_eq!(header, "To: ada@example.com\r\n");
    }
}

#[test]
fn lines_with_encoded_words_are_short_and_no_character_is_split() {
    let longest = format!("{}@{}.example", "x".repeat(64), ["y"; 60].concat());
    for name in NAMES {
        for count in [1, 2, 5, 20, 60] {
            let long = vec![name; count].join(" ");
            for (name, address) in
                [(name, "a@b.example"), (&long, "a@b.example"), (&long, &longest)]
            {
                for field in ["To", "From", "Reply-To"] {
                    let header = header(Header::default().mailbox(field, &mailbox(name, address)));
                    assert_sound(&header);
                    assert!(header.ends_with(&format!("<{address}>\r\n")), "{header}");
                    let value = header.strip_prefix(&format!("{field}: ")).unwrap();
                    let called = value.rsplit_once('<').unwrap().0;
                    if called.starts_with("=?utf-8?") {
                        assert_eq!(decoded(called), name);
                    }
                }
            }
            let header = header(Header::default().text("Subject", &long));
            assert_sound(&header);
        }
    }
}

#[test]
fn a_subject_is_read_as_it_was_written() {
    for (text, written) in [
        ("Your link to add a passkey", "Your link to add a passkey"),
        ("a =?utf-8?q?x?= b", "=?utf-8?b?YSA9P3V0Zi04P3E/eD89IGI=?="),
        ("two  blanks", "=?utf-8?q?two__blanks?="),
        (" blank", "=?utf-8?q?_blank?="),
        ("Grüße", "=?utf-8?b?R3LDvMOfZQ==?="),
        ("", ""),
    ] {
        let header = header(Header::default().text("Subject", text));
        assert_eq!(header, format!("Subject: {written}\r\n"));
    }
    let long = "word ".repeat(40);
    let folded = header(Header::default().text("Subject", long.trim()));
    assert!(folded.lines().count() > 2 && folded.lines().all(|line| line.len() <= 76), "{folded}");
    let one = "x".repeat(2000);
    let endless = header(Header::default().text("Subject", &one));
    assert_sound(&endless);
    assert_eq!(decoded(endless.strip_prefix("Subject: ").unwrap()), one);
}
