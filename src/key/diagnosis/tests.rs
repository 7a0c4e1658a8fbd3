//! Properties that hold for every text.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::key::PrivateKey;

static PAIR: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(2048).unwrap());

fn line() -> String {
    PAIR.public().one_line()
}

fn kinds(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.defects.iter().map(|defect| defect.kind.id()).collect()
}

#[test]
fn ids_are_unique_and_documented() {
    let page = include_str!("../../../docs/key-diagnosis.md");
    let mut ids: Vec<&str> = DefectKind::ALL.iter().map(|kind| kind.id()).collect();
    let documented: Vec<&str> =
        page.lines().filter_map(|row| row.strip_prefix("| `")?.split_once('`').map(|(id, _)| id)).collect();
    for id in &ids {
        assert_eq!(
            documented.iter().filter(|documented| documented == &id).count(),
            1,
            "{id} in docs/key-diagnosis.md"
        );
    }
    assert_eq!(documented.len(), ids.len());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), DefectKind::ALL.len());
}

#[test]
fn a_healthy_key_has_no_defect() {
    let diagnosis = examine(line().as_bytes());
    assert_eq!((diagnosis.verified.as_ref(), diagnosis.defects.len()), (Some(PAIR.public()), 0));
    let strings = vec![line().as_bytes()[..255].to_vec(), line().as_bytes()[255..].to_vec()];
    let diagnosis = examine_records(&[strings]);
    assert!(diagnosis.is_good() && diagnosis.defects.is_empty());
}

#[test]
fn nothing_of_a_private_key_comes_out() {
    let secret = PAIR.one_line().unwrap();
    let body = &secret[27..secret.len() - 25];
    let pieces: Vec<Vec<u8>> = secret.as_bytes().chunks(255).map(<[u8]>::to_vec).collect();
    let texts = [&secret[..], body, &body[..body.len() / 2], &body[body.len() / 2..], &body[..64], &secret[200..]];
    let mut diagnoses: Vec<Diagnosis> = texts.iter().map(|text| examine(text.as_bytes())).collect();
    let mut shuffled: Vec<Vec<Vec<u8>>> = pieces.iter().map(|piece| vec![piece.clone()]).collect();
    shuffled.rotate_left(3);
    diagnoses.push(examine_records(&[pieces]));
    diagnoses.push(examine_records(&shuffled));
    for (at, diagnosis) in diagnoses.iter().enumerate() {
        assert_eq!(kinds(diagnosis), ["private-key"], "{at}");
        assert_eq!((&diagnosis.verified, &diagnosis.repaired), (&None, &None), "{at}");
        let description = format!("{diagnosis:?}");
        assert!(!body.as_bytes().windows(12).any(|part| description.contains(std::str::from_utf8(part).unwrap())));
        assert!(!description.contains("got 0x"), "{description}");
    }
}

#[test]
fn different_values_look_different_and_secrets_like_nothing() {
    let other = PrivateKey::generate(2048).unwrap();
    let secret = PAIR.one_line().unwrap().as_bytes().to_vec();
    let values = [line().into_bytes(), other.public().one_line().into_bytes(), b"http".to_vec()];
    let description = shown(&values);
    assert!(
        description[0] != description[1] && description[0].starts_with("-----BEGIN PUBLI…") && description[2] == "http",
        "{description:?}"
    );
    let pieces: Vec<Vec<u8>> = secret.chunks(250).map(<[u8]>::to_vec).collect();
    let description = shown(&pieces).concat();
    assert!(
        !secret[27..].windows(8).any(|part| description.contains(std::str::from_utf8(part).unwrap())),
        "{description}"
    );
}

#[test]
fn a_character_too_many_in_the_exponent_is_no_other_key() {
    let line = line();
    let end = line.find("-----END").unwrap();
    for at in end - 6..end {
        let mut text = line.clone();
        text.insert(at, 'J');
        let diagnosis = examine(text.as_bytes());
        assert!(diagnosis.repaired.is_none_or(|key| key == *PAIR.public()), "{at}: {:?}", diagnosis.defects);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..700)) {
        prop_assert!(examine(&text).verified.is_none());
    }

    #[test]
    fn long_texts_take_no_time(part in "(MI|-----BEGIN PUBLIC KEY-----|AAAA|\\\\n|\" \")", count in 1usize..2000) {
        let start = std::time::Instant::now();
        let text = part.repeat(count);
        prop_assert!(examine(text.as_bytes()).verified.is_none());
        prop_assert!(start.elapsed() < std::time::Duration::from_secs(20));
    }

    #[test]
    fn no_text_of_its_alphabet_makes_it_panic(text in "[-=MIAa+/ \\\\\"n;.%\u{2013}\u{feff}\n]{0,300}") {
        prop_assert!(examine(text.as_bytes()).verified.is_none());
    }

    #[test]
    fn no_records_make_it_panic(
        cuts in proptest::collection::vec(0usize..442, 0..5),
        turn in 0usize..6,
        noise in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let line = line();
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([442]) {
            pieces.push(vec![line.as_bytes()[from..cut].to_vec()]);
            from = cut;
        }
        let turn = turn % pieces.len();
        pieces.rotate_left(turn);
        let whole = pieces.iter().filter(|piece| !piece[0].is_empty()).count() == 1;
        let clean = examine_records(&pieces);
        prop_assert!(whole || clean.verified.is_none());
        prop_assert!(clean.verified.as_ref().or(clean.repaired.as_ref()).is_none_or(|key| key == PAIR.public()));
        pieces.push(vec![noise]);
        prop_assert!(!examine_records(&pieces).is_good());
    }

    #[test]
    fn a_single_edit_is_never_verified_as_the_same_key(at in 0usize..442, edit in 0u8..3, byte in any::<u8>()) {
        let mut text = line().into_bytes();
        match edit {
            0 if text[at] == byte => return Ok(()),
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            _ => drop(text.remove(at)),
        }
        let mut diagnosis = examine(&text);
        prop_assert!(diagnosis.verified.as_ref() != Some(PAIR.public()));
        // What is called repaired without knowing the key is the key, or one that differs in its modulus alone.
        let guessed = diagnosis.repaired.clone();
        prop_assert!(guessed.is_none_or(|key| key.bits() == 2048 && key.exponent() == "65537"));
        let difference = diagnosis.compare(&text, PAIR.public());
        prop_assert!(difference.is_some_and(|difference| difference.is_one_character() && difference.position() <= 443));
        prop_assert!(!diagnosis.defects.is_empty());
    }
}
