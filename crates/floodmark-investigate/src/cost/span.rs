//! What the logs hold: their time, their region, and which fields tell something.

use floodmark_engine::Result;
use floodmark_formats::time::{HOUR, MINUTE, Micros, SECOND};

use crate::answer::Rows;
use crate::subject::Subject;
use crate::window::Window;

/// By how much records may begin before, and end after, the times in the names of their objects.
const AROUND_NAMES: Micros = 20 * MINUTE;

/// Which share of the records is outside of that at most, so that their times are taken for wrong ones. Else it is the names that do not tell.
const ASTRAY_SHARE_MAX: f64 = 0.05;

/// From which length on hours without records are worth a note.
const GAPS_FROM: f64 = 4.0;

/// Which share of the hours has records at least, or it is said.
const HOURS_SHARE: f64 = 0.9;

/// What the logs hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    /// From the first record's start to the last one's end, within the window that was asked for, and whatever condition they meet; None
    /// without records.
    pub(super) window: Option<Window>,
    /// How long that is, in hours.
    pub(super) hours: f64,
    /// In how many different hours flows began.
    pub(super) hours_with_flows: f64,
    /// The regions, the one with the most bytes first.
    pub(super) regions: Vec<String>,
    /// How many records there are.
    pub(super) records: f64,
    /// How many of them stand for flows.
    pub(super) flows: f64,
    /// How many of the flows are of IPv6.
    pub(super) of_ipv6: f64,
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

/// The times of records.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    first: Option<Micros>,
    last: Option<Micros>,
    /// How many records there are.
    records: f64,
    /// How many of them lie far from the times in the names of the objects.
    astray: f64,
    /// In how many different hours flows began.
    hours_with_flows: f64,
}

/// The statement that tells it.
fn statement(subject: &Subject<'_>, windows: &[Window], named: Option<Window>) -> String {
    let astray = named.map_or_else(
        || "0".to_owned(),
        |named| {
            let (start, end) = (named.start.div_euclid(SECOND), named.end.div_euclid(SECOND));
            format!("count_if(start < {start} OR \"end\" > {end})")
        },
    );
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
         count(*) AS records, {astray} AS astray, \
         count_if(srcaddr <> '-' AND strpos(srcaddr, ':') > 0) AS of_ipv6, \
         coalesce(sum(bytes), 0) AS bytes\n{}\nGROUP BY 1\nORDER BY bytes DESC, 1",
        subject.from(windows)
    )
}

/// Asks what the logs hold. One pass over few columns, and one more for a subject with a condition.
pub(super) async fn ask(subject: &Subject<'_>, during: Option<Window>) -> Result<Span> {
    let windows: Vec<_> = during.into_iter().collect();
    let named = subject.held().await?.map(|held| Window {
        start: held.start.saturating_sub(AROUND_NAMES),
        end: held.end.saturating_add(AROUND_NAMES),
    });
    let (mut span, mut times) = tell(subject, &windows, named).await?;
    // A condition says which bytes count; the hours in which they were sent are those of the log.
    if subject.condition().is_some() {
        (_, times) = tell(&subject.without_condition(), &windows, named).await?;
    }
    span.hours_with_flows = times.hours_with_flows;
    let (Some(mut start), Some(mut end)) = (times.first, times.last) else { return Ok(span) };
    if let Some(during) = during {
        (start, end) = (start.max(during.start), end.min(during.end));
    }
    // A few records with times that cannot be would stretch the span to years.
    if let Some(named) = named
        && times.astray <= ASTRAY_SHARE_MAX * times.records
    {
        (start, end) = (start.max(named.start), end.min(named.end));
    }
    if start <= end {
        span.window = Some(Window { start, end });
        span.hours = (end - start) as f64 / HOUR as f64;
    }
    Ok(span)
}

/// What the records of a subject hold, and their times.
async fn tell(
    subject: &Subject<'_>,
    windows: &[Window],
    named: Option<Window>,
) -> Result<(Span, Times)> {
    let mut rows = Rows::ask(subject, &statement(subject, windows, named), 1).await?;
    let (mut span, mut times) = (Span::default(), Times::default());
    while let Some(batch) = rows.next().await? {
        for row in batch.rows() {
            span.regions.extend(batch.texts(row).into_iter().flatten());
            let number = |column| batch.number(column, row);
            let moment = |column| Some((number(column)? as i64).saturating_mul(SECOND));
            times.first = times.first.into_iter().chain(moment(1)).min();
            times.last = times.last.into_iter().chain(moment(2)).max();
            let sum = |column| number(column).unwrap_or(0.0);
            span.flows += sum(3);
            times.hours_with_flows = times.hours_with_flows.max(sum(4));
            span.with_packet_addresses += sum(5);
            span.with_direction += sum(6);
            span.with_zone += sum(7);
            span.zones += sum(8);
            span.with_purpose += sum(9);
            span.with_service += sum(10);
            span.records += sum(11);
            times.astray += sum(12);
            span.of_ipv6 += sum(13);
        }
    }
    times.records = span.records;
    Ok((span, times))
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
