//! When a change will be seen, for people.

use unicode_width::UnicodeWidthStr;

use crate::count::counted;
use crate::render::fill::titled;
use crate::report::propagation::Arrival;

const TITLE: &str = "after a fix";
/// Columns for the names of those who see a change at once; more leave no space for the sentences.
const WHO_MAX: usize = 24;

/// One line for everybody who holds an old state; those who see a change at once share a line.
pub fn write(arrivals: &[Arrival], width: usize) -> String {
    titled(TITLE, &rows(arrivals), width)
}

/// Who, and when at the latest; those who see a change at once share a row.
pub fn rows(arrivals: &[Arrival]) -> Vec<(String, String)> {
    let (now, later): (Vec<&Arrival>, Vec<&Arrival>) = arrivals.iter().partition(|arrival| arrival.latest_s == 0);
    let mut names: Vec<&str> = now.iter().map(|arrival| arrival.who.as_str()).collect();
    names.dedup();
    let mut rows: Vec<(String, String)> = Vec::new();
    if !names.is_empty() {
        let joined = names.join(", ");
        let who = if joined.width() > WHO_MAX && names.len() > 1 { counted(names.len(), "server") } else { joined };
        rows.push((who, "at once".into()));
    }
    rows.extend(
        later.iter().map(|arrival| (arrival.who.clone(), format!("up to {}: {}", span(arrival.latest_s), arrival.why))),
    );
    rows
}

/// `47 min`, `2 h`; whole minutes, rounded up.
pub fn span(seconds: u32) -> String {
    match seconds.div_ceil(60) {
        minutes if minutes >= 120 && minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        minutes if minutes >= 120 => format!("{} h {} min", minutes / 60, minutes % 60),
        minutes => format!("{minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_minutes() {
        assert_eq!([1, 60, 3600, 7200, 9000].map(span), ["1 min", "1 min", "60 min", "2 h", "2 h 30 min"]);
    }
}
