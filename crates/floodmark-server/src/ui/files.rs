//! The files of the page, which are in the program.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use rust_embed::RustEmbed;

use crate::body::{ResponseBody, whole};

/// The built page.
#[derive(RustEmbed)]
#[folder = "dist/"]
struct Embedded;

/// What browsers take files for, by the endings of their names.
const CONTENT_TYPES: [(&str, &str); 8] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("woff2", "font/woff2"),
];

/// Of any other file.
const CONTENT_TYPE: &str = "application/octet-stream";

/// How many characters the mark has that the bundler puts into the names of parts, made of what they hold.
const MARK_CHARACTERS: usize = 8;

/// Where the files of the page come from.
#[derive(Debug)]
pub(crate) struct Files {
    /// A folder whose files are read anew each time, for those who work on the page; None for the files in the program.
    folder: Option<PathBuf>,
}

/// A file as it is sent.
struct File {
    bytes: Bytes,
    /// What changes with what it holds; None for a file that may change at any time.
    tag: Option<String>,
}

impl Files {
    /// The files of a folder, or those in the program.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Answers a request for a file by its name below `/_ui/`; the empty name is the page itself.
    pub(crate) fn answer(&self, name: &str, headers: &HeaderMap) -> Response<ResponseBody> {
        let name = if name.is_empty() { "index.html" } else { name };
        let Some(file) = self.read(name) else {
            let text = "there is no such file\n";
            return whole(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text);
        };
        let ending = name.rsplit('.').next().unwrap_or_default();
        let content_type = CONTENT_TYPES.iter().find(|(known, _)| *known == ending);
        let content_type = content_type.map_or(CONTENT_TYPE, |(_, content_type)| content_type);
        let tag = file.tag.as_deref().and_then(|tag| HeaderValue::from_str(tag).ok());
        let is_known = tag.as_ref().is_some_and(|tag| holds(headers, tag));
        let mut response = match is_known {
            true => whole(StatusCode::NOT_MODIFIED, content_type, Bytes::new()),
            false => whole(StatusCode::OK, content_type, file.bytes),
        };
        let kept = match &tag {
            None => "no-store",
            Some(_) if is_marked(name) => "public, max-age=31536000, immutable",
            Some(_) => "no-cache",
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        if let Some(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }

    fn read(&self, name: &str) -> Option<File> {
        if !is_plain(name) {
            return None;
        }
        if let Some(folder) = &self.folder {
            return Some(File { bytes: of_folder(folder, name)?, tag: None });
        }
        let file = Embedded::get(name)?;
        let hash = file.metadata.sha256_hash();
        let tag: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Some(File { bytes, tag: Some(format!("\"{tag}\"")) })
    }
}

/// A file of a folder, which no link leads out of.
fn of_folder(folder: &Path, name: &str) -> Option<Bytes> {
    let folder = folder.canonicalize().ok()?;
    let path = folder.join(name).canonicalize().ok()?;
    if !path.starts_with(&folder) {
        return None;
    }
    std::fs::read(path).ok().map(Bytes::from)
}

/// Whether a name is one of a file of the page, and leads nowhere else.
fn is_plain(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_fit))
}

/// Whether a name changes with what the file holds, as that of a part such as `chart-2KX4ABCD.js`.
fn is_marked(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    stem.rsplit_once('-').is_some_and(|(_, mark)| {
        mark.len() == MARK_CHARACTERS
            && mark.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

/// Whether a browser has the file of a tag already.
fn holds(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut given = given.flat_map(|tags| tags.split(',')).map(str::trim);
    given.any(|given| given == "*" || given.trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for name in ["app.js", "parts/chart-2KX4ABCD.js", "icon.svg"] {
            assert!(is_plain(name), "{name}");
        }
        for name in
            ["", "..", "../app.js", "a/../../b", "/etc/passwd", "a//b", ".git", "a\\b", "%2e"]
        {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_marked("chart-2KX4ABCD.js"));
        assert!(
            !is_marked("app.js") && !is_marked("a-chart.js") && !is_marked("chart-2kx4abcd.js")
        );
    }

    #[test]
    fn no_link_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("dist");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(inner.join("app.js"), "own").unwrap();
        assert_eq!(of_folder(&inner, "app.js").unwrap(), "own");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret.txt"), inner.join("link.txt"))
                .unwrap();
            assert!(of_folder(&inner, "link.txt").is_none());
        }
        assert!(of_folder(&inner, "none.js").is_none());
    }
}
