use super::*;

fn watched(folder: &Path) -> (PathBuf, PathBuf, FileWatch) {
    let [file, journal] = ["a.db", "a.db-wal"].map(|name| folder.join(name));
    fs::write(&file, "database").unwrap();
    let watch = FileWatch::over(&[&file]).unwrap();
    fs::write(&journal, "journal").unwrap();
    watch.with_companions(&[journal.clone(), folder.join("a.db-shm")]);
    (file, journal, watch)
}

#[test]
fn what_is_written_to_a_file_does_not_make_it_another() {
    let folder = tempfile::tempdir().unwrap();
    let (file, journal, watch) = watched(folder.path());
    fs::write(&file, "more of the database").unwrap();
    fs::write(&journal, "").unwrap();
    fs::write(folder.path().join("a.db-shm"), "made later").unwrap();
    assert_eq!(watch.check(), Ok(()));
}

#[test]
fn a_file_that_is_away_is_missed_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (file, journal, watch) = watched(folder.path());
    for taken in [file, journal] {
        let kept = folder.path().join("kept");
        fs::rename(&taken, &kept).unwrap();
        assert_eq!(watch.check(), Err(Gone));
        fs::copy(&kept, &taken).unwrap();
        assert_eq!(watch.check(), Err(Gone), "a copy is another file");
        fs::rename(&kept, &taken).unwrap();
        assert_eq!(watch.check(), Ok(()));
    }
}

#[test]
fn a_link_that_leads_elsewhere_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other, link] = ["one", "other", "link"].map(|name| folder.path().join(name));
    fs::write(&one, "").unwrap();
    fs::write(&other, "").unwrap();
    std::os::unix::fs::symlink(&one, &link).unwrap();
    let watch = FileWatch::over(&[&one, &link]).unwrap();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();
    assert_eq!(watch.check(), Err(Gone));
}
