//! The last days of a domain as a row of coloured bars: inline SVG, which needs no script.

use maud::{Markup, html};

use crate::report::watch::{DAY, Stretch, Verdict, date};

/// Days that are shown.
pub const DAYS: i64 = 90;
/// Width and height of a day, in the units of the diagram.
const STEP: i64 = 4;
const HEIGHT: i64 = 24;

/// What one day was like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Its midnight, in seconds since 1970.
    pub start: i64,
    /// The worst verdict of the day; `None` when nothing was checked.
    pub worst: Option<Verdict>,
}

/// The last days, the oldest first.
pub fn days(stretches: &[Stretch], now: i64) -> Vec<Day> {
    let today = now - now.rem_euclid(DAY);
    let day = |back: i64| {
        let start = today - back * DAY;
        let of_day = stretches.iter().filter(|it| it.start < start + DAY && it.end >= start);
        // An outage of the watcher says nothing about the domain.
        let known = of_day.clone().map(|it| it.verdict).filter(|verdict| *verdict != Verdict::Unknown).max();
        Day { start, worst: known.or_else(|| of_day.map(|it| it.verdict).max()) }
    };
    (0..DAYS).rev().map(day).collect()
}

/// The share of the known time in which the domain did not fail, in percent; `None` when nothing is known.
pub fn availability(stretches: &[Stretch], from: i64) -> Option<f64> {
    let (mut known, mut works) = (0, 0);
    for stretch in stretches.iter().filter(|it| it.verdict != Verdict::Unknown) {
        // A single check stands for a moment.
        let seconds = (stretch.end - stretch.start.max(from)).max(1);
        known += seconds;
        works += if stretch.verdict == Verdict::Failing { 0 } else { seconds };
    }
    (known > 0).then(|| works as f64 * 100.0 / known as f64)
}

/// The height repeats what the colour says.
fn height(day: &Day) -> i64 {
    match day.worst {
        None | Some(Verdict::Unknown) => HEIGHT / 12,
        Some(Verdict::Ok) => HEIGHT / 4,
        Some(Verdict::Warning) => HEIGHT / 2,
        Some(Verdict::Failing) => HEIGHT,
    }
}

fn class(day: &Day) -> &'static str {
    match day.worst {
        None => "none",
        Some(Verdict::Ok) => "ok",
        Some(Verdict::Warning) => "warning",
        Some(Verdict::Failing) => "failing",
        Some(Verdict::Unknown) => "unknown",
    }
}

/// The diagram. Days in a row that were alike are one bar.
pub fn diagram(days: &[Day]) -> Markup {
    let mut bars: Vec<(usize, usize)> = Vec::new();
    for (at, day) in days.iter().enumerate() {
        match bars.last_mut() {
            Some((first, length)) if class(&days[*first]) == class(day) => *length += usize::from(at > *first),
            _ => bars.push((at, 1)),
        }
    }
    let failing = days.iter().filter(|day| day.worst == Some(Verdict::Failing)).count();
    let label = match failing {
        0 => format!("No failure in the last {DAYS} days"),
        1 => format!("Failures on 1 of the last {DAYS} days"),
        more => format!("Failures on {more} of the last {DAYS} days"),
    };
    html! {
        svg class="strip" viewBox=(format!("0 0 {} \
         {HEIGHT}", DAYS * STEP)) preserveAspectRatio="none" role="img" aria-label=(label) {
            @for (first, length) in bars {
                @let high = height(&days[first]);
                rect class=(class(&days[first])) x=(first as i64 * STEP) y=(HEIGHT - high) width=(length as i64 * STEP) height=(high) {
                    title { (description(days, first, length)) }
                }
            }
        }
    }
}

fn description(days: &[Day], first: usize, length: usize) -> String {
    let word = match days[first].worst {
        None => "not checked",
        Some(Verdict::Ok) => "works",
        Some(Verdict::Warning) => "works, with warnings",
        Some(Verdict::Failing) if length > 1 => "failed on each day, for some time or all of it",
        Some(Verdict::Failing) => "failed, for some time or all day",
        Some(Verdict::Unknown) => "no resolver answered",
    };
    match length {
        1 => format!("{}: {word}", date(days[first].start)),
        _ => format!("{} to {}: {word}", date(days[first].start), date(days[first + length - 1].start)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_shows_its_worst_hour_and_a_gap_shows_as_one() {
        let now = 20_000 * DAY + 100;
        let stretch = |start: i64, end: i64, verdict| Stretch { start: now - start, end: now - end, verdict };
        let stretches = [
            stretch(10 * DAY, 5 * DAY, Verdict::Ok),
            stretch(5 * DAY, 5 * DAY - 60, Verdict::Failing),
            stretch(5 * DAY - 300, 0, Verdict::Unknown),
        ];
        let days = days(&stretches, now);
        let worst = |back: usize| days[days.len() - 1 - back].worst;
        assert_eq!(days.len() as i64, DAYS);
        assert_eq!((worst(11), worst(8)), (None, Some(Verdict::Ok)));
        assert_eq!((worst(5), worst(3)), (Some(Verdict::Failing), Some(Verdict::Unknown)));
        let share = availability(&stretches, now - 90 * DAY).unwrap();
        assert!((share - 99.98).abs() < 0.02, "{share}");
        let svg = diagram(&days).into_string();
        assert_eq!(svg.matches("<rect").count(), 4, "{svg}");
        // What is unknown and what works differ without colours too.
        let height =
            |class: &str| svg.split(&format!("class=\"{class}\"")).nth(1).and_then(|rest| rest.split("height=").nth(1));
        let height = |class: &str| height(class).and_then(|rest| rest.split('"').nth(1)).map(str::to_owned);
        assert!(height("unknown").is_some() && height("unknown") != height("ok"), "{svg}");
        assert!(svg.contains("Failures on 1 of the last 90 days"));
    }
}
