//! Buckets that are named by the host: `bucket.s3.localhost:8765` and `bucket.localhost:8765`.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// What stands after a bucket's name in a host's.
const DOMAINS: [&str; 2] = [".s3.localhost", ".localhost"];

/// Reads the bucket in the name of a host. Hosts that have none are asked with the bucket in the path.
pub(crate) struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        Ok(match bucket(host) {
            Some(bucket) => VirtualHost::new(host).with_bucket(bucket.to_ascii_lowercase()),
            None => VirtualHost::new(host),
        })
    }
}

/// The bucket that a host names, if it names one.
pub(crate) fn bucket(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let domain = DOMAINS.iter().find(|domain| {
        name.len() >= domain.len()
            && name.is_char_boundary(name.len() - domain.len())
            && name[name.len() - domain.len()..].eq_ignore_ascii_case(domain)
    })?;
    let bucket = &name[..name.len() - domain.len()];
    // `s3.localhost` is a host, and no bucket has a name this short.
    (!bucket.is_empty() && !bucket.eq_ignore_ascii_case("s3")).then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_stands_before_localhost() {
        for (host, expect) in [
            ("logs.s3.localhost:8765", Some("logs")),
            ("my.logs.localhost", Some("my.logs")),
            ("Logs.S3.LocalHost", Some("Logs")),
            ("localhost:8765", None),
            ("s3.localhost", None),
            ("logs.example.com", None),
            ("[::1]:8765", None),
        ] {
            assert_eq!(bucket(host), expect, "{host}");
        }
    }
}
