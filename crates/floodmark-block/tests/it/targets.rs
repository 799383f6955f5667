//! Targets as they are written on a command line.

use floodmark_block::target::{Place, Target, TextMatch};

fn check(text: &str, expected: &Target) {
    assert_eq!(Target::parse(text).expect("it does"), *expected, "{text}");
}

fn text(text: &str, place: Place) -> TextMatch {
    TextMatch::new(text, place).expect("it does")
}

#[test]
fn each_kind_is_told_by_its_form() {
    check("192.0.2.7", &Target::Network("192.0.2.7/32".parse().unwrap()));
    check("192.0.2.77/24", &Target::Network("192.0.2.0/24".parse().unwrap()));
    check("::ffff:192.0.2.7", &Target::Network("192.0.2.7/32".parse().unwrap()));
    check("::ffff:203.0.113.9/120", &Target::Network("203.0.113.0/24".parse().unwrap()));
    check("2001:db8::/32", &Target::Network("2001:db8::/32".parse().unwrap()));
    check("TV", &Target::Country("TV".parse().unwrap()));
    check("country:tv", &Target::Country("TV".parse().unwrap()));
    check("/login", &Target::Path(text("/login", Place::Exactly)));
    check("/wp-*", &Target::Path(text("/wp-", Place::StartsWith)));
    check("*.php", &Target::Path(text(".php", Place::EndsWith)));
    check("*/admin/*", &Target::Path(text("/admin/", Place::Contains)));
    check("path:/a*b", &Target::Path(text("/a*b", Place::Exactly)));
    check("user-agent:curl/8.1", &Target::UserAgent(text("curl/8.1", Place::Exactly)));
    check("user-agent:*bad bot*", &Target::UserAgent(text("bad bot", Place::Contains)));
    check(r"user-agent:\*\*", &Target::UserAgent(text("**", Place::Exactly)));
    check(r"user-agent:*\\", &Target::UserAgent(text(r"\", Place::EndsWith)));
}

#[test]
fn what_a_text_is_written_as_is_read_again() {
    for pattern in ["a", "a*", "*a", "*a*", r"\*a\*", r"a\\*", r"*\\a"] {
        let read = TextMatch::parse(pattern).unwrap();
        assert_eq!(TextMatch::parse(&read.to_string()).unwrap(), read, "{pattern}");
    }
}

#[test]
fn what_cannot_match_is_refused_with_the_way_out() {
    let refused = |text: &str| Target::parse(text).unwrap_err();
    assert_eq!(
        refused("tv; rm -rf").to_string(),
        "`tv; rm -rf` is no address, network, country or path"
    );
    assert_eq!(refused("country:XX").to_string(), "AWS WAF knows no country `XX`");
    assert!(refused("/search?q=1").to_string().contains("has a query"));
    assert!(refused("path:login").to_string().contains("does not begin with `/`"));
    assert!(refused("*").to_string().contains("would match every request"));
    assert!(refused("user-agent:a\u{1b}[31m").to_string().contains("U+001B"));
    assert!(refused("user-agent:a\nb").to_string().contains("U+000A"));
    let long = format!("user-agent:{}", "x".repeat(201));
    assert!(refused(&long).to_string().contains("has 201 bytes, and AWS WAF looks for 200"));
    for text in ["user-agent:\u{1b}]0;x\u{7}", "\u{1b}[2J", "country:\u{1b}[2J"] {
        assert!(!refused(text).to_string().contains('\u{1b}'));
    }
}
