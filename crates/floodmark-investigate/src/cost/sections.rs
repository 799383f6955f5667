//! The tables of an answer: each is a statement, a price, and what to do about its rows.

use floodmark_engine::Result;

use crate::answer::Rows;
use crate::cost::answer::{Others, Row, Section};
use crate::cost::prices::{Item, Prices};
use crate::cost::services;
use crate::cost::span::Span;
use crate::limits::{PROJECTED_FROM_HOURS, ROWS_SHOWN_MAX};
use crate::subject::Subject;

/// The hours of the month that amounts are projected to: 30 days.
const MONTH_HOURS: f64 = 30.0 * 24.0;

/// A table as it is asked for. Its statement gives the columns of `by` as text, then `bytes_out`, `bytes_in` and `bytes`.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) by: &'static [&'static str],
    pub(super) sql: String,
    pub(super) price: Item,
    /// How often the price is paid for a byte.
    pub(super) times: f64,
    /// Whether the first two columns are an AWS service and its region, so that endpoints are advised.
    pub(super) is_of_services: bool,
}

/// What amounts are reckoned with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reckoning<'a> {
    pub(super) prices: &'a Prices,
    pub(super) span: &'a Span,
}

impl Reckoning<'_> {
    /// What an amount of the time of the records comes to in 30 days; None if that time is too short to tell.
    pub(super) fn a_month(&self, usd: f64) -> Option<f64> {
        (self.span.hours >= PROJECTED_FROM_HOURS).then(|| usd * MONTH_HOURS / self.span.hours)
    }
}

/// Asks for a table, and keeps its largest rows.
pub(super) async fn ask(
    subject: &Subject<'_>,
    question: Question,
    reckoning: Reckoning<'_>,
    limit: usize,
) -> Result<Section> {
    let limit = limit.min(ROWS_SHOWN_MAX);
    let texts = question.by.len();
    let usd = |bytes: f64| question.times * reckoning.prices.of_bytes(question.price, bytes);
    let mut answer = Rows::ask(subject, &question.sql, texts).await?;
    let mut rows: Vec<Row> = Vec::new();
    let mut others = Others { rows: 0, bytes: 0.0, usd: 0.0 };
    let mut whole = 0.0;
    while let Some(batch) = answer.next().await? {
        for row in batch.rows() {
            let number = |column| batch.number(texts + column, row).unwrap_or(0.0);
            let bytes = number(2);
            whole += bytes;
            if rows.len() == limit {
                others.rows += 1;
                others.bytes += bytes;
                others.usd += usd(bytes);
                continue;
            }
            let values = batch.texts(row);
            let advice = || services::advice(&values, bytes, reckoning);
            rows.push(Row {
                advice: question.is_of_services.then(advice).flatten(),
                values,
                bytes_out: number(0),
                bytes_in: number(1),
                bytes,
                share: None,
                usd: usd(bytes),
                usd_a_month: reckoning.a_month(usd(bytes)),
            });
        }
    }
    for row in &mut rows {
        row.share = (whole > 0.0).then(|| row.bytes / whole);
    }
    Ok(Section {
        name: question.name,
        title: question.title,
        by: question.by.to_vec(),
        rows,
        others: (others.rows > 0).then_some(others),
        bytes: whole,
        sql: question.sql,
    })
}
