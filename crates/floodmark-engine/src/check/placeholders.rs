//! Words of examples that stand where a name of one's own belongs.

use std::sync::LazyLock;

use regex::Regex;

/// Parts of a name that only examples have, in lower case, and what belongs there.
const WORDS: &[(&str, &str)] = &[
    ("amzn-s3-demo-bucket", "the bucket's name"),
    ("doc-example-bucket", "the bucket's name"),
    ("your_log_bucket", "the bucket's name"),
    ("your-log-bucket", "the bucket's name"),
    ("your_bucket", "the bucket's name"),
    ("your-bucket", "the bucket's name"),
    ("your-alb-logs-directory", "the bucket's name and the prefix"),
    ("your-elb-logs-directory", "the bucket's name and the prefix"),
    ("yyyy/mm/dd", "the folder above the years, or a partition projection"),
];

/// Whole folders that only examples have, in lower case, and what belongs there.
const FOLDERS: &[(&str, &str)] = &[
    ("account", "the account, twelve digits"),
    ("account_id", "the account, twelve digits"),
    ("account-id", "the account, twelve digits"),
    ("accountid", "the account, twelve digits"),
    ("aws_account_id", "the account, twelve digits"),
    ("aws-account-id", "the account, twelve digits"),
    ("your-account-id", "the account, twelve digits"),
    ("region", "a region such as us-east-1"),
    ("aws-region", "a region such as us-east-1"),
    ("aws_region", "a region such as us-east-1"),
    ("region_code", "a region such as us-east-1"),
    ("region-code", "a region such as us-east-1"),
    ("bucket", "the bucket's name"),
    ("bucket_name", "the bucket's name"),
    ("bucket-name", "the bucket's name"),
    ("optional_prefix", "the prefix, or nothing"),
    ("prefix", "the prefix, or nothing"),
    ("web-acl-name", "the web ACL's name"),
    ("yyyy", "a year"),
];

static IN_BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<[A-Za-z][^<>/]*>|(?:^|[^$])(\{[^{}/]*\})|\[[A-Za-z][^\[\]/]*\]")
        .expect("a pattern that compiles")
});

/// The words of examples in a location or a template, each with what belongs there.
pub(crate) fn find(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let lower = text.to_ascii_lowercase();
    for (word, meant) in WORDS {
        if let Some(at) = lower.find(word) {
            found.push((text[at..at + word.len()].to_owned(), (*meant).to_owned()));
        }
    }
    for captures in IN_BRACKETS.captures_iter(text) {
        let word = captures.get(1).or_else(|| captures.get(0)).map_or("", |word| word.as_str());
        found.push((word.to_owned(), "a name of your own".to_owned()));
    }
    // A folder of this machine may be called anything.
    let Some(address) = text.strip_prefix("s3://") else { return found };
    let mut before = "";
    for part in address.split('/') {
        if let Some((_, meant)) =
            FOLDERS.iter().find(|(folder, _)| part.eq_ignore_ascii_case(folder))
        {
            found.push((part.to_owned(), (*meant).to_owned()));
        } else if before == "AWSLogs"
            && !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.len() != 12
        {
            let meant = format!("an account, which has twelve digits and not {}", part.len());
            found.push((part.to_owned(), meant));
        }
        before = part;
    }
    found
}
