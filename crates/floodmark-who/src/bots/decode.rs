//! User agents as their clients sent them.

use std::borrow::Cow;

/// How often a value is decoded: CloudFront encodes it once, and did so twice in older logs.
const TIMES: usize = 2;

/// A user agent without percent-encoding. Text without any stays as it is, and so does a `%` that begins no two digits.
///
/// CloudFront encodes spaces, quotes and what is not ASCII:
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>
pub fn decoded(user_agent: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(user_agent);
    for _ in 0..TIMES {
        match once(&text) {
            Some(next) => text = Cow::Owned(next),
            None => break,
        }
    }
    text
}

/// The text with each `%41` as its byte; nothing if there is none. Bytes that are no UTF-8 become U+FFFD.
fn once(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |index: usize| {
        bytes
            .get(index)
            .and_then(|byte| char::from(*byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let encoded = |index: usize| {
        (bytes[index] == b'%').then(|| Some(digit(index + 1)? << 4 | digit(index + 2)?)).flatten()
    };
    if !(0..bytes.len()).any(|index| encoded(index).is_some()) {
        return None;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        match encoded(index) {
            Some(byte) => {
                plain.push(byte);
                index += 3;
            }
            None => {
                plain.push(bytes[index]);
                index += 1;
            }
        }
    }
    Some(String::from_utf8_lossy(&plain).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_are_decoded_once_or_twice() {
        let expected = [
            ("Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"),
            ("Mozilla/5.0%20(X11)", "Mozilla/5.0 (X11)"),
            ("Mozilla/5.0%2520(X11)", "Mozilla/5.0 (X11)"),
            ("100%", "100%"),
            ("100%zz %2", "100%zz %2"),
            ("caf%C3%A9", "café"),
            ("%ff", "\u{fffd}"),
            ("é%", "é%"),
            ("", ""),
        ];
        for (given, expected) in expected {
            assert_eq!(decoded(given), expected);
        }
    }
}
