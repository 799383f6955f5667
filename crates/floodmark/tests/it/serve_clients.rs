//! The clients of Athena from PyPI, unmodified: each script of `testing/python/clients` against a server of its own.

use floodmark_testing::python;

use crate::program;
use crate::served::Served;

/// Runs a script with nothing but the environment to tell it where AWS is. All its checks must pass.
fn passes(script: &str, served: &Served, variables: &[(&str, &str)]) {
    let Some(mut command) = python::script(&format!("clients/{script}.py")) else { return };
    let output = command
        .env("AWS_ENDPOINT_URL", &served.url)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", served.home())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .envs(variables.iter().copied())
        .output()
        .expect("the interpreter starts");
    let told = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let failed: Vec<&str> = told.lines().filter(|line| !line.starts_with("ok ")).collect();
    let failed = failed.join("\n");
    // The server tells each statement; what it says of defects stands among the last.
    let said = served.said();
    let said: Vec<&str> = said.lines().rev().take(20).collect();
    let said: Vec<&str> = said.into_iter().rev().collect();
    let said = said.join("\n");
    assert!(output.status.success(), "{script}\n{failed}\n{err}\nthe server:\n{said}");
}

/// Runs a script against a server without logs.
fn passes_alone(script: &str) {
    if python::interpreter().is_some() {
        passes(script, &Served::start(&[]), &[]);
    }
}

#[test]
fn boto3_asks_athena() {
    passes_alone("boto3_athena");
}

#[test]
fn boto3_reads_results() {
    passes_alone("boto3_results");
}

#[test]
fn boto3_asks_glue() {
    passes_alone("boto3_glue");
}

#[test]
fn boto3_uses_s3() {
    passes_alone("boto3_s3");
}

#[test]
fn awswrangler_queries() {
    passes_alone("awswrangler_queries");
}

#[test]
fn awswrangler_uses_the_catalog() {
    passes_alone("awswrangler_catalog");
}

#[test]
fn pyathena_has_many_cursors() {
    passes_alone("pyathena_cursors");
}

#[test]
fn sqlalchemy_reflects_tables() {
    passes_alone("pyathena_sqlalchemy");
}

#[test]
fn the_command_line_of_aws_works() {
    passes_alone("aws_cli");
}

#[test]
fn the_whole_notebook_gets_the_right_answers() {
    if python::interpreter().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    assert_eq!(program::run(&["demo", "--generate-only", "--folder", path]).code, 0);
    let logs = folder.path().join("logs");
    let logs = logs.to_str().expect("a path in UTF-8");
    let served = Served::start(&["--bucket", &format!("access-logs={logs}")]);
    let variables = [
        ("FLOODMARK_TEST_LOGS", logs),
        ("FLOODMARK_TEST_LOGS_BUCKET", "access-logs"),
        ("S3_OUTPUT", "s3://notebook-results/"),
    ];
    passes("nlb_notebook", &served, &variables);
}
