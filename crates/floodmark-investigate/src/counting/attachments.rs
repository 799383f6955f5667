//! Transit gateways: a packet is logged where it comes in and where it goes out.

use std::collections::BTreeSet;

use floodmark_engine::Result;
use floodmark_formats::observation::Attachments;

use crate::counting::answer::Answer;
use crate::counting::{Holes, Rule, from, holes, is_not_in};
use crate::limits::INTERFACES_MAX;
use crate::subject::Subject;
use crate::window::Window;

/// Keeps the records of what comes in, and those of what goes out if its way in is not logged.
///
/// AWS page: <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>
pub(super) async fn rule(
    subject: &Subject<'_>,
    windows: &[Window],
    columns: Attachments,
) -> Result<Rule> {
    let Attachments { attachment, other, direction } = columns;
    let sql = format!(
        "SELECT {attachment} AS attachment, count_if({direction} = 'ingress') AS ingress, \
         count_if({direction} = 'egress') AS egress, count(nullif({other}, '-')) AS paired, \
         count(*) AS records, {}\n{}\nGROUP BY {attachment}\nLIMIT {}",
        holes(subject),
        from(subject, windows),
        INTERFACES_MAX + 1
    );
    let mut logged = BTreeSet::new();
    let (mut rows, mut ingress, mut egress, mut paired, mut records) = (0, 0, 0, 0, 0);
    let mut found = Holes::default();
    for batch in subject.ask(&sql).await? {
        for answer in Answer::rows(&batch) {
            rows += 1;
            ingress += answer.count("ingress");
            egress += answer.count("egress");
            paired += answer.count("paired");
            records += answer.count("records");
            found += Holes::read(&answer);
            if let Some(attachment) = answer.text("attachment")
                && answer.count("ingress") > 0
            {
                logged.insert(attachment.to_owned());
            }
        }
    }
    let flows = records.saturating_sub(found.without_traffic + found.missing);
    let (condition, sentence) = if ingress + egress < flows {
        (
            None,
            "Bytes are counted at each attachment that logged them: not all records tell whether the \
             packets came in or went out.",
        )
    } else if ingress == 0 || egress == 0 {
        (None, "Bytes are counted once: the logs hold one direction of each attachment only.")
    } else if paired == 0 || rows > INTERFACES_MAX {
        (
            Some(format!("{direction} = 'ingress'")),
            "Bytes are counted once, where they come into the transit gateway; the logs do not tell \
             what came in elsewhere.",
        )
    } else {
        let elsewhere = is_not_in(other, logged.iter().map(String::as_str));
        (
            Some(format!("{direction} = 'ingress' OR {other} IS NULL OR {elsewhere}")),
            "Bytes are counted once, where they come into the transit gateway; what comes in at an \
             attachment that is not logged counts where it goes out.",
        )
    };
    Ok(Rule { condition, sentences: vec![sentence.to_owned()], holes: found })
}
