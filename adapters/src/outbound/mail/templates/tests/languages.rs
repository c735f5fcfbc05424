//! Which language a mail is in, and how each language writes dates and durations.

use jiff::SignedDuration;

use super::*;

#[test]
fn the_language_is_the_users_or_the_nearest_that_there_is() {
    let templates = Templates::built_in();
    let cases = [
        ("en", "en"),
        ("de-CH", "de"),
        ("DE", "de"),
        ("de_AT", "de"),
        (" de-1996 ", "de"),
        ("zh-Hant-TW", "zh"),
        ("cmn-Hans-CN", "zh"),
        ("pt-BR", "pt"),
        ("iw", "he"),
        ("in-ID", "id"),
        ("deu", "de"),
        ("ar-EG-u-nu-latn", "ar"),
        ("tlh", "en"),
    ];
    for (wanted, expected) in cases {
        assert_eq!(templates.nearest(&tag(wanted)).as_str(), expected, "{wanted}");
    }
}

#[test]
fn the_languages_are_those_that_people_were_promised() {
    let templates = Templates::built_in();
    let promised = "ar bg cs de en es fr he hu id it ja ko mk nl pl pt ro ru sv tr uk zh";
    assert_eq!(
        templates.languages().map(LanguageTag::as_str).collect::<Vec<_>>().join(" "),
        promised
    );
}

#[test]
fn dates_are_written_as_each_language_writes_them() {
    let templates = Templates::built_in();
    let cases = [
        ("ar", "24 نوفمبر 2026، 09:05 (UTC)"),
        ("bg", "24 ноември 2026 г., 9:05 ч. (UTC)"),
        ("cs", "24. listopadu 2026, 9:05 (UTC)"),
        ("de", "24. November 2026, 09:05 Uhr (UTC)"),
        ("en", "24 November 2026, 09:05 UTC"),
        ("es", "24 de noviembre de 2026, 9:05 (UTC)"),
        ("fr", "24 novembre 2026 à 09:05 (UTC)"),
        ("he", "24 בנובמבר 2026, 9:05 (UTC)"),
        ("hu", "2026. november 24. 9:05 (UTC)"),
        ("id", "24 November 2026 pukul 09.05 (UTC)"),
        ("it", "24 novembre 2026, 09:05 (UTC)"),
        ("ja", "2026年11月24日 9:05（UTC）"),
        ("ko", "2026년 11월 24일 09:05(UTC)"),
        ("mk", "24 ноември 2026, 09:05 (UTC)"),
        ("nl", "24 november 2026 om 09:05 uur (UTC)"),
        ("pl", "24 listopada 2026, 09:05 (UTC)"),
        ("pt", "24 de novembro de 2026, às 09:05 (UTC)"),
        ("ro", "24 noiembrie 2026, ora 09:05 (UTC)"),
        ("ru", "24 ноября 2026 г., 09:05 (UTC)"),
        ("sv", "den 24 november 2026 kl. 09:05 (UTC)"),
        ("tr", "24 Kasım 2026 09:05 (UTC)"),
        ("uk", "24 листопада 2026 р., 09:05 (UTC)"),
        ("zh", "2026年11月24日 09:05（UTC）"),
    ];
    assert_eq!(cases.len(), templates.languages().count());
    let at: Timestamp = "2026-11-24T09:05:59Z".parse().unwrap();
    for (language, expected) in cases {
        let date = dates::date(at, &templates.sets().unwrap().catalogues[language]).unwrap();
        assert_eq!(date, expected, "{language}");
    }
}

#[test]
fn the_first_of_a_month_is_counted_where_people_do() {
    let templates = Templates::built_in();
    let at = "2026-12-01T09:05:00Z".parse().unwrap();
    for (language, expected) in [
        ("de", "1. Dezember 2026, "),
        ("en", "1 December 2026, "),
        ("fr", "1er décembre 2026 "),
        ("it", "1º dicembre 2026, "),
        ("ja", "2026年12月1日 "),
        ("pt", "1º de dezembro de 2026, "),
    ] {
        let date = dates::date(at, &templates.sets().unwrap().catalogues[language]).unwrap();
        assert!(date.starts_with(expected), "{date}");
    }
}

