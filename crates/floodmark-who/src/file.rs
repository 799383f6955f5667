//! Files that are written as a whole, so that nobody sees half of one.

use std::io::Write;
use std::path::Path;

use crate::{Error, ErrorKind, Result};

/// Writes a file as a whole: beside its place first, then under its name. The folder is made where there is none.
///
/// # Errors
///
/// `Unavailable` if the disk refuses it; what stood there before stays.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let refused = |error: std::io::Error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Error::new(ErrorKind::Unavailable, message)
            .hint("check the folder's permissions and the free space, or name another one with `--home`")
            .because(error)
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(refused)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(refused)?;
    file.write_all(content).map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    file.persist(path).map_err(|error| refused(error.error))?;
    Ok(())
}
