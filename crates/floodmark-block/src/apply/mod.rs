//! Puts a plan into AWS, and takes it back.
//!
//! Nothing but [`apply`] and [`undo`] writes to AWS. Both keep a [`Record`] of what they are about to do and of
//! what they did, so that an end in the middle loses nothing.

mod ask;
mod change;
mod difference;
mod record;
mod step;

use std::path::Path;
use std::time::Duration;

use floodmark_aws::service::{EC2, WAFV2};
use floodmark_aws::{Access, Client, ClientOptions};

use crate::apply::record::Place;
use crate::limits::STILL_USED_PAUSE_MS;
use crate::names;
use crate::plan::Wanted;
use crate::present::{Present, PresentWebAcl};
use crate::rule::{Aim, Plan, Scope};
use crate::way::Way;
use crate::{Error, ErrorKind, Result};

pub use difference::Difference;
pub use record::{Record, RecordState, Records, StepRecord, StepState, list, newest, read};
pub use step::{Made, Step};

/// Who asks AWS, and where.
#[derive(Clone, Debug)]
pub struct Asker {
    access: Access,
    scope: Scope,
    still_used_pause: Duration,
}

/// What [`apply`] and [`undo`] need beside the plan.
#[derive(Clone, Copy, Debug)]
pub struct ApplyOptions<'a> {
    /// The folder of the records, such as `blocks` in the data folder. It is made where there is none.
    pub folder: &'a Path,
    /// Now, in seconds since 1970 UTC.
    pub now: i64,
}

/// What was taken back.
#[derive(Clone, Debug)]
pub struct Undone {
    /// The record as it stands now.
    pub record: Record,
    /// What was left as it is since others have changed it, a sentence each.
    pub left: Vec<String>,
}

impl Asker {
    /// One who asks with this access. What belongs to CloudFront is asked in AWS's region for it.
    pub fn new(access: &Access, scope: Scope) -> Self {
        let still_used_pause = Duration::from_millis(STILL_USED_PAUSE_MS);
        Self { access: access.clone(), scope, still_used_pause }
    }

    /// The same with another pause before something that AWS says is still used is asked to go again.
    #[must_use]
    pub fn still_used_pause(self, still_used_pause: Duration) -> Self {
        Self { still_used_pause, ..self }
    }

    /// The one for what a plan changes.
    pub fn of(access: &Access, plan: &Plan) -> Self {
        let in_cloudfront = plan.changes.iter().any(|change| match change {
            crate::rule::Change::IpSet(set) => set.scope == Scope::CloudFront,
            crate::rule::Change::WebAclRule(rule) => rule.scope == Scope::CloudFront,
            _ => false,
        });
        Self::new(access, if in_cloudfront { Scope::CloudFront } else { Scope::Regional })
    }

    /// The region that AWS WAF is asked in, if one is set.
    pub fn region(&self) -> Option<&str> {
        self.scope.region().or_else(|| self.access.region())
    }

    fn ec2_to_read(&self) -> Result<Client> {
        Client::new(&self.access, &EC2, ClientOptions::default())
    }

    fn ec2_to_change(&self) -> Result<Client> {
        Client::new(&self.access, &EC2, to_change())
    }

    fn waf_to_read(&self) -> Result<Client> {
        Client::new(&self.waf_access(), &WAFV2, ClientOptions::default())
    }

    fn waf_to_change(&self) -> Result<Client> {
        Client::new(&self.waf_access(), &WAFV2, to_change())
    }

    fn waf_access(&self) -> Access {
        match self.scope.region() {
            Some(region) => self.access.in_region(region),
            None => self.access.clone(),
        }
    }
}

/// A client whose requests are not sent again if AWS may have done what they ask.
fn to_change() -> ClientOptions {
    ClientOptions { is_writing: true, ..ClientOptions::default() }
}

