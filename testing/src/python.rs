//! The Python of the tests: moto, the `aws` command, and what checks Terraform and CloudFormation.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter that `testing/python/install` made, if it is there.
///
/// Without it a test says what it leaves out, and passes.
///
/// # Panics
///
/// Where it is missing and the variable `CI` is set: there, nothing is left out.
pub fn interpreter() -> Option<PathBuf> {
    let named = std::env::var_os("FLOODMARK_TEST_PYTHON").map(PathBuf::from);
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let usual =
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/floodmark/target"));
    let made = [target, usual].into_iter().flatten().map(|folder| folder.join("python/bin/python"));
    let found = named.into_iter().chain(made).find(|python| python.exists());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "testing/python/install was not run");
        let told =
            "skipped: there are no Python packages for it; `testing/python/install` gets them";
        // There is nobody to tell if this cannot be written.
        let _ = writeln!(std::io::stderr(), "{told}");
    }
    found
}

/// A command of the installed packages, such as `aws` or `cfn-lint`, with an empty environment.
///
/// # Panics
///
/// As [`interpreter`].
pub fn command(name: &str) -> Option<Command> {
    let python = interpreter()?;
    let folder = python.parent().expect("an interpreter lies in a folder");
    let mut command = Command::new(folder.join(name));
    command.env_clear().env("PATH", folder);
    Some(command)
}

/// A script of `testing/python`, such as `serve_moto.py`, with an empty environment.
///
/// # Panics
///
/// As [`interpreter`].
pub fn script(name: &str) -> Option<Command> {
    let mut command = Command::new(interpreter()?);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    command.env_clear().arg(scripts.join(name));
    Some(command)
}
