//! Past a value, whatever stands in it. This is where an event's data is looked at.

use super::{
    number::past_number,
    past, past_space,
    string::{from_special, past_string},
};

/// What is open, the innermost last, a bit each: set for an array. Above the outermost stands one more.
type Open = u64;

const NOTHING: Open = 1;
const OBJECT: Open = 0;
const ARRAY: Open = 1;

/// It begins with its first byte.
#[inline(never)]
pub(super) fn past_value(mut left: &[u8]) -> Option<&[u8]> {
    let mut open = NOTHING;
    // What there was no room for.
    let mut outside = Vec::new();
    'value: loop {
        'name: {
            let [first, after @ ..] = left else { return None };
            left = match *first {
                b'"' => match from_special(after) {
                    [b'"', after @ ..] => after,
                    other => past_string(other)?,
                },
                b'0'..=b'9' => past_number(left)?,
                b'{' => match past(b'"', after) {
                    Some(name) => {
                        open = within(open, OBJECT, &mut outside);
                        left = name;
                        break 'name;
                    }
                    None => past(b'}', after)?,
                },
                b'[' => match past(b']', after) {
                    Some(after) => after,
                    None => {
                        open = within(open, ARRAY, &mut outside);
                        left = after;
                        continue 'value;
                    }
                },
                b' ' | b'\n' | b'\t' | b'\r' => {
                    left = past_space(after);
                    continue 'value;
                }
                b't' => after.strip_prefix(b"rue")?,
                b'f' => after.strip_prefix(b"alse")?,
                b'n' => after.strip_prefix(b"ull")?,
                b'-' => past_negative(after)?,
                _ => return None,
            };
            // A value has ended, and maybe what it stands in as well.
            loop {
                if open & 1 == OBJECT {
                    match left {
                        [b',', b'"', name @ ..] => {
                            left = name;
                            break 'name;
                        }
                        [b'}', after @ ..] => left = after,
                        _ => match past(b',', left) {
                            Some(after) => {
                                left = past(b'"', after)?;
                                break 'name;
                            }
                            None => left = past(b'}', left)?,
                        },
                    }
                } else if open == NOTHING {
                    return Some(left);
                } else {
                    match past(b',', left) {
                        Some(after) => {
                            left = after;
                            continue 'value;
                        }
                        None => left = past(b']', left)?,
                    }
                }
                open >>= 1;
                if open == NOTHING {
                    open = before(&mut outside);
                }
            }
        }
        // The name of the next value in an object.
        left = match from_special(left) {
            [b'"', b':', after @ ..] => after,
            other => past(b':', past_string(other)?)?,
        };
    }
}

#[inline(always)]
fn within(open: Open, bracket: Open, outside: &mut Vec<Open>) -> Open {
    let open = if open.leading_zeros() == 0 { anew(open, outside) } else { open };
    open << 1 | bracket
}

#[inline(never)]
fn anew(open: Open, outside: &mut Vec<Open>) -> Open {
    outside.push(open);
    NOTHING
}

#[inline(never)]
fn before(outside: &mut Vec<Open>) -> Open {
    outside.pop().unwrap_or(NOTHING)
}

#[inline(never)]
fn past_negative(left: &[u8]) -> Option<&[u8]> {
    if left.first()?.is_ascii_digit() { past_number(left) } else { None }
}
