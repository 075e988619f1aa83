//! The name under which the server knows a delivery: the subject that answers to it go to.

/// What the name of a delivery says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    /// What it begins with, up to the numbers: the same for all deliveries of a consumer.
    pub(crate) head: &'a str,
    pub(crate) consumer: &'a str,
    pub(crate) numbers: Numbers,
    /// How many came before it from this consumer.
    pub(crate) count: u64,
    /// How many the server has for this consumer still.
    pub(crate) pending: u64,
}

/// The first numbers in the name of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) delivered: u32,
    /// Its place in the stream.
    pub(crate) sequence: u64,
}

/// `$JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>`, or the newer
/// form with domain and account in front.
pub(crate) fn named(reply: &str) -> Option<Named<'_>> {
    let start = "$JS.ACK.";
    let tokens: Vec<&str> = reply.strip_prefix(start)?.split('.').collect();
    let consumer = match tokens.len() {
        7 => 1,
        9.. => 3,
        _ => return None,
    };
    let head = start.len() + tokens[..=consumer].iter().map(|token| token.len() + 1).sum::<usize>();
    let (head, rest) = reply.split_at_checked(head)?;
    Some(Named {
        head,
        consumer: tokens[consumer],
        numbers: numbers(rest)?,
        count: tokens[consumer + 3].parse().ok()?,
        pending: tokens[consumer + 5].parse().ok()?,
    })
}

/// What stands behind the head of a name.
pub(crate) fn numbers(rest: &str) -> Option<Numbers> {
    let (delivered, rest) = number(rest.as_bytes())?;
    let (sequence, _) = number(rest)?;
    Some(Numbers { delivered: delivered.try_into().ok()?, sequence })
}

/// A number, the dot that ends it, and what comes then.
fn number(digits: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = digits;
    let mut number = 0_u64;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        rest = after;
    }
    match rest {
        [b'.', after @ ..] if rest.len() < digits.len() => Some((number, after)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_read_from_its_name_in_both_forms() {
        let named_ = |reply: &'static str| {
            let named = named(reply)?;
            assert_eq!(reply.strip_prefix(named.head).and_then(numbers), Some(named.numbers));
            let Named { head, consumer, numbers: Numbers { delivered, sequence }, count, pending } = named;
            Some((head, consumer, [delivered.into(), sequence, count, pending]))
        };
        assert_eq!(
            named_("$JS.ACK.prod_facts.shop-x.3.100.7.1790230470084404000.42"),
            Some(("$JS.ACK.prod_facts.shop-x.", "shop-x", [3, 100, 7, 42]))
        );
        assert_eq!(
            named_("$JS.ACK.hub.szMpdrwD.prod_facts.shop-x.2.50.9.17.0"),
            Some(("$JS.ACK.hub.szMpdrwD.prod_facts.shop-x.", "shop-x", [2, 50, 9, 0]))
        );
        assert_eq!(
            named_("$JS.ACK._.szMpdrwD.prod_facts.shop-x.2.50.9.17.0.rand"),
            Some(("$JS.ACK._.szMpdrwD.prod_facts.shop-x.", "shop-x", [2, 50, 9, 0]))
        );
        for none in ["$JS.ACK.a.b", "$JS.ACK.a.b.c.1.1.1.1.1", "JS.ACK.a.b.1.1.1.1.1", "$JS.ACK.a.b..1.1.1.1"]
        {
            assert_eq!(named_(none), None, "{none}");
        }
    }

    #[test]
    fn only_numbers_that_there_can_be_are_read() {
        let most = format!("{}.{}.", u32::MAX, u64::MAX);
        assert_eq!(numbers(&most), Some(Numbers { delivered: u32::MAX, sequence: u64::MAX }));
        for none in [
            "",
            "1",
            "1.",
            "1.2",
            ".2.",
            "1..",
            "x.2.",
            "1.2x.",
            "4294967296.1.",
            "1.18446744073709551616.",
            "1.99999999999999999999.",
        ] {
            assert_eq!(numbers(none), None, "{none}");
        }
    }
}
