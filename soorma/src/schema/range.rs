//! The ranges of Rust's integers, which schemars writes in part as `format` only, and the order of JSON numbers.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// The smallest and the largest integer of a format that names one of Rust's types, as far as JSON can hold them.
pub(crate) fn of_format(format: &str) -> Option<(i128, i128)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// The number as an integer, if it is written as one.
pub(crate) fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// A limit, as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Integer(i128),
    Float(f64),
}

impl Limit {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let number = value.as_number()?;
        Some(integer(number).map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Integer))
    }

    /// Nothing if it cannot be told.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        // Integers up to this are floats of the same value.
        const EXACT: i128 = 1 << 53;
        match (self, other) {
            (Self::Integer(one), Self::Integer(two)) => Some(one.cmp(&two)),
            (one, two) => {
                let order = one.float().partial_cmp(&two.float())?;
                let exact = [one, two].iter().all(|limit| match limit {
                    Self::Integer(integer) => integer.abs() <= EXACT,
                    Self::Float(_) => true,
                });
                (exact || order != Ordering::Equal).then_some(order)
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "`compare` does not call it equal then")]
    fn float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => float.fmt(f),
        }
    }
}
