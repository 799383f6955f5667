//! Files that only their owner reads.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use uuid::Uuid;

/// Writes a file that is there whole or not at all, and that only its owner reads. Its folder is made.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let waiting = folder.join(format!(".{}", Uuid::new_v4().simple()));
    let written = create(&waiting).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&waiting, path)
    });
    if written.is_err() {
        // What matters is told; a leftover without a name is no harm.
        let _ = std::fs::remove_file(&waiting);
    }
    written
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
