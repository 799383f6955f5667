//! `block`: a rule in all forms, and what it would have blocked. Nothing is changed in AWS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use floodmark_block::plan::{self, Wanted};
use floodmark_block::present::Present;
use floodmark_block::render::{FORMS, render};
use floodmark_block::rule::{self, Plan, RuleAction, Scope};
use floodmark_block::target::{Target, Targets};
use floodmark_block::way::Way;
use floodmark_discover::{View, windows};
use floodmark_engine::{Error, ErrorKind};
use floodmark_formats::time::SECOND;
use floodmark_investigate::backtest::protected::Protected;
use floodmark_investigate::backtest::refusals::{self, Refusal};
use floodmark_investigate::backtest::{self, Backtest, BacktestQuestion, Rate, reach, text};
use floodmark_investigate::limits::BYSTANDERS_SHARE_MAX;
use floodmark_investigate::window;
use floodmark_who::Who;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::limits::UI_TARGETS_MAX;
use crate::state::State;
use crate::ui::Failure;
use crate::ui::account::{losses_of_all, notes_of_all};
use crate::ui::lines::Lines;
use crate::ui::viewed::all_rows;

/// Stands for the id of a network ACL.
const NETWORK_ACL: &str = "acl-00000000000000000";

/// Stands for the id of a security group.
const SECURITY_GROUP: &str = "sg-00000000000000000";

