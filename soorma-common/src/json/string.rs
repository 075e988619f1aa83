//! Past a string, 16 bytes at a time.

/// From the first byte on that is special in a string: what ends it, an escape, or what must be one.
#[inline(always)]
pub(super) fn from_special(mut left: &[u8]) -> &[u8] {
    while let Some((bytes, after)) = left.split_first_chunk() {
        let marks = marks(bytes);
        let [low, high] = [marks.first_chunk(), marks.last_chunk()]
            .map(|half| half.map_or(0, |half| u64::from_le_bytes(*half)));
        if low != 0 {
            return left.split_at(low.trailing_zeros() as usize / 8).1;
        }
        if high != 0 {
            return left.split_at(8 + high.trailing_zeros() as usize / 8).1;
        }
        left = after;
    }
    from_special_in_last(left)
}

/// Sets those that are special. Alone in a function, without an end before the end, it is a few instructions for all of them.
#[inline(never)]
fn marks(bytes: &[u8; 16]) -> [u8; 16] {
    let mut marks = [0; 16];
    for (byte, mark) in bytes.iter().zip(&mut marks) {
        *mark = if is_special(*byte) { u8::MAX } else { 0 };
    }
    marks
}

fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[inline(never)]
fn from_special_in_last(mut left: &[u8]) -> &[u8] {
    while let [byte, after @ ..] = left
        && !is_special(*byte)
    {
        left = after;
    }
    left
}

/// The rest of a string, from anywhere in it.
#[inline(never)]
pub(super) fn past_string(mut left: &[u8]) -> Option<&[u8]> {
    loop {
        left = match from_special(left) {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', after @ ..] => after,
            [b'\\', b'u', a, b, c, d, after @ ..] if [a, b, c, d].iter().all(|x| x.is_ascii_hexdigit()) => {
                after
            }
            _ => return None,
        };
    }
}
