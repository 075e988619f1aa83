//! Whether a text can be a subject: the client writes it into a line of the protocol as it is. Knows nothing of what subjects mean.

/// A text that is none.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no subject: there must be a character, and neither white space nor control characters")]
pub(super) struct NoSubject(String);

/// A subject ends with a space, and its line with a line feed.
///
/// # Errors
/// [`NoSubject`].
pub(super) fn check_subject(text: &str) -> Result<(), NoSubject> {
    // Without an end before the end, so that many bytes are looked at in one go: each message is.
    if text.is_empty() || text.bytes().fold(false, |odd, byte| odd | (byte <= b' ')) {
        return Err(NoSubject(text.to_owned()));
    }
    Ok(())
}
