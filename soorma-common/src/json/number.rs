//! Past a number, eight digits at a time.

/// It begins with a digit.
#[inline(always)]
pub(super) fn past_number(left: &[u8]) -> Option<&[u8]> {
    let after = from_other(left);
    // After a zero there is no other digit.
    if left.first() == Some(&b'0') && left.len() - after.len() > 1 {
        return None;
    }
    match after {
        [b'.' | b'e' | b'E', ..] => past_fraction(after),
        _ => Some(after),
    }
}

#[inline(never)]
fn past_fraction(mut left: &[u8]) -> Option<&[u8]> {
    if let [b'.', digits @ ..] = left {
        left = past_digits(digits)?;
    }
    match left {
        [b'e' | b'E', b'+' | b'-', digits @ ..] | [b'e' | b'E', digits @ ..] => past_digits(digits),
        _ => Some(left),
    }
}

/// One digit at least.
fn past_digits(left: &[u8]) -> Option<&[u8]> {
    left.first()?.is_ascii_digit().then(|| from_other(left))
}

/// From the first byte on that is no digit.
#[inline(always)]
fn from_other(left: &[u8]) -> &[u8] {
    const ONES: u64 = u64::MAX / 255;
    if let Some(word) = left.first_chunk() {
        let values = u64::from_le_bytes(*word) ^ (ONES * u64::from(b'0'));
        // Sets the highest bit of what is above nine. What is carried goes up, so the lowest that is set is one.
        let others = (values.wrapping_add(ONES * (0x7f - 9)) | values) & (ONES << 7);
        if others != 0 {
            return left.split_at(others.trailing_zeros() as usize / 8).1;
        }
    }
    from_distant_other(left)
}

#[inline(never)]
fn from_distant_other(mut left: &[u8]) -> &[u8] {
    while let [b'0'..=b'9', after @ ..] = left {
        left = after;
    }
    left
}
