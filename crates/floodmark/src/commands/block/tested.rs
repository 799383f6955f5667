//! The test of a rule on logs, on standard error.

use floodmark_block::plan::Wanted;
use floodmark_block::way::Way;
use floodmark_engine::Engine;
use floodmark_investigate::backtest::findings::Findings;
use floodmark_investigate::backtest::protected::Protected;
use floodmark_investigate::backtest::{
    self, Backtest, BacktestQuestion, Bystander, Rate, reach, text,
};
use floodmark_investigate::{Before, Subject, SubjectOptions, Window};

use crate::commands::asked;
use crate::commands::block::Arguments;
use crate::render::aligned::Aligned;
use crate::render::{figures, safe};
use crate::settings::Settings;
use crate::shell::talk;

/// How many of those who would be blocked are shown.
const BYSTANDERS_SHOWN: usize = 10;

/// A rule, and the logs that it is tested on.
pub(crate) struct Tested<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) settings: &'a Settings,
    pub(crate) wanted: &'a Wanted,
    pub(crate) protected: &'a Protected,
    /// The subnets that the network ACL guards; none if they are not known.
    pub(crate) subnets: &'a [String],
}

impl Tested<'_> {
    /// Tests it, and says what came of it.
    pub(crate) async fn run(&self, findings: Option<&Findings>) -> anyhow::Result<Backtest> {
        let test = &self.arguments.test;
        let (during, before) = self.windows(findings)?;
        let rate = self.wanted.rate;
        let question = BacktestQuestion {
            targets: &self.wanted.targets,
            directions: &self.wanted.directions,
            subnets: self.subnets,
            rate: (self.wanted.way == Way::WafRate).then_some(Rate {
                requests_max: rate.requests_max,
                window_seconds: rate.window_seconds,
            }),
            during,
            before: &before,
            attack: findings.map(|findings| findings.attack.as_str()),
            protected: self.protected,
        };
        let engine = Engine::new(self.settings.engine_options())?;
        let session = engine.open(&test.from).await?.in_database(&self.settings.database).await?;
        let log = test.log.as_deref().or(findings.map(|findings| findings.log.as_str()));
        let options = SubjectOptions { log, condition: test.condition.as_deref() };
        let subject = Subject::open(&session, options).await?;
        let work = backtest::ask(&subject, &question);
        let mut backtest = Box::pin(asked::answered(&subject, "", self.settings, work)).await?;
        let shown: Vec<String> =
            backtest.bystanders.busiest.iter().filter_map(|one| one.address.clone()).collect();
        let shown = shown.iter().map(String::as_str);
        if Box::pin(asked::resolved(&subject, self.settings, shown)).await? {
            backtest.name(subject.who());
        }
        tell(&backtest);
        let way = self.wanted.way;
        let caveats = [
            reach::caveat(subject.log_type(), way),
            reach::caveat_of_subnets(subject.table(), way, self.subnets),
        ];
        for caveat in caveats.into_iter().flatten() {
            talk(&format!("note: {}\n", safe(&caveat)));
        }
        if test.sql {
            for statement in &backtest.statements {
                talk(&format!("  proof:\n{}", indented(&indented(&proof(statement)))));
            }
        }
        Ok(backtest)
    }

    /// When the attack was, and what it is compared with.
    fn windows(
        &self,
        findings: Option<&Findings>,
    ) -> anyhow::Result<(Option<Window>, Vec<Window>)> {
        let test = &self.arguments.test;
        let named = test.during.as_deref().map(Window::parse).transpose()?;
        let during = named.or(findings.map(|findings| findings.during));
        let before = match (during, findings) {
            (Some(_), Some(findings)) if named.is_none() && test.before.is_empty() => {
                findings.before.clone()
            }
            (Some(during), _) => Before::parse(&test.before)?.of(during)?,
            (None, _) => test
                .before
                .iter()
                .map(|text| Window::parse(text))
                .collect::<floodmark_engine::Result<_>>()?,
        };
        Ok((during, before))
    }
}

/// Says what the rule would have blocked.
fn tell(backtest: &Backtest) {
    let mut told = format!("tested on `{}`:\n", backtest.log);
    for sentence in text::sentences(backtest) {
        told.push_str(&format!("  {}\n", safe(&sentence)));
    }
    let bystanders = &backtest.bystanders;
    if !bystanders.busiest.is_empty() {
        let names = ["address", "blocked", "bytes", ""].map(str::to_owned).to_vec();
        let mut aligned = Aligned::new(1, names);
        let named =
            |one: &Bystander| backtest.names.get(one.address.as_deref()?).map(str::to_owned);
        for one in bystanders.busiest.iter().take(BYSTANDERS_SHOWN) {
            let values = vec![
                one.address.clone().unwrap_or_else(|| "NULL".to_owned()),
                figures::amount(Some(one.blocked.round()), ""),
                figures::amount(Some(one.blocked_bytes), "bytes"),
                one.name.clone().or_else(|| named(one)).unwrap_or_default(),
            ];
            aligned.line(values, None);
        }
        told.push_str(&indented(&aligned.text()));
        let others = bystanders.addresses.saturating_sub(BYSTANDERS_SHOWN as u64);
        if others > 0 {
            told.push_str(&format!("  and {others} more addresses\n"));
        }
    }
    talk(&told);
}

/// A statement whose values cannot do anything to a terminal.
fn proof(statement: &str) -> String {
    statement.lines().map(|line| format!("{}\n", safe(line))).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
