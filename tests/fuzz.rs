//! A bounded run of the fuzz targets: the seed corpus, and each seed changed in random ways with a fixed seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::repository;

#[path = "fuzz/entry.rs"]
pub mod entry;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(repository(&format!("tests/fuzz/corpus/{target}"))).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn changed(seed: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..5) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] = rng.random(),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, *b"{}[]\",:0189\\\x00\xff".get(rng.random_range(0..13)).unwrap_or(&b'x')),
            3 => bytes.truncate(at),
            _ => bytes.reverse(),
        }
    }
    bytes
}

fn run(target: &str, rounds: usize, entry: fn(&[u8])) {
    // More rounds, of other changes, for a longer run: `FEDCTL_FUZZ_TIMES=100 cargo test no_changed_seed`.
    let times = std::env::var("FEDCTL_FUZZ_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1u32);
    let mut rng = StdRng::seed_from_u64(4 + u64::from(times));
    let rounds = rounds * usize::try_from(times).unwrap();
    let seeds = seeds(target);
    assert!(seeds.len() >= 5, "the corpus of {target} is gone");
    for seed in &seeds {
        entry(seed);
        for _ in 0..rounds {
            entry(&changed(seed, &mut rng));
        }
    }
}

#[test]
fn no_changed_seed_breaks_a_parser() {
    for (target, entry, rounds) in entry::TARGETS {
        run(target, *rounds, *entry);
    }
}

#[test]
fn every_target_has_its_file_its_corpus_and_its_entry() {
    let names = |dir: &str| {
        let entries = std::fs::read_dir(repository(&format!("tests/fuzz/{dir}"))).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let targets: Vec<&str> = entry::TARGETS.iter().map(|(target, ..)| *target).collect();
    assert_eq!(
        (names("targets"), names("corpus")),
        (targets.iter().map(ToString::to_string).collect(), names("targets"))
    );
    let manifest = std::fs::read_to_string(repository("tests/fuzz/Cargo.toml")).unwrap();
    for target in targets {
        assert!(manifest.contains(&format!("path = \"targets/{target}.rs\"")), "{target}");
    }
}
