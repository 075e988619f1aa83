//! Durations as they are written in attributes and URLs: `250ms`, `30s`, `5m`, `2h`, `7d`.

use std::time::Duration;

/// What a duration must look like, for error messages.
pub const EXPECTED: &str = "a whole number and a unit (`ms`, `s`, `m`, `h` or `d`), for example `30s`";

/// Reads one duration.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(soorma_common::duration::parse("1m"), Some(Duration::from_secs(60)));
/// assert_eq!(soorma_common::duration::parse("5 parsecs"), None);
/// ```
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// Writes one duration in the largest unit that leaves no remainder, down to milliseconds.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(soorma_common::duration::text(Duration::from_secs(300)), "5m");
/// assert_eq!(soorma_common::duration::text(Duration::from_secs(90)), "90s");
/// ```
#[must_use]
pub fn text(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let fits = |(_, unit): &(&str, u128)| millis > 0 && millis.is_multiple_of(*unit);
    let (name, unit) = units.into_iter().find(fits).unwrap_or(("ms", 1));
    format!("{}{name}", millis / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["0ms", "1ms", "250ms", "90s", "5m", "2h", "7d"] {
            assert_eq!(parse(text).map(super::text).as_deref(), Some(text));
        }
    }

    #[test]
    fn units_are_read_and_nothing_else() {
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse("2h"), Some(Duration::from_secs(7_200)));
        assert_eq!(parse("7d"), Some(Duration::from_secs(604_800)));
        for bad in ["", "5", "s", "1.5s", "-1s", "1 s", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
