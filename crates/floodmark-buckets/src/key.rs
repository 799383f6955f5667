//! Keys of objects, and the paths of their files.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{KEY_BYTES_MAX, KEY_PART_BYTES_MAX};

/// The name of the file in a folder `a` that is the object `a/`.
pub(crate) const FOLDER_MARK: &str = ".floodmark-folder";

/// The path of a key's file below a folder. It never leads out of the folder.
pub(crate) fn path(folder: &Path, key: &str) -> Result<PathBuf> {
    if let Some(reason) = refusal(key) {
        return Err(invalid(key, reason));
    }
    let mut path = folder.to_owned();
    for part in key.split('/') {
        path.push(if part.is_empty() { FOLDER_MARK } else { part });
    }
    Ok(path)
}

/// Whether a text can be a key of an object.
///
/// # Errors
///
/// `InvalidKey` with the reason.
pub fn check_key(key: &str) -> Result<()> {
    refusal(key).map_or(Ok(()), |reason| Err(invalid(key, reason)))
}

/// The path of the folder whose files have keys that begin so, up to the last `/`; None if no file can have such a key.
pub(crate) fn folder(folder: &Path, prefix: &str) -> Option<PathBuf> {
    let Some((parts, _)) = prefix.rsplit_once('/') else { return Some(folder.to_owned()) };
    let is_possible = refusal(&prefix[..=parts.len()]).is_none();
    is_possible.then(|| parts.split('/').fold(folder.to_owned(), |path, part| path.join(part)))
}

/// Why a key cannot be a path; None if it can.
fn refusal(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        return Some("it is empty");
    }
    if key.len() > KEY_BYTES_MAX {
        return Some("it is longer than 1024 bytes");
    }
    if key.contains('\0') {
        return Some("it holds a zero byte");
    }
    let parts = key.strip_suffix('/').unwrap_or(key);
    parts.split('/').find_map(|part| match part {
        "" => Some("it holds nothing between two `/`"),
        "." | ".." => Some("it holds a part `.` or `..`"),
        FOLDER_MARK => Some("it holds a name that is ours"),
        _ if part.len() > KEY_PART_BYTES_MAX => Some("a part of it is longer than 255 bytes"),
        _ if cfg!(windows) && is_barred_on_windows(part) => Some("Windows has no such file names"),
        _ => None,
    })
}

/// Whether Windows takes the name for something else, or refuses it.
fn is_barred_on_windows(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_device = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || (stem.len() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")));
    is_device
        || part.ends_with(['.', ' '])
        || part.chars().any(|c| c.is_control() || "<>:\"|?*\\".contains(c))
}

fn invalid(key: &str, reason: &str) -> Error {
    let shown: String = key.chars().take(80).flat_map(char::escape_default).collect();
    Error::new(ErrorKind::InvalidKey, format!("`{shown}` cannot be a key here: {reason}"))
        .hint("objects are files here, and keys their paths")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_lead_out_or_nowhere_are_refused() {
        for key in
            ["", "/", "/a", "a//b", "..", "../a", "a/../b", "a/..", ".", "a/./b", "a\0b", "a//"]
        {
            let error = path(Path::new("folder"), key).expect_err(key);
            assert_eq!(error.kind(), ErrorKind::InvalidKey, "{key}");
        }
        let long = "a/".repeat(600);
        assert!(path(Path::new("folder"), &long).is_err());
        assert!(path(Path::new("folder"), &"a".repeat(256)).is_err());
        assert!(path(Path::new("folder"), FOLDER_MARK).is_err());
    }

    #[test]
    fn a_key_that_ends_with_a_slash_is_a_mark_in_its_folder() {
        let path = path(Path::new("folder"), "a/b/").expect("a key");
        assert_eq!(path, Path::new("folder").join("a").join("b").join(FOLDER_MARK));
    }

    proptest! {
        #[test]
        fn a_path_lies_below_the_folder_and_is_of_one_key(key in r"[a-c./\\:%\x00 ]{0,12}") {
            let folder = Path::new("bucket");
            if let Ok(path) = path(folder, &key) {
                let below = path.strip_prefix(folder).expect("it lies below");
                let names: Vec<_> = below
                    .components()
                    .map(|part| match part {
                        std::path::Component::Normal(name) => name.to_str().expect("UTF-8"),
                        other => panic!("{other:?}"),
                    })
                    .map(|name| if name == FOLDER_MARK { "" } else { name })
                    .collect();
                prop_assert_eq!(names.join("/"), key);
            }
        }
    }
}