/// What AWS holds now of what a plan depends on: the list of the network ACL, the security group, the web ACL.
///
/// Takes `ec2:DescribeNetworkAcls`, `ec2:DescribeSecurityGroups`, or `wafv2:ListWebACLs`, `wafv2:GetWebACL` and
/// `wafv2:GetWebACLForResource`. An error if what is named does not exist.
pub async fn present(asker: &Asker, wanted: &Wanted) -> Result<Present> {
    let mut present = Present::default();
    match wanted.way {
        Way::Nacl => {
            if let Some(id) = &wanted.network_acl.id {
                names::check_ec2_id("network ACL", "acl", id)?;
                present.network_acl = Some(ask::network_acl(asker, id).await?);
            }
        }
        Way::SecurityGroup => {
            if let Some(id) = &wanted.security_group {
                names::check_ec2_id("security group", "sg", id)?;
                present.security_group = Some(ask::security_group(asker, id).await?);
            }
        }
        Way::WafIpSet | Way::WafGeo | Way::WafRate | Way::WafMatch => {
            present.web_acl = web_acl(asker, wanted).await?;
        }
    }
    Ok(present)
}

/// What a plan would change in AWS as it is now. Reads only, and is empty once the plan is applied.
pub async fn difference(asker: &Asker, plan: &Plan) -> Result<Difference> {
    if plan.aim == Aim::Undo {
        return Err(Error::new(ErrorKind::NotSupported, "a plan that takes away is not applied")
            .hint("take back what was applied by the id of its record"));
    }
    difference::of(asker, plan).await
}

/// Makes the changes of a difference, in order; none if there is nothing to change.
///
/// The record keeps whose account it was, which takes `sts:GetCallerIdentity`, a right that everybody has.
/// A step that fails takes back those before it, in reverse order, and its error says so. If one of them cannot be
/// taken back, the error says what stands in AWS now and how to mend it. The record is written before each step.
pub async fn apply(
    asker: &Asker,
    plan: &Plan,
    difference: &Difference,
    options: ApplyOptions<'_>,
) -> Result<Option<Record>> {
    if difference.steps.is_empty() {
        return Ok(None);
    }
    let account = asker.access.account().await?;
    let place = Place { account, region: asker.region().map(str::to_owned) };
    let mut record = Record::begin(plan, &difference.steps, place, options)?;
    for index in 0..record.steps.len() {
        if let Err(error) = make(asker, &mut record, index, options).await {
            return Err(take_back_all(asker, &mut record, error, options).await);
        }
    }
    // It is done, and the record says so of each step, whether or not its end can be written.
    record.finish(options, RecordState::Applied)?;
    Ok(Some(record))
}

/// Takes back what a record says was changed, in reverse order, and only that.
///
/// What others have changed since is left, and told. An error if a step cannot be taken back; the others are, and the
/// same call goes on where it stopped. An error, and nothing is changed, if the account is another one than the record's,
/// or if a later record altered the same rule of a web ACL: that one is taken back first.
pub async fn undo(asker: &Asker, mut record: Record, options: ApplyOptions<'_>) -> Result<Undone> {
    let account = asker.access.account().await?;
    if account != record.account {
        return Err(Error::invalid(format!(
            "`{}` was applied in the account {}, and these are credentials of {account}",
            record.id,
            crate::target::shown(&record.account)
        ))
        .hint(format!("take credentials of {}", crate::target::shown(&record.account))));
    }
    if let Some(later) = record::later_of_same_rule(options.folder, &record)? {
        return Err(Error::invalid(format!(
            "`{}` altered the same rule later, and would put it back",
            later.id
        ))
        .hint(format!("take that back first: `floodmark block --undo {} --apply`", later.id)));
    }
    let (left, failed) = take_back(asker, &mut record, options).await;
    if let Some(error) = failed {
        record.finish(options, RecordState::Stuck)?;
        return Err(stuck(&record, &error));
    }
    record.finish(options, RecordState::Undone)?;
    Ok(Undone { record, left })
}

/// Makes a step, with a note before and after.
async fn make(
    asker: &Asker,
    record: &mut Record,
    index: usize,
    options: ApplyOptions<'_>,
) -> Result<()> {
    if let Err(error) = record.set(options, index, StepState::Begun) {
        record.steps[index].state = StepState::Waiting;
        return Err(error);
    }
    let step = record.steps[index].step.clone();
    match change::make(asker, &step, &record.made()).await {
        Ok(made) => {
            record.steps[index].made = made;
            record.set(options, index, StepState::Done)
        }
        Err(error) => {
            if !may_be_done(&error) {
                record.steps[index].state = StepState::Waiting;
            }
            Err(named(&step, &error))
        }
    }
}

/// AWS may have done what it did not answer to, or failed at; what it has refused it has not done.
fn may_be_done(error: &Error) -> bool {
    let failed = |code: &str| code.contains("Internal") || code.contains("ServiceUnavailable");
    error.kind() == ErrorKind::Unavailable && error.service_code().is_none_or(failed)
}

