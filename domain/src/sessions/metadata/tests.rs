use super::*;

fn with<const N: usize>(changes: [(&str, &[u8]); N]) -> Result<Metadata, MetadataError> {
    changed(Metadata::default(), changes)
}

fn changed<const N: usize>(
    metadata: Metadata,
    changes: [(&str, &[u8]); N],
) -> Result<Metadata, MetadataError> {
    metadata.changed(changes.map(|(key, value)| (key.to_owned(), value.to_vec())))
}

#[test]
fn values_are_added_changed_and_taken_away() {
    let first = with([("a", b"1"), ("b", b"2")]).unwrap();
    let then = changed(first, [("a", b"3"), ("b", b""), ("c", b"4"), ("d", b"")]).unwrap();
    assert_eq!(then, with([("a", b"3"), ("c", b"4")]).unwrap());
}

#[test]
fn keys_without_characters_or_with_too_many_are_refused() {
    assert_eq!(with([("", b"1")]), Err(MetadataError::Key));
    assert_eq!(with([(&"k".repeat(201), b"1")]), Err(MetadataError::Key));
    assert!(with([(&"ä".repeat(200), b"1")]).is_ok());
}

#[test]
fn what_is_kept_has_16_kib_at_the_most() {
    let value = vec![1; MAX_OCTETS - 1 - BESIDE];
    let full = with([("a", &value)]).unwrap();
    assert_eq!(changed(full.clone(), [("b", b"1")]), Err(MetadataError::TooMuch));
    assert!(changed(full, [("a", b""), ("b", b"1")]).is_ok());
}