#[test]
fn durations_take_the_plural_form_that_each_language_has_for_the_number() {
    let templates = Templates::built_in();
    let cases: [(&str, &[(i64, &str)]); 23] = [
        (
            "ar",
            &[
                (1, "دقيقة واحدة"),
                (2, "دقيقتين"),
                (5, "5 دقائق"),
                (11, "11 دقيقة"),
                (60, "ساعة واحدة"),
                (120, "ساعتين"),
                (180, "3 ساعات"),
                (1440, "24 ساعة"),
                (125, "ساعتين و5 دقائق"),
            ],
        ),
        ("bg", &[(1, "1 минута"), (21, "21 минути"), (60, "1 час"), (125, "2 часа и 5 минути")]),
        ("cs", &[(1, "1 minutu"), (2, "2 minuty"), (5, "5 minut"), (1320, "22 hodin")]),
        (
            "de",
            &[
                (1, "1 Minute"),
                (90, "90 Minuten"),
                (60, "1 Stunde"),
                (125, "2 Stunden und 5 Minuten"),
            ],
        ),
        (
            "en",
            &[(0, "1 minute"), (90, "90 minutes"), (60, "1 hour"), (125, "2 hours and 5 minutes")],
        ),
        ("es", &[(1, "1 minuto"), (60, "1 hora"), (125, "2 horas y 5 minutos")]),
        ("fr", &[(1, "1 minute"), (60, "1 heure"), (125, "2 heures et 5 minutes")]),
        (
            "he",
            &[
                (1, "דקה אחת"),
                (2, "שתי דקות"),
                (60, "שעה אחת"),
                (120, "שעתיים"),
                (121, "שעתיים ועוד דקה אחת"),
                (600, "10 שעות"),
            ],
        ),
        ("hu", &[(1, "1 perc"), (125, "2 óra 5 perc")]),
        ("id", &[(1, "1 menit"), (125, "2 jam 5 menit")]),
        ("it", &[(1, "1 minuto"), (60, "1 ora"), (125, "2 ore e 5 minuti")]),
        ("ja", &[(1, "1分"), (125, "2時間5分")]),
        ("ko", &[(1, "1분"), (125, "2시간 5분")]),
        ("mk", &[(1, "1 минута"), (11, "11 минути"), (21, "21 минута"), (1260, "21 час")]),
        ("nl", &[(1, "1 minuut"), (60, "1 uur"), (125, "2 uur en 5 minuten")]),
        (
            "pl",
            &[
                (1, "1 minutę"),
                (2, "2 minuty"),
                (5, "5 minut"),
                (22, "22 minuty"),
                (1260, "21 godzin"),
            ],
        ),
        ("pt", &[(1, "1 minuto"), (60, "1 hora"), (125, "2 horas e 5 minutos")]),
        ("ro", &[(1, "1 minut"), (19, "19 minute"), (20, "20 de minute"), (1440, "24 de ore")]),
        (
            "ru",
            &[
                (1, "1 минуту"),
                (2, "2 минуты"),
                (5, "5 минут"),
                (21, "21 минуту"),
                (1320, "22 часа"),
            ],
        ),
        ("sv", &[(1, "1 minut"), (60, "1 timme"), (125, "2 timmar och 5 minuter")]),
        ("tr", &[(1, "1 dakika"), (125, "2 saat 5 dakika")]),
        ("uk", &[(1, "1 хвилину"), (3, "3 хвилини"), (12, "12 хвилин"), (1260, "21 годину")]),
        ("zh", &[(1, "1 分钟"), (125, "2 小时 5 分钟")]),
    ];
    for (language, expected) in cases {
        for (minutes, expected) in expected {
            let lasts = SignedDuration::from_mins(*minutes);
            let duration =
                dates::duration(lasts, &templates.sets().unwrap().catalogues[language]).unwrap();
            assert_eq!(duration, *expected, "{language}");
        }
    }
}

#[test]
fn a_duration_is_told_to_the_nearest_minute() {
    let templates = Templates::built_in();
    let cases = [
        (3599, "1 hour"),
        (3570, "1 hour"),
        (3569, "59 minutes"),
        (75, "1 minute"),
        (5, "1 minute"),
    ];
    for (seconds, expected) in cases {
        let lasts = SignedDuration::from_secs(seconds);
        assert_eq!(
            dates::duration(lasts, &templates.sets().unwrap().catalogues["en"]).unwrap(),
            expected
        );
    }
}

#[test]
fn every_month_and_every_duration_that_a_link_can_have_has_words_in_every_language() {
    let templates = Templates::built_in();
    for catalogue in templates.sets().unwrap().catalogues.values() {
        for minutes in 1..=24 * 60 {
            dates::duration(SignedDuration::from_mins(minutes), catalogue).unwrap();
        }
        for month in 1..=12 {
            let at = format!("2026-{month:02}-01T00:00:00Z").parse().unwrap();
            dates::date(at, catalogue).unwrap();
        }
    }
}