/// The web ACL that a rule goes to.
async fn web_acl(asker: &Asker, wanted: &Wanted) -> Result<PresentWebAcl> {
    let place = &wanted.web_acl;
    if let Some(reference) = &place.web_acl {
        names::check_web_acl(reference, place.scope, asker.region())?;
    }
    let held = match (&place.web_acl, &place.resource_arn) {
        (Some(reference), _) => {
            let held = ask::web_acl(asker, place.scope, reference).await?;
            let missing = || {
                Error::not_found(format!("no web ACL `{}`", reference.name))
                    .hint("`aws wafv2 list-web-acls --scope REGIONAL` (or `CLOUDFRONT`) lists them")
            };
            Some(held.ok_or_else(missing)?)
        }
        (None, Some(arn)) => {
            names::check_resource(arn, asker.region())?;
            ask::web_acl_of(asker, place.scope, arn).await?
        }
        (None, None) => {
            let name = names::of_rule(wanted)?;
            ask::web_acl_named(asker, place.scope, &name).await?
        }
    };
    Ok(held.map_or(PresentWebAcl::Nothing, |held| PresentWebAcl::Is(held.summary())))
}

/// Takes back what was done before a failure, and says what came of it.
async fn take_back_all(
    asker: &Asker,
    record: &mut Record,
    failure: Error,
    options: ApplyOptions<'_>,
) -> Error {
    let was_done = record.standing().next().is_some();
    let (left, failed) = take_back(asker, record, options).await;
    let (state, error) = match failed {
        None => {
            let what = if was_done { "what was done is taken back" } else { "nothing was changed" };
            let left: String = left.iter().map(|left| format!("; {left}")).collect();
            (RecordState::TakenBack, retold(&failure, format!("{failure}; {what}{left}")))
        }
        Some(error) => {
            let message = format!("{failure}; and then it was not taken back: {error}");
            (RecordState::Stuck, stuck(record, &retold(&failure, message)))
        }
    };
    match record.finish(options, state) {
        Ok(()) => error,
        Err(unwritten) => retold(&error, format!("{error}; {unwritten}")),
    }
}

/// Takes back what may stand, in reverse order: what was left, and what failed.
async fn take_back(
    asker: &Asker,
    record: &mut Record,
    options: ApplyOptions<'_>,
) -> (Vec<String>, Option<Error>) {
    let mut left = Vec::new();
    let mut failed: Option<Error> = None;
    for index in (0..record.steps.len()).rev() {
        if !record.steps[index].state.may_stand() {
            continue;
        }
        let step = record.steps[index].step.clone();
        let taken = change::take_back(asker, &step, record.steps[index].made.as_ref()).await;
        let noted = match taken {
            Ok(None) => record.set(options, index, StepState::TakenBack),
            Ok(Some(reason)) => {
                left.push(reason);
                record.set(options, index, StepState::Left)
            }
            Err(error) => Err(named(&step, &error)),
        };
        // What comes before it is taken back all the same.
        if let Err(error) = noted {
            failed = Some(match failed {
                None => error,
                Some(first) => retold(&first, format!("{first}; {error}")),
            });
        }
    }
    (left, failed)
}

/// The error of a step, with what it was about.
fn named(step: &Step, error: &Error) -> Error {
    retold(error, format!("{step}: {error}"))
}

/// An error of the same kind, code and hint with another message.
fn retold(error: &Error, message: String) -> Error {
    let mut other = Error::new(error.kind(), message);
    if let Some(hint) = error.hint_text() {
        other = other.hint(hint);
    }
    match error.service_code() {
        Some(code) => other.code(code),
        None => other,
    }
}

/// The same error with what stands in AWS now, and how to mend it.
fn stuck(record: &Record, error: &Error) -> Error {
    let standing: Vec<String> = record.standing().map(Step::to_string).collect();
    let commands: Vec<String> = record.standing().map(Step::by_hand).collect();
    let cause = error.hint_text().map(|hint| format!("{hint}; then ")).unwrap_or_default();
    let message = format!("{error}; in AWS now: {}", standing.join(", "));
    let hint = format!(
        "{cause}`floodmark block --undo {} --apply` goes on; or by hand: {}",
        record.id,
        commands.join("; ")
    );
    retold(error, message).hint(hint)
}
