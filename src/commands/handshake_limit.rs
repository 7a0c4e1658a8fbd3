//! How often a peer may be looked at: servers allow ten requests a minute and route, and one handshake makes up to three.

use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy;

use super::key_file::{Access, Pending};
use super::network::now;
use crate::dns::name::Domain;
use crate::file::read as files;
use crate::text::Filtered;

/// Handshakes with one peer a minute.
const RUNS: usize = 3;
/// Seconds.
const MINUTE: i64 = 60;

/// How long to wait before the next handshake with this peer.
pub fn wait(peer: &Domain) -> Option<Duration> {
    due(&read(), peer.as_str(), now())
}

/// Notes that the peer was checked just now. A note that cannot be written is left out, because no result depends on it.
pub fn note(peer: &Domain) {
    let time = now();
    let mut runs: Vec<(i64, String)> =
        read().into_iter().filter(|(then, _)| (0..MINUTE).contains(&(time - then))).collect();
    runs.push((time, peer.to_string()));
    let text: String = runs.iter().map(|(time, peer)| format!("{time} {peer}\n")).collect();
    if let Some(path) = file()
        && let Some(dir) = path.parent()
        && std::fs::create_dir_all(dir).is_ok()
    {
        let _ = Pending::write(&path, &Filtered::own(&text), Access::OwnerOnly, true).and_then(Pending::commit);
    }
}

fn file() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|dirs| dirs.cache_dir().join("fedctl").join("handshakes"))
}

fn read() -> Vec<(i64, String)> {
    let text = file().and_then(|path| files::text(&path, &files::STATE).ok()).unwrap_or_default();
    let run = |line: &str| {
        let (time, peer) = line.split_once(' ')?;
        Some((time.parse().ok()?, peer.to_owned()))
    };
    text.lines().filter_map(run).collect()
}

fn due(runs: &[(i64, String)], peer: &str, now: i64) -> Option<Duration> {
    let recent = |(then, known): &&(i64, String)| known == peer && (0..MINUTE).contains(&(now - then));
    let recent: Vec<i64> = runs.iter().filter(recent).map(|(then, _)| *then).collect();
    // The oldest of those that count must be a minute old.
    let oldest = recent.len().checked_sub(RUNS).and_then(|at| recent.get(at))?;
    u64::try_from(oldest + MINUTE - now).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_run_of_a_minute_waits() {
        let runs =
            |times: &[i64]| -> Vec<(i64, String)> { times.iter().map(|time| (*time, "b.example".into())).collect() };
        assert_eq!(due(&runs(&[100, 110]), "b.example", 120), None);
        assert_eq!(due(&runs(&[100, 110, 115]), "b.example", 120), Some(Duration::from_secs(40)));
        assert_eq!(due(&runs(&[90, 100, 110, 115]), "b.example", 120), Some(Duration::from_secs(40)));
        assert_eq!(due(&runs(&[10, 110, 115]), "b.example", 120), None);
        assert_eq!(due(&runs(&[100, 110, 115]), "c.example", 120), None);
        // A clock that was set back does not lock anyone out.
        assert_eq!(due(&runs(&[900, 900, 900]), "b.example", 120), None);
    }
}
