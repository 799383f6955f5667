//! Whether a way to block sees the traffic that a log is of.

use floodmark_block::way::Way;
use floodmark_formats::{LogType, Table};

use crate::backtest::columns::says_subnets;

/// Logs of what AWS WAF can look at.
const WEB_ACLS_SEE: &[&str] =
    &["alb", "alb_connection", "cloudfront", "cloudfront_realtime", "waf"];

/// Logs of clients whose packets come to no subnet of yours.
const SUBNETS_DO_NOT_SEE: &[&str] = &["cloudfront", "cloudfront_realtime", "s3_access"];

/// What to know before a log's clients are blocked in this way, in a sentence; None if it stops them.
pub fn caveat(log: &LogType, way: Way) -> Option<String> {
    let name = log.name;
    if way.facts().in_web_acl {
        let is_seen = WEB_ACLS_SEE.contains(&name);
        return (!is_seen).then(|| {
            format!(
                "`{name}` logs traffic that AWS WAF may never see: a web ACL guards application load balancers, API gateways and \
                 distributions of CloudFront, no network load balancers and no instances."
            )
        });
    }
    SUBNETS_DO_NOT_SEE.contains(&name).then(|| {
        format!(
            "The clients of `{name}` do not reach your subnets by their own addresses, so that `{way}` does not stop them: take \
             `waf-ip-set` with `--scope cloudfront`."
        )
    })
}

/// What to know of a network ACL that is tested on more subnets than it guards, in a sentence; None if it is tested on its own.
pub fn caveat_of_subnets(table: &Table, way: Way, subnets: &[String]) -> Option<String> {
    if way != Way::Nacl {
        return None;
    }
    if subnets.is_empty() {
        return Some(
            "No subnets that the network ACL guards are known, so that the test is on all: `--acl-id` and credentials tell them."
                .to_owned(),
        );
    }
    (!says_subnets(table)).then(|| {
        format!(
            "`{}` does not say in which subnet its records were seen, so that the test is on all, and not only on those that the \
             network ACL guards.",
            table.log_type.name
        )
    })
}
