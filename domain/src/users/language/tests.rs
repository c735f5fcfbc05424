use super::*;

#[test]
fn a_tag_is_written_as_it_is_today() {
    for (tag, canonical) in [
        ("de-CH", "de-CH"),
        ("DE_ch", "de-CH"),
        ("iw", "he"),
        ("iw-IL", "he-IL"),
        ("in", "id"),
        ("ji", "yi"),
        ("jw", "jv"),
        ("mo", "ro"),
        ("tl", "fil"),
        ("cmn", "zh"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("zh-cmn-Hans", "zh-cmn-Hans"),
        ("tlh", "tlh"),
        (" en ", "en"),
    ] {
        assert_eq!(LanguageTag::parse(tag).unwrap().as_str(), canonical, "{tag}");
    }
    let long = "en-".to_owned() + &"abcdefgh-".repeat(4) + "x";
    for tag in [
        "",
        "1",
        "e",
        "english!",
        "no language",
        "en-",
        "en--us",
        "languages1",
        &long,
        "klingon",
        "english",
        "de-x",
        "x-klingon",
        "../de",
    ] {
        assert_eq!(LanguageTag::parse(tag), Err(LanguageTagError), "{tag}");
    }
}

#[test]
fn a_language_is_near_to_what_it_is_a_part_of_and_to_its_kin() {
    let near = |tag| {
        let tag = LanguageTag::from_canonical(tag);
        tag.nearest().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(near("zh-Hant-TW"), ["zh-Hant-TW", "zh-Hant", "zh"]);
    assert_eq!(near("no"), ["no", "nb"]);
    assert_eq!(near("nb-NO"), ["nb-NO", "nb", "no"]);
    assert_eq!(near("nn"), ["nn", "no", "nb"]);
    assert_eq!(near("en"), ["en"]);
}
