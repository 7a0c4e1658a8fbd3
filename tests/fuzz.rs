//! A bounded run of the fuzz targets: the seed corpus, and each seed hurt in random ways with a fixed seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::repository;

#[path = "fuzz/entry.rs"]
mod entry;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(repository(&format!("tests/fuzz/corpus/{target}"))).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn hurt(seed: &[u8], rng: &mut StdRng) -> Vec<u8> {
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
    let mut rng = StdRng::seed_from_u64(5);
    let seeds = seeds(target);
    assert!(seeds.len() >= 5, "the corpus of {target} is gone");
    for seed in &seeds {
        entry(seed);
        for _ in 0..rounds {
            entry(&hurt(seed, &mut rng));
        }
    }
}

#[test]
fn no_hurt_body_breaks_the_wire_reader() {
    run("wire", 2000, entry::wire);
}

#[test]
fn no_hurt_envelope_breaks_the_opener() {
    run("envelope", 30, entry::envelope);
}
