//! What is to be blocked, how and where, as the command line says it.

use std::io::Read;
use std::path::Path;

use floodmark_block::plan::{NetworkAclPlace, RateLimit, Wanted, WebAclPlace};
use floodmark_block::rule::{self, RuleAction};
use floodmark_block::target::{Target, Targets, TextMatch};
use floodmark_engine::Error;
use floodmark_formats::time::SECOND;
use floodmark_investigate::backtest::findings::Findings;
use floodmark_investigate::limits::FINDINGS_BYTES_MAX;
use floodmark_investigate::window;

use crate::commands::block::{Arguments, Matched, Scope};
use crate::render::safe;
use crate::shell::talk;

/// What is to be blocked.
pub(crate) struct Choice {
    pub(crate) wanted: Wanted,
    /// What `explain` found, if it is made of that.
    pub(crate) findings: Option<Findings>,
    /// What the findings leave out.
    notes: Vec<String>,
}

impl Choice {
    pub(crate) fn read(arguments: &Arguments, now: i64) -> anyhow::Result<Self> {
        let Some(way) = arguments.way else {
            return Err(Error::invalid_query("it is not said how to block")
                .hint("`--with nacl`, `waf-ip-set`, `waf-geo`, `waf-rate`, `waf-match` or `security-group`")
                .into());
        };
        let mut targets = Targets::default();
        for text in &arguments.targets {
            targets.add(target(text, arguments.matched)?);
        }
        if let Some(file) = &arguments.file {
            for (at, line) in text_of(file)?.lines().enumerate() {
                let line = line.trim();
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                let target = of_line(line, arguments.matched).map_err(|error| {
                    let place = format!("line {} of `{}`: {error}", at + 1, file.display());
                    let own = Error::invalid_query(place);
                    match error.hint_text() {
                        Some(hint) => own.hint(hint),
                        None => own,
                    }
                })?;
                targets.add(target);
            }
        }
        let asked = arguments.place.direction.map(super::Directions::all);
        let mut directions = asked.clone().unwrap_or_default();
        let (mut findings, mut notes) = (None, Vec::new());
        if let Some(file) = &arguments.from_explain {
            let found = Findings::read(&text_of(file)?)?;
            let chosen = found.choose(way, &directions)?;
            each(chosen.targets).for_each(|target| targets.add(target));
            if asked.is_none() {
                directions = chosen.directions;
            }
            notes = chosen.notes;
            findings = Some(found);
        }
        if directions.is_empty() || way.facts().in_web_acl {
            directions = vec![rule::Direction::Inbound];
        }
        let mut wanted = Wanted::new(way, targets, now);
        wanted.directions = directions;
        place(&mut wanted, arguments)?;
        Ok(Self { wanted, findings, notes })
    }

    /// Says what the findings leave out.
    pub(crate) fn tell(&self) {
        for note in &self.notes {
            talk(&format!("note: {}\n", safe(note)));
        }
    }
}

/// Takes over where the rule goes.
fn place(wanted: &mut Wanted, arguments: &Arguments) -> anyhow::Result<()> {
    let place = &arguments.place;
    wanted.name.clone_from(&place.name);
    if let Some(text) = &arguments.expires {
        let length = window::length(text).ok_or_else(|| {
            Error::invalid_query(format!("`{text}` is no length of time"))
                .hint("write `24h` or `7d`")
        })?;
        wanted.expires = Some(wanted.made.saturating_add(length / SECOND));
    }
    wanted.network_acl = NetworkAclPlace {
        id: place.acl_id.clone(),
        first_number: place.rule_number,
        rules_max: place.rules_max.unwrap_or(wanted.network_acl.rules_max),
    };
    wanted.security_group.clone_from(&place.group_id);
    wanted.web_acl = WebAclPlace {
        scope: match place.scope {
            Scope::Regional => rule::Scope::Regional,
            Scope::Cloudfront => rule::Scope::CloudFront,
        },
        web_acl: place.web_acl.as_deref().map(str::parse).transpose()?,
        resource_arn: place.resource_arn.clone(),
        action: if place.count { RuleAction::Count } else { RuleAction::Block },
        priority: place.priority,
    };
    wanted.rate = RateLimit {
        requests_max: place.limit.unwrap_or(wanted.rate.requests_max),
        window_seconds: place.window.unwrap_or(wanted.rate.window_seconds),
    };
    Ok(())
}

/// The targets one by one.
fn each(targets: Targets) -> impl Iterator<Item = Target> {
    let networks = targets.networks.into_iter().map(Target::Network);
    let countries = targets.countries.into_iter().map(Target::Country);
    let paths = targets.paths.into_iter().map(Target::Path);
    let user_agents = targets.user_agents.into_iter().map(Target::UserAgent);
    networks.chain(countries).chain(paths).chain(user_agents)
}

fn target(text: &str, matched: Option<Matched>) -> floodmark_block::Result<Target> {
    let says_it = ["path:", "user-agent:", "country:"].iter().any(|mark| text.starts_with(mark));
    match matched {
        Some(Matched::Path) if !says_it => Target::path(text),
        Some(Matched::UserAgent) if !says_it => TextMatch::parse(text).map(Target::UserAgent),
        _ => Target::parse(text),
    }
}

/// The target of a line. What stands behind an address or a network is a comment, as in lists of threats.
fn of_line(line: &str, matched: Option<Matched>) -> floodmark_block::Result<Target> {
    let first = line.split([' ', '\t', ';', ',', '#']).next().unwrap_or_default();
    match Target::parse(first) {
        Ok(network @ Target::Network(_)) => Ok(network),
        _ => target(line, matched),
    }
}

/// The text of a file, or of standard input.
fn text_of(file: &Path) -> anyhow::Result<String> {
    let wrong = |error: std::io::Error| {
        let message = format!("cannot read `{}`: {error}", file.display());
        Error::not_found(message).because(error)
    };
    let mut text = String::new();
    let limit = FINDINGS_BYTES_MAX as u64 + 1;
    if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text).map_err(wrong)?;
    } else {
        let file = std::fs::File::open(file).map_err(wrong)?;
        file.take(limit).read_to_string(&mut text).map_err(wrong)?;
    }
    if text.len() > FINDINGS_BYTES_MAX {
        let message = format!("`{}` has more than {FINDINGS_BYTES_MAX} bytes", file.display());
        return Err(Error::new(floodmark_engine::ErrorKind::LimitReached, message).into());
    }
    Ok(text)
}
