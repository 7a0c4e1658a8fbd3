//! Counts and lengths of time with a stated range: a value outside it is refused where it is read.

use std::fmt;
use std::time::Duration;

use crate::error::Hinted;

/// Lengths of time from `min` to `max`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub min: Duration,
    pub max: Duration,
}

impl Times {
    /// For one answer from the network.
    pub const ANSWER: Self = Self::new(Duration::from_millis(1), Duration::from_secs(600));
    /// For all answers about one domain.
    pub const RUN: Self = Self::new(Duration::from_millis(1), Duration::from_secs(3600));
    /// For waiting until something changes.
    pub const CHANGE: Self = Self::new(Duration::from_millis(1), Duration::from_secs(7 * 24 * 3600));

    pub const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max }
    }

    /// `5s`, `500ms`, `1m 30s`, or a bare number of seconds.
    pub fn read(self, text: &str) -> Result<Duration, Hinted> {
        let refuse = |what: &str| Hinted::new(format!("`{}` {what}", shown(text)), format!("write a time from {self}"));
        let time = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let time: jiff::SignedDuration = text.parse().map_err(|_| refuse("is not a length of time"))?;
                Duration::try_from(time).map_err(|_| refuse("is out of range"))?
            }
        };
        match (self.min..=self.max).contains(&time) {
            true => Ok(time),
            false => Err(refuse("is out of range")),
        }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", Short(self.min), Short(self.max))
    }
}

/// In the largest unit that needs no fraction, as [`Times::read`] takes it.
struct Short(Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match self.0.subsec_millis() {
            0 if seconds.is_multiple_of(3600) => write!(f, "{}h", seconds / 3600),
            0 if seconds.is_multiple_of(60) => write!(f, "{}m", seconds / 60),
            0 => write!(f, "{seconds}s"),
            _ => write!(f, "{}ms", self.0.as_millis()),
        }
    }
}

/// Whole numbers from `min` to `max`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub min: u32,
    pub max: u32,
}

impl Counts {
    pub const fn new(min: u32, max: u32) -> Self {
        Self { min, max }
    }

    /// Decimal digits.
    pub fn read<T: TryFrom<u32>>(self, text: &str) -> Result<T, Hinted> {
        let refuse =
            |what: &str| Hinted::new(format!("`{}` {what}", shown(text)), format!("write a number from {self}"));
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(number) if digits && (self.min..=self.max).contains(&number) => {
                T::try_from(number).map_err(|_| refuse("is out of range"))
            }
            _ if digits => Err(refuse("is out of range")),
            _ => Err(refuse("is not a whole number")),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.min, self.max)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_a_range() {
        let read = |text: &str| Times::ANSWER.read(text);
        assert_eq!(read("5").unwrap(), Duration::from_secs(5));
        assert_eq!(read("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(read("1m 30s").unwrap(), Duration::from_secs(90));
        assert_eq!((read("1ms").unwrap(), read("10m").unwrap()), (Times::ANSWER.min, Times::ANSWER.max));
        for bad in
            ["", "soon", "-1s", "0", "0s", "1us", "11m", "9223372036854775807s", "18446744073709551616", "\u{1b}[0m"]
        {
            let error = read(bad).unwrap_err();
            assert!(error.hint.contains("1ms to 10m"), "{bad}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
        assert_eq!(Times::CHANGE.to_string(), "1ms to 168h");
    }

    #[test]
    fn counts_have_a_range() {
        let range = Counts::new(1, 1000);
        assert_eq!(range.read::<u16>("1000").unwrap(), 1000);
        for bad in ["", "0", "1001", "99999999999999999999999", "-1", "+1", "1e3", "1.5", " 1"] {
            assert!(range.read::<u32>(bad).unwrap_err().hint.contains("1 to 1000"), "{bad}");
        }
    }
}
