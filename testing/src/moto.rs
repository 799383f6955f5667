//! moto, a stand-in for AWS that keeps what it is told in memory.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::python;

/// The account that moto plays, unless credentials of another one are used.
pub const ACCOUNT: &str = "111122223333";

/// A server of moto on a free port. It ends with this value, and with the test's process.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    endpoint: String,
}

impl Moto {
    /// Starts a server with an empty account. None if the Python packages are not installed: the test is then left out.
    ///
    /// # Panics
    ///
    /// If the server does not come up, or the packages are missing where the variable `CI` is set.
    pub fn start() -> Option<Self> {
        let mut child = python::script("serve_moto.py")?
            .arg(ACCOUNT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter starts");
        let mut port = String::new();
        let output = child.stdout.take().expect("it is a pipe");
        BufReader::new(output).read_line(&mut port).expect("moto says its port");
        let port: u16 = port.trim().parse().expect("moto says its port");
        Some(Self { child, endpoint: format!("http://127.0.0.1:{port}") })
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The variables by which a program finds it, with keys that it takes.
    pub fn environment(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }

    /// Runs the `aws` command against it, and gives the text that it answers.
    ///
    /// # Panics
    ///
    /// If the command fails.
    pub fn aws(&self, arguments: &[&str]) -> String {
        let mut command: Command = python::command("aws").expect("moto runs, so it is installed");
        command.args(arguments).args(["--output", "text"]).envs(self.environment());
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_DEFAULT_REGION", "eu-west-1");
        let output = command.output().expect("the `aws` command starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It ends as its input closes; there is nothing to do if it has ended before.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::Moto;

    #[test]
    fn it_keeps_what_it_is_told() {
        let Some(moto) = Moto::start() else { return };
        let query = ["--query", "Vpc.VpcId"];
        let vpc =
            moto.aws(&[&["ec2", "create-vpc", "--cidr-block", "10.0.0.0/16"], &query[..]].concat());
        assert!(vpc.starts_with("vpc-"), "{vpc}");
    }
}
