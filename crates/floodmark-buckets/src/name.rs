//! Names of buckets.

use std::net::Ipv4Addr;

use crate::error::{Error, ErrorKind, Result};

/// Whether S3 allows this name for a bucket: 3 to 63 lower-case letters, digits, `-` and `.`, with a letter or digit at both
/// ends, no two dots in a row, and no address. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
pub fn is_bucket_name(name: &str) -> bool {
    let is_end = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| is_end(Some(byte)) || matches!(byte, b'-' | b'.'))
        && !name.contains("..")
        && !name.starts_with("xn--")
        && name.parse::<Ipv4Addr>().is_err()
}

/// Refuses a name that S3 does not allow.
pub(crate) fn check(name: &str) -> Result<()> {
    if is_bucket_name(name) {
        return Ok(());
    }
    let message = format!("`{}` is no name of a bucket", name.escape_default());
    Err(Error::new(ErrorKind::InvalidBucketName, message).hint(
        "3 to 63 lower-case letters, digits, `-` and `.`, with a letter or a digit at both ends",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_s3_allows() {
        for name in ["abc", "my-logs", "logs.example.com", "0a1", &"a".repeat(63)] {
            assert!(is_bucket_name(name), "{name}");
        }
        for name in [
            "",
            "ab",
            ".ab",
            "ab.",
            "-ab",
            "a..b",
            "aBc",
            "a_b",
            "a/b",
            "..",
            "192.0.2.1",
            "xn--abc",
            &"a".repeat(64),
        ] {
            assert!(!is_bucket_name(name), "{name}");
        }
    }
}
