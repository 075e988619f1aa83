//! Messages put together at compile time: `panic!` in a constant takes one text and no arguments.

const BYTES: usize = 1024;

/// A message in the making. What does not fit is cut off.
#[derive(Clone, Copy)]
pub(super) struct Message {
    bytes: [u8; BYTES],
    len: usize,
}

impl Message {
    pub(super) const EMPTY: Self = Self { bytes: [0; BYTES], len: 0 };

    /// Appends a text.
    pub(super) const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < BYTES {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    /// Appends a name, in backticks.
    pub(super) const fn code(self, name: &str) -> Self {
        self.text("`").text(name).text("`")
    }

    /// Ends the compilation with it.
    #[track_caller]
    pub(super) const fn fail(&self) -> ! {
        panic!("{}", self.as_str())
    }

    const fn as_str(&self) -> &str {
        let (written, _) = self.bytes.split_at(self.len);
        match core::str::from_utf8(written) {
            Ok(text) => text,
            Err(error) => match core::str::from_utf8(written.split_at(error.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_put_together_and_cut_between_characters() {
        const MESSAGE: Message = Message::EMPTY.text("no topic ").code("Größe");
        assert_eq!(MESSAGE.as_str(), "no topic `Größe`");
        let long = Message::EMPTY.text(&"x".repeat(BYTES - 1)).text("ö");
        assert_eq!(long.as_str().len(), BYTES - 1);
    }
}