/// What is to be blocked, how and where.
#[derive(Debug, Deserialize)]
pub(crate) struct BlockQuestion {
    way: String,
    targets: Vec<String>,
    #[serde(default)]
    direction: Option<Directions>,
    #[serde(default)]
    acl_id: Option<String>,
    #[serde(default)]
    group_id: Option<String>,
    #[serde(default)]
    web_acl: Option<String>,
    #[serde(default)]
    resource_arn: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    scope: WrittenScope,
    #[serde(default)]
    expires: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    window: Option<u32>,
    #[serde(default)]
    count_only: bool,
    #[serde(default)]
    bystanders: Option<f64>,
    #[serde(default)]
    view: Option<View>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Directions {
    Inbound,
    Outbound,
    Both,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenScope {
    #[default]
    Regional,
    Cloudfront,
}

/// A rule in one form, and what takes it away.
#[derive(Serialize)]
struct Written {
    apply: String,
    undo: String,
}

/// Answers `block`.
pub(crate) async fn run(
    state: &Arc<State>,
    question: BlockQuestion,
    lines: &Lines,
) -> Result<(), Failure> {
    let (view, bystanders) = (question.view.clone(), question.bystanders);
    let who = Arc::clone(state.engine.who());
    // It reads files, and many targets take a while.
    let written = tokio::task::spawn_blocking(move || write(&who, &question));
    let (wanted, protected, rule) = written.await.map_err(|_| Failure::defect())??;
    lines.tell(&json!({ "rule": rule })).await;
    let mut notes = Vec::new();
    if let Some(view) = &view {
        notes = test(state, view, &wanted, &protected, bystanders, lines).await?;
    }
    let end = json!({ "seconds": lines.seconds(), "notes": notes });
    lines.tell(&json!({ "end": end })).await;
    Ok(())
}

/// Writes the rule in all forms. Gives what it blocks and what it must not as well.
fn write(who: &Who, question: &BlockQuestion) -> Result<(Wanted, Protected, Value), Failure> {
    let protected = Protected::of(who)?;
    let mut wanted = wanted(question)?;
    let mut notes = placeholders(&mut wanted);
    if let Some(share_max) = question.bystanders {
        let cover = protected.cover(&wanted.targets.networks, share_max.clamp(0.0, 1.0));
        if cover.bystanders > 0.0 {
            notes.push(format!(
                "{} networks are merged to {}, of whose addresses {:.1} % are others",
                wanted.targets.networks.len(),
                cover.networks.len(),
                cover.bystanders_share() * 100.0
            ));
        }
        wanted.targets.networks = cover.networks;
    }
    // What AWS holds now is not asked: the rule says where that matters.
    let plan = plan::plan(&wanted, &Present::default())?;
    notes.extend(plan.notes.iter().cloned());
    notes.extend(protected.notes.iter().cloned());
    let forms = forms(&plan, &mut notes);
    let refused = refusals::refusals(&wanted, &protected);
    let rule = json!({
        "forms": forms,
        "targets": told_targets(&wanted.targets),
        "notes": notes,
        "refusals": told_refusals(&refused),
    });
    Ok((wanted, protected, rule))
}

/// Tests the rule on a view's log, whatever the view's filters are. Gives what is to be said of what was read.
async fn test(
    state: &Arc<State>,
    view: &View,
    wanted: &Wanted,
    protected: &Protected,
    share_max: Option<f64>,
    lines: &Lines,
) -> Result<Vec<String>, Failure> {
    let session = state.session().await?;
    // Whoever is filtered for would hide the others that the rule blocks.
    let mut subject = all_rows(&session, view).await?;
    let windows = windows(view)?;
    if let (None, Some(span)) = (windows.during, windows.span) {
        subject = subject.and(&span.condition("event_time"));
    }
    let before: Vec<_> = windows.before.into_iter().collect();
    let asked = BacktestQuestion {
        targets: &wanted.targets,
        directions: &wanted.directions,
        subnets: &[],
        rate: (wanted.way == Way::WafRate).then_some(Rate {
            requests_max: wanted.rate.requests_max,
            window_seconds: wanted.rate.window_seconds,
        }),
        during: windows.during,
        before: &before,
        attack: None,
        protected,
    };
    let work = backtest::ask(&subject, &asked);
    let mut tested = lines.during(|| subject.latest(), Box::pin(work)).await?;
    tested.name(subject.who());
    let refused = refusals::of_backtest(&tested, share_max.unwrap_or(BYSTANDERS_SHARE_MAX));
    let caveats = [
        reach::caveat(subject.log_type(), wanted.way),
        reach::caveat_of_subnets(subject.table(), wanted.way, &[]),
    ];
    let caveats: Vec<String> = caveats.into_iter().flatten().collect();
    let test = json!({
        "sentences": text::sentences(&tested),
        "bystanders": told_bystanders(&tested),
        "bystanders_total": tested.bystanders.addresses,
        "refusals": told_refusals(&refused),
        "caveats": caveats,
        "statements": tested.statements,
    });
    lines.tell(&json!({ "test": test })).await;
    // What could not be read may hold somebody whom the rule blocks.
    let reports = subject.reports();
    let mut notes = losses_of_all(&reports);
    notes.extend(notes_of_all(&reports));
    Ok(notes)
}

/// What is wanted, as the planner takes it.
fn wanted(question: &BlockQuestion) -> Result<Wanted, Failure> {
    if question.targets.len() > UI_TARGETS_MAX {
        let message = format!("more than {UI_TARGETS_MAX} targets are blocked at once");
        return Err(Error::new(ErrorKind::LimitReached, message).into());
    }
    let way: Way = question.way.parse()?;
    let mut targets = Targets::default();
    for text in &question.targets {
        targets.add(Target::parse(text)?);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let mut wanted = Wanted::new(way, targets, now);
    if let Some(direction) = question.direction.filter(|_| !way.facts().in_web_acl) {
        wanted.directions = match direction {
            Directions::Inbound => vec![rule::Direction::Inbound],
            Directions::Outbound => vec![rule::Direction::Outbound],
            Directions::Both => rule::Direction::ALL.to_vec(),
        };
    }
    wanted.name = given(&question.name);
    wanted.network_acl.id = given(&question.acl_id);
    wanted.security_group = given(&question.group_id);
    wanted.web_acl.web_acl = given(&question.web_acl).as_deref().map(str::parse).transpose()?;
    wanted.web_acl.resource_arn = given(&question.resource_arn);
    wanted.web_acl.scope = match question.scope {
        WrittenScope::Regional => Scope::Regional,
        WrittenScope::Cloudfront => Scope::CloudFront,
    };
    if question.count_only {
        wanted.web_acl.action = RuleAction::Count;
    }
    wanted.rate.requests_max = question.limit.unwrap_or(wanted.rate.requests_max);
    wanted.rate.window_seconds = question.window.unwrap_or(wanted.rate.window_seconds);
    if let Some(text) = given(&question.expires) {
        let length = window::length(&text).ok_or_else(|| {
            Error::invalid_query(format!("`{text}` is no length of time"))
                .hint("write `24h` or `7d`")
        })?;
        wanted.expires = Some(now.saturating_add(length / SECOND));
    }
    Ok(wanted)
}

/// Puts an id that is none where the way needs one that is not known yet. Gives what stands for what.
fn placeholders(wanted: &mut Wanted) -> Vec<String> {
    let place = match wanted.way {
        Way::Nacl => Some((&mut wanted.network_acl.id, NETWORK_ACL, "the network ACL")),
        Way::SecurityGroup => Some((&mut wanted.security_group, SECURITY_GROUP, "the group")),
        _ => None,
    };
    let Some((id @ None, placeholder, what)) = place else { return Vec::new() };
    *id = Some(placeholder.to_owned());
    vec![format!("`{placeholder}` stands for the id of {what}, which is not said")]
}

/// What somebody wrote into a field; an empty one says nothing.
fn given(text: &Option<String>) -> Option<String> {
    let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

/// The rule in each form that can say it; of the others it is noted why they cannot.
fn forms(plan: &Plan, notes: &mut Vec<String>) -> BTreeMap<&'static str, Written> {
    let mut forms = BTreeMap::new();
    for (form, name) in FORMS {
        let written = render(plan, form)
            .and_then(|apply| Ok(Written { apply, undo: render(&plan.undo(), form)? }));
        match written {
            Ok(written) => {
                forms.insert(name, written);
            }
            Err(error) => notes.push(format!("`{name}`: {error}")),
        }
    }
    forms
}

/// The targets as the command line takes them.
fn told_targets(targets: &Targets) -> Vec<String> {
    let networks = targets.networks.iter().map(ToString::to_string);
    let countries = targets.countries.iter().map(|country| country.as_str().to_owned());
    let paths = targets.paths.iter().map(|path| format!("path:{path}"));
    let agents = targets.user_agents.iter().map(|agent| format!("user-agent:{agent}"));
    networks.chain(countries).chain(paths).chain(agents).collect()
}

fn told_refusals(refusals: &[Refusal]) -> Vec<serde_json::Value> {
    let told = refusals
        .iter()
        .map(|refusal| json!({ "reason": refusal.reason.name(), "message": refusal.message }));
    told.collect()
}

fn told_bystanders(tested: &Backtest) -> Vec<serde_json::Value> {
    let told = tested.bystanders.busiest.iter().map(|one| {
        let known = || Some(tested.names.get(one.address.as_deref()?)?.to_owned());
        json!({
            "address": one.address,
            "name": one.name.clone().or_else(known),
            "blocked": one.blocked,
            "blocked_bytes": one.blocked_bytes,
        })
    });
    told.collect()
}
