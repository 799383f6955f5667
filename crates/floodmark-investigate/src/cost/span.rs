//! What the logs hold: their time, their region, and which fields tell something.

use floodmark_engine::Result;
use floodmark_formats::time::{HOUR, MINUTE, Micros, SECOND};

use crate::answer::Rows;
use crate::subject::Subject;
use crate::window::Window;

/// By how much records may begin before, and end after, the times in the names of their objects.
const AROUND_NAMES: Micros = 20 * MINUTE;

/// From which length on hours without records are worth a note.
const GAPS_FROM: f64 = 4.0;

/// Which share of the hours has records at least, or it is said.
const HOURS_SHARE: f64 = 0.9;

/// What the logs hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    /// From the first record's start to the last one's end, within the window that was asked for; None without records.
    pub(super) window: Option<Window>,
    /// How long that is, in hours.
    pub(super) hours: f64,
    /// In how many different hours flows began.
    pub(super) hours_with_flows: f64,
    /// The regions, the one with the most bytes first.
    pub(super) regions: Vec<String>,
    /// How many records stand for flows.
    pub(super) flows: f64,
    /// How many of them tell the addresses that the packets bear.
    pub(super) with_packet_addresses: f64,
    /// How many tell their direction.
    pub(super) with_direction: f64,
    /// How many tell the availability zone.
    pub(super) with_zone: f64,
    /// How many availability zones they tell.
    pub(super) zones: f64,
    /// How many say what a service's interface is for, or that it is none's.
    pub(super) with_purpose: f64,
    /// How many say which AWS service an address belongs to, or that it belongs to none.
    pub(super) with_service: f64,
}

/// The statement that tells it.
fn statement(subject: &Subject<'_>, windows: &[Window]) -> String {
    format!(
        "SELECT coalesce(nullif(region, '-'), log_region) AS region, \
         min(start) AS first, max(\"end\") AS last, count(nullif(srcaddr, '-')) AS flows, \
         count(DISTINCT if(srcaddr <> '-', start / 3600)) AS hours, \
         count(if(srcaddr <> '-', nullif(pkt_srcaddr, '-'))) AS packet_addresses, \
         count(if(srcaddr <> '-', nullif(flow_direction, '-'))) AS directions, \
         count(if(srcaddr <> '-', nullif(az_id, '-'))) AS with_zone, \
         count(DISTINCT nullif(az_id, '-')) AS zones, \
         count(if(srcaddr <> '-', interface_type)) AS purposes, \
         count(if(srcaddr <> '-', pkt_dst_aws_service)) AS services, \
         coalesce(sum(bytes), 0) AS bytes\n{}\nGROUP BY 1\nORDER BY bytes DESC, 1",
        subject.from(windows)
    )
}

/// Asks what the logs hold. One pass over few columns.
pub(super) async fn ask(subject: &Subject<'_>, during: Option<Window>) -> Result<Span> {
    let windows: Vec<_> = during.into_iter().collect();
    let mut rows = Rows::ask(subject, &statement(subject, &windows), 1).await?;
    let mut span = Span::default();
    let (mut first, mut last): (Option<Micros>, Option<Micros>) = (None, None);
    while let Some(batch) = rows.next().await? {
        for row in batch.rows() {
            span.regions.extend(batch.texts(row).into_iter().flatten());
            let number = |column| batch.number(column, row);
            let moment = |column| Some((number(column)? as i64).saturating_mul(SECOND));
            first = first.into_iter().chain(moment(1)).min();
            last = last.into_iter().chain(moment(2)).max();
            let sum = |column| number(column).unwrap_or(0.0);
            span.flows += sum(3);
            span.hours_with_flows = span.hours_with_flows.max(sum(4));
            span.with_packet_addresses += sum(5);
            span.with_direction += sum(6);
            span.with_zone += sum(7);
            span.zones += sum(8);
            span.with_purpose += sum(9);
            span.with_service += sum(10);
        }
    }
    let (Some(mut start), Some(mut end)) = (first, last) else { return Ok(span) };
    if let Some(during) = during {
        (start, end) = (start.max(during.start), end.min(during.end));
    }
    // A record with a time that cannot be would stretch the span to years.
    if let Some(held) = subject.held().await? {
        start = start.max(held.start.saturating_sub(AROUND_NAMES));
        end = end.min(held.end.saturating_add(AROUND_NAMES));
    }
    if start <= end {
        span.window = Some(Window { start, end });
        span.hours = (end - start) as f64 / HOUR as f64;
    }
    Ok(span)
}

impl Span {
    /// The sentence about hours without records, if there are many.
    pub(super) fn gaps(&self) -> Option<String> {
        let missing = self.hours.floor() - self.hours_with_flows;
        let has_gaps =
            self.hours >= GAPS_FROM && self.hours_with_flows < HOURS_SHARE * self.hours.floor();
        has_gaps.then(|| {
            format!(
                "In {missing} of the {:.0} hours no flow began: if logs are missing, a month costs more than is \
                 projected here.",
                self.hours
            )
        })
    }
}
