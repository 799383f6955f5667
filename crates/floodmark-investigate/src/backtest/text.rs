//! What a back-test says, in sentences.

use crate::backtest::{Backtest, Blocked, UntoldPart, Which};
use crate::explain::text::{amount, number};

/// What the rule would have blocked, a sentence each, the attack first.
pub fn sentences(backtest: &Backtest) -> Vec<String> {
    let records = backtest.records.as_str();
    if backtest.all.records == 0.0 {
        return vec![format!("The logs hold no {records} of this time: nothing is tested.")];
    }
    let mut sentences = Vec::new();
    if let Some(attack) = backtest.attack {
        let what = match backtest.bystanders.which {
            Which::NotTheAttack => "of the attack",
            Which::Before | Which::All => "that there are more of than before",
        };
        sentences.push(if attack.records > 0.0 {
            format!("It would have blocked {}.", of(attack, &format!("{records} {what}")))
        } else if attack.is_of_bytes() {
            format!("It would have blocked {} {what}, in no more {records}.", of_bytes(attack))
        } else {
            format!("There are no {records} {what}.")
        });
    }
    match (backtest.during, backtest.all_during) {
        (Some(window), Some(during)) => {
            sentences.push(format!("During {window} it blocks {}.", of(during, records)));
        }
        _ => sentences.push(format!("It would have blocked {}.", of(backtest.all, records))),
    }
    match backtest.baseline {
        Some(baseline) if baseline.records == 0.0 => sentences.push(format!(
            "The logs hold no {records} of before: whether it blocks others is not known from them."
        )),
        Some(baseline) => {
            sentences.push(format!("Before that it would have blocked {}.", of(baseline, records)));
        }
        None => {}
    }
    if backtest.refused > 0 {
        let refused = number(backtest.refused as f64);
        sentences.push(format!("Of what it blocks, {refused} {records} are refused already."));
    }
    if let Some(untold) = backtest.untold {
        let number = number(untold.records as f64);
        sentences.push(match untold.what {
            UntoldPart::Country => format!(
                "The country of {number} {records} is not known, and they count as not blocked: `floodmark data update` fetches a \
                 file of countries."
            ),
            UntoldPart::Subnet => format!(
                "{number} {records} do not say their subnet: they are tested as if the network ACL guarded it."
            ),
        });
    }
    let bystanders = &backtest.bystanders;
    let (addresses, blocked) =
        (number(bystanders.addresses as f64), number(bystanders.blocked.round()));
    sentences.push(match (bystanders.which, bystanders.addresses) {
        (Which::NotTheAttack, 0) => "It blocks nobody else.".to_owned(),
        (Which::Before, 0) => "It blocks nobody who was there before.".to_owned(),
        (Which::All, 0) => "It blocks nobody who is in these logs.".to_owned(),
        (Which::NotTheAttack, _) => {
            format!("Besides the attack it blocks {blocked} {records} of {addresses} addresses.")
        }
        (Which::Before, _) => {
            format!("Of those who were there before it blocks {blocked} {records} of {addresses} addresses.")
        }
        (Which::All, _) => format!("They are of {addresses} addresses."),
    });
    sentences
}

/// A share as percent. What is not all or nothing never looks so.
fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none <= 0.0 => "0 %".to_owned(),
        all if all >= 100.0 => "100 %".to_owned(),
        percent => format!("{:.1} %", percent.clamp(0.1, 99.9)),
    }
}

/// `24,000 of 26,500 requests (90.6 %), 1.2 GB of 1.3 GB`.
fn of(blocked: Blocked, records: &str) -> String {
    let share = blocked.share().map_or_else(String::new, |share| format!(" ({})", percent(share)));
    let bytes = if blocked.bytes > 0.0 {
        format!(
            ", {} of {}",
            amount(blocked.blocked_bytes, "bytes"),
            amount(blocked.bytes, "bytes")
        )
    } else {
        String::new()
    };
    let (part, all) = (number(blocked.blocked.round()), number(blocked.records.round()));
    format!("{part} of {all} {records}{share}{bytes}")
}

/// `1.2 GB of 1.3 GB (92.3 %)`.
fn of_bytes(blocked: Blocked) -> String {
    let share = blocked.share_of_bytes().map_or_else(String::new, percent);
    let (part, all) = (amount(blocked.blocked_bytes, "bytes"), amount(blocked.bytes, "bytes"));
    format!("{part} of {all} ({share})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_all_never_looks_so() {
        let shares =
            [(0.0, "0 %"), (0.00001, "0.1 %"), (0.5, "50.0 %"), (0.9999, "99.9 %"), (1.0, "100 %")];
        for (share, expect) in shares {
            assert_eq!(percent(share), expect);
        }
    }
}
