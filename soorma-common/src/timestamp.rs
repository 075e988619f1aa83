//! A point in wall time, as RFC 3339 writes it. Only for people and for `expires_at`; leases, timers and windows
//! go by the runtime's monotonic clock.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A point in wall time with microseconds, from 1970 to 9999, written in UTC as RFC 3339 has it.
///
/// Reading accepts any offset, and none at all, which is taken for UTC: Python's `isoformat` writes both.
///
/// ```
/// use soorma_common::Timestamp;
///
/// let t: Timestamp = "2026-01-17T12:30:00+02:00".parse()?;
/// assert_eq!(t.to_string(), "2026-01-17T10:30:00.000000Z");
/// # Ok::<_, soorma_common::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970.
    micros: u64,
}

/// A text that is no RFC 3339 timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no timestamp; expected RFC 3339, for example `2026-01-17T10:30:00Z`")]
pub struct TimestampError(String);

/// The last second of the year 9999: what the text form can hold.
const LAST: u64 = 253_402_300_799 * 1_000_000;

impl Timestamp {
    /// The time that the system's clock shows.
    #[must_use]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// The point `duration` later; the last second of the year 9999 where that would pass it.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let more = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self { micros: self.micros.saturating_add(more).min(LAST) }
    }

    /// How long before this point the other one lies; zero where it does not.
    #[must_use]
    pub fn since(self, other: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(other.micros))
    }

    pub(crate) fn micros(self) -> u64 {
        self.micros
    }
}

impl From<SystemTime> for Timestamp {
    /// Cuts to microseconds, and to the years 1970 to 9999.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = since.as_secs().saturating_mul(1_000_000).saturating_add(since.subsec_micros().into());
        Self { micros: micros.min(LAST) }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_micros(timestamp.micros)
    }
}

/// What `Display` writes, which each event carries: put together without the machinery of `format!`.
pub(crate) struct Written([u8; 27]);

