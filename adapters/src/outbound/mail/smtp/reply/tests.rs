use super::*;

type Answers = &'static [(u16, &'static str)];

/// Gives octets to an inbox in pieces of one size, and takes out the answers.
fn answers(octets: &[u8], size: usize) -> Vec<(u16, String)> {
    let mut inbox = Inbox::default();
    let mut answers = Vec::new();
    for piece in octets.chunks(size) {
        inbox.add(piece);
        while let Some(reply) = inbox.take() {
            answers.push((reply.code, reply.lines.join("|")));
        }
    }
    answers
}

#[test]
fn an_answer_is_whole_with_its_last_line_and_what_follows_is_the_next_one() {
    let cases: [(&[u8], Answers); 15] = [
        (b"250 OK\r\n", &[(250, "OK")]),
        (b"250\r\n", &[(250, "")]),
        (b"250\n", &[(250, "")]),
        (b"250OK\r\n", &[(250, "OK")]),
        (b"2500 OK\r\n", &[(250, "0 OK")]),
        (b"250\tOK \r\r\n", &[(250, "OK")]),
        (b"250-a\r\n250-\n250 b\r\n", &[(250, "a||b")]),
        (b"250-a\r\n451 b\r\n", &[(451, "a|b")]),
        (b"550 caf\xe9 \xff\r\n", &[(550, "caf\u{fffd} \u{fffd}")]),
        (b"250 a\r\n354 b\r\n", &[(250, "a"), (354, "b")]),
        (b"250-a\r\nhm\r\n250 b\r\n", &[(250, "a|b")]),
        (b" 250 a\r\n", &[(250, "a")]),
        (b"\xef\xbb\xbf250 a\r\n", &[(250, "a")]),
        (b"\r\n \xef\xbb\xbf 250 a\r\n", &[(250, "a")]),
        (b"hm\r\n-250 a\r\n25\r\n2x0 a\r\n250-a\r\n250", &[]),
    ];
    for (octets, expected) in cases {
        for size in [1, 2, 3, octets.len()] {
            let answers = answers(octets, size);
            let answers: Vec<_> = answers.iter().map(|(code, text)| (*code, &**text)).collect();
            assert_eq!(answers, expected, "{}", String::from_utf8_lossy(octets));
        }
    }
}

#[test]
fn where_nothing_follows_the_last_line_needs_no_end() {
    for (octets, code) in [
        (&b"250 OK"[..], Some(250)),
        (b"250", Some(250)),
        (b"250-a\r\n250", Some(250)),
        (b"250-a", None),
        (b"250-a\r\n", None),
        (b"25", None),
        (b"", None),
    ] {
        let mut inbox = Inbox::default();
        inbox.add(octets);
        assert_eq!(inbox.take_last().map(|reply| reply.code), code);
    }
}

#[test]
fn nonsense_is_what_an_operator_could_read_and_no_answer_has() {
    for (octets, nonsense) in [
        (&b"hm\r\n"[..], Some("hm")),
        (b"\r\n \0\r\nhm\r\nha\r\n", Some("hm")),
        (b"\r\n\0\r\n", None),
        (b"250-hm\r\n", None),
        (b"hm\r\n250 OK\r\n", None),
    ] {
        let mut inbox = Inbox::default();
        inbox.add(octets);
        inbox.take();
        assert_eq!(inbox.nonsense(), nonsense);
    }
}

#[test]
fn the_text_for_an_operator_begins_with_the_code_and_is_bounded() {
    let reply = |lines: &[&str]| Reply {
        code: 550,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(reply(&["no", "never"]).text(), "550 no never");
    assert_eq!(reply(&[""]).text(), "550");
    let long = "\u{e9}".repeat(1 << 20);
    assert!(reply(&[&long, &long]).text().len() < 5 * SHOWN);
    assert!(reply(&["line"; 100_000]).text().len() < 2 * SHOWN);
}
