//! The name under which the server knows a delivery: the subject that answers to it go to.

/// What the name of a delivery says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) consumer: &'a str,
    pub(crate) delivered: u32,
    /// Its place in the stream.
    pub(crate) sequence: u64,
    /// How many came before it from this consumer.
    pub(crate) count: u64,
    /// How many the server has for this consumer still.
    pub(crate) pending: u64,
}

/// `$JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>`, or the newer
/// form with domain and account in front.
pub(crate) fn named(reply: &str) -> Option<Named<'_>> {
    let rest = reply.strip_prefix("$JS.ACK.")?;
    let mut tokens = [""; 9];
    let (mut count, mut start) = (0, 0);
    // Byte by byte: to look for each dot by itself costs several times that, with every delivery.
    for (at, byte) in rest.bytes().enumerate() {
        if byte == b'.' && count < tokens.len() {
            tokens[count] = &rest[start..at];
            start = at + 1;
            count += 1;
        }
    }
    if let Some(last) = tokens.get_mut(count) {
        *last = &rest[start..];
        count += 1;
    }
    let tokens = match count {
        7 => &tokens[..7],
        9 => &tokens[2..],
        _ => return None,
    };
    Some(Named {
        consumer: tokens[1],
        delivered: tokens[2].parse().ok()?,
        sequence: tokens[3].parse().ok()?,
        count: tokens[4].parse().ok()?,
        pending: tokens[6].parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_read_from_its_name_in_both_forms() {
        let named_ = |reply| named(reply).map(|named| (named.consumer, named.delivered, named.sequence));
        assert_eq!(
            named_("$JS.ACK.prod_facts.shop-x.3.100.7.1790230470084404000.42"),
            Some(("shop-x", 3, 100))
        );
        assert_eq!(named_("$JS.ACK.hub.szMpdrwD.prod_facts.shop-x.2.50.9.17.0"), Some(("shop-x", 2, 50)));
        assert_eq!(named_("$JS.ACK._.szMpdrwD.prod_facts.shop-x.2.50.9.17.0.rand"), Some(("shop-x", 2, 50)));
        assert_eq!(named_("$JS.ACK.a.b"), None);
    }
}