impl Written {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Timestamp {
    /// In UTC, `2026-01-17T10:30:00.000000Z`.
    pub(crate) fn text(self) -> Written {
        let (seconds, micros) = (self.micros / 1_000_000, self.micros % 1_000_000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // Eras of 400 years that begin with March, so that the day that may be missing is the last one of a year.
        let days = days + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let march_is_0 = (5 * day + 2) / 153;
        let day = day - (153 * march_is_0 + 2) / 5 + 1;
        let (month, next) = if march_is_0 < 10 { (march_is_0 + 3, 0) } else { (march_is_0 - 9, 1) };
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let mut put = |place: std::ops::Range<usize>, mut number: u64| {
            for digit in text[place].iter_mut().rev() {
                // What is left of a number is below ten.
                *digit += (number % 10) as u8;
                number /= 10;
            }
        };
        put(0..4, era * 400 + year + next);
        put(5..7, month);
        put(8..10, day);
        put(11..13, second / 3_600);
        put(14..16, second / 60 % 60);
        put(17..19, second % 60);
        put(20..26, micros);
        Written(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Some(micros) = as_written(text) {
            return Ok(Self { micros });
        }
        let invalid = || TimestampError(text.to_owned());
        // RFC 3339, section 5.6: `t` and `z` may be in lower case.
        let upper = text.to_ascii_uppercase();
        let (local, east) = split_offset(&upper).ok_or_else(invalid)?;
        let time = humantime::parse_rfc3339_weak(local).map_err(|_| invalid())?;
        let utc = if east < 0 {
            time.checked_add(Duration::from_secs(east.unsigned_abs()))
        } else {
            time.checked_sub(Duration::from_secs(east.unsigned_abs()))
        };
        utc.map(Self::from).ok_or_else(invalid)
    }
}

/// Exactly what `Display` writes, `2026-01-17T10:30:00.000000Z`, as microseconds since 1970: each event carries one. `None` for
/// any other form, and for what no clock shows.
fn as_written(text: &str) -> Option<u64> {
    let bytes: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
    if marks.iter().any(|(place, mark)| bytes[*place] != *mark) {
        return None;
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
    let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if year < 1970 || !(1..=longest).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // The year begins with March here, so that the day that may be missing is its last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + number(&bytes[20..26])?)
}

/// `2026-01-17T12:30:00+02:00` into `2026-01-17T12:30:00` and 7,200 seconds east.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    let time = text.find(['T', ' ']).unwrap_or(text.len());
    let Some(at) = text[time..].rfind(['+', '-']).map(|at| time + at) else {
        // humantime does not mind what follows the seconds.
        let local = text.strip_suffix('Z').unwrap_or(text);
        return local.ends_with(|c: char| c.is_ascii_digit()).then_some((local, 0));
    };
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = (hours * 60 + minutes) * 60;
    (hours < 24 && minutes < 60)
        .then_some((&text[..at], if text[at..].starts_with('-') { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_their_absence_are_read() {
        for (text, utc) in [
            ("2026-01-17T10:30:00Z", "2026-01-17T10:30:00.000000Z"),
            ("2026-01-17T10:30:00.123456", "2026-01-17T10:30:00.123456Z"),
            ("2026-01-17T10:30:00.5+00:00", "2026-01-17T10:30:00.500000Z"),
            ("2026-01-17T01:30:00-09:30", "2026-01-17T11:00:00.000000Z"),
            ("2026-01-17t10:30:00z", "2026-01-17T10:30:00.000000Z"),
            ("2026-01-17 10:30:00", "2026-01-17T10:30:00.000000Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().map(|t| t.to_string()), Ok(utc.to_owned()), "{text}");
        }
        for bad in [
            "",
            "yesterday",
            "2026-01-17T10:30:00ZZ",
            "2026-01-17",
            "2026-01-17T10:30:00+2",
            "2026-01-17T10:30:00+25:00",
            "2026-13-01T00:00:00Z",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_is_written_as_the_calendar_has_it() {
        let (most, last) = (50_000, LAST / 86_400_000_000);
        for day in (0..most).chain(last - 1_000..=last) {
            let time = Timestamp { micros: day * 86_400_000_000 + day * 7_919 % 86_400_000_000 };
            let calendar = humantime::format_rfc3339_micros(time.into()).to_string();
            assert_eq!(time.to_string(), calendar);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let now = Timestamp::now();
        assert_eq!(now.to_string().parse(), Ok(now));
        assert_eq!(now.after(Duration::MAX).to_string(), "9999-12-31T23:59:59.000000Z");
    }

    #[test]
    fn the_written_form_is_read_as_any_other_form_of_the_same_time() {
        let mut second = 0;
        while second <= LAST / 1_000_000 {
            let time = Timestamp { micros: second * 1_000_000 + second % 1_000_000 };
            let written = time.to_string();
            assert_eq!(as_written(&written), Some(time.micros), "{written}");
            assert_eq!(written.replace('Z', "+00:00").parse(), Ok(time), "{written}");
            // A prime: all days and hours come up, and all years.
            second += 1_299_709;
        }
        for none in [
            "1969-12-31T23:59:59.000000Z",
            "2026-02-29T00:00:00.000000Z",
            "2100-02-29T00:00:00.000000Z",
            "2026-04-31T00:00:00.000000Z",
            "2026-00-01T00:00:00.000000Z",
            "2026-01-00T00:00:00.000000Z",
            "2026-01-01T24:00:00.000000Z",
            "2026-01-01T00:00:00.00000xZ",
            "2026-01-01T00:00:00,000000Z",
            "2026-01-01T00:00:00.0000000",
        ] {
            assert_eq!(as_written(none), None, "{none}");
        }
        assert_eq!(as_written("2024-02-29T00:00:00.000000Z"), Some(1_709_164_800_000_000));
    }
}
