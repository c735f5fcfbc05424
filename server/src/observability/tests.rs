use std::{
    io::{self, Write},
    panic::{catch_unwind, take_hook},
    sync::{Arc, Mutex},
};

use super::log_panics;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_one_line_in_the_log_without_what_it_had_at_hand() {
    let written = Written::default();
    let sink = written.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || sink.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        log_panics();
        let code = "secret".to_owned();
        let caught = [
            catch_unwind(|| panic!("an invariant does not hold")).is_err(),
            catch_unwind(|| panic!("no such {code}")).is_err(),
            catch_unwind(|| code.split_at(100).0.len()).is_err(),
        ];
        drop(take_hook());
        assert_eq!(caught, [true; 3]);
    });
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
    assert!(log.contains("an invariant does not hold"), "{log}");
    assert_eq!(log.matches(file!()).count(), 2, "the third is in the standard library: {log}");
    assert!(!log.contains("secret"), "{log}");
}
