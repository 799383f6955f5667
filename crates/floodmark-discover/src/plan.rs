//! A question that was checked: which fields, which windows, which rows.

use std::sync::Arc;

use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::kind::Kind;
use floodmark_investigate::Window;

use crate::condition::{Windows, joined, own_sql, windows};
use crate::fields::{LogFields, MeasureOf};
use crate::limits::{
    BINS_MAX, FIELDS_NAMED_MAX, GROUP_FIELDS_MAX, GROUP_LISTS_MAX, QUARTERS_MAX, ROWS_TOLD_MAX,
    VALUES_TOLD_MAX,
};
use crate::listing::{Cursor, Listing, Order, Place};
use crate::matching::Matcher;
use crate::statements::{QUARTER, Statements};
use crate::view::Look;

/// A question that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) fields: Arc<LogFields>,
    pub(crate) windows: Windows,
    pub(crate) matcher: Matcher,
    /// The condition of all rows, as SQL.
    pub(crate) condition: Option<String>,
    /// The part of it that only the engine can test.
    pub(crate) own_sql: Option<String>,
    /// The measure, by its position.
    pub(crate) measure: usize,
    pub(crate) timeline: Option<TimelinePlan>,
    /// The fields that are summarised, by position, with how many values.
    pub(crate) listed: Option<(Vec<usize>, usize)>,
    /// The fields that are compared.
    pub(crate) compared: Option<(Vec<usize>, usize)>,
    /// The lists of groups.
    pub(crate) groups: Vec<(Vec<usize>, usize)>,
    pub(crate) has_groups: bool,
    pub(crate) hours: bool,
    pub(crate) rows: Option<Listing>,
    /// The newer and the older rows around one, which is the first of the older ones.
    pub(crate) around: Option<(Listing, Listing)>,
    /// The one row that is wanted.
    pub(crate) row: Option<Listing>,
    pub(crate) statements: Statements,
}

/// How a timeline is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimelinePlan {
    /// At most about so many bins.
    pub(crate) bins: usize,
    pub(crate) by: Option<usize>,
}

/// The kinds whose values are compared; others are numbers, times, or nearly unique.
const COMPARED: &[Kind] = &[
    Kind::Address,
    Kind::Domain,
    Kind::Path,
    Kind::Port,
    Kind::Status,
    Kind::UserAgent,
    Kind::Category,
    Kind::QueryString,
    Kind::Url,
];

/// Columns of a key that say where the record was logged, not what happened.
const OF_THE_KEY: &[&str] = &["log_day", "trailing"];

impl Plan {
    /// Checks a question. `name` is that of the log in FROM.
    pub(crate) fn of(fields: Arc<LogFields>, name: &str, question: &Look) -> Result<Self> {
        let Look { view, want, .. } = question;
        let windows = windows(view)?;
        let condition = joined(&fields, view)?;
        let measure = fields.measure(&view.measure)?;
        let counted = |name: &String| counted(&fields, name);
        let timeline = match &want.timeline {
            None => None,
            Some(timeline) => Some(TimelinePlan {
                bins: timeline.bins.clamp(1, BINS_MAX),
                by: timeline.by.as_ref().map(counted).transpose()?,
            }),
        };
        let listed = match &want.fields {
            None => None,
            Some(wanted) => {
                let listed = match &wanted.names {
                    Some(names) if names.len() > FIELDS_NAMED_MAX => {
                        let message = format!("at most {FIELDS_NAMED_MAX} fields can be named");
                        return Err(Error::new(ErrorKind::LimitReached, message)
                            .hint("name each field once"));
                    }
                    Some(names) => {
                        let mut listed = Vec::new();
                        for name in names {
                            let at = counted(name)?;
                            if !listed.contains(&at) {
                                listed.push(at);
                            }
                        }
                        listed
                    }
                    None => (0..fields.fields.len())
                        .filter(|at| fields.fields[*at].is_facet())
                        .collect(),
                };
                Some((listed, wanted.top.min(VALUES_TOLD_MAX)))
            }
        };
        let compared = match &want.compare {
            None => None,
            Some(_) if windows.during.is_none() => {
                return Err(Error::invalid_query("nothing is brushed that could be compared")
                    .hint("brush a span of the timeline first"));
            }
            Some(compare) => {
                let compared = (0..fields.fields.len()).filter(|at| {
                    let field = &fields.fields[*at];
                    COMPARED.contains(&field.kind)
                        && field.is_facet()
                        && !OF_THE_KEY.contains(&field.name.as_str())
                });
                Some((compared.collect(), compare.top.min(VALUES_TOLD_MAX)))
            }
        };
        let mut groups = Vec::new();
        for group in want.groups.iter().flatten() {
            let is_wrong = group.fields.is_empty() || group.fields.len() > GROUP_FIELDS_MAX;
            if is_wrong || groups.len() >= GROUP_LISTS_MAX {
                let message = format!(
                    "rows are grouped by one to {GROUP_FIELDS_MAX} fields, in at most {GROUP_LISTS_MAX} ways"
                );
                return Err(Error::new(ErrorKind::LimitReached, message));
            }
            let by = group.fields.iter().map(counted).collect::<Result<_>>()?;
            groups.push((by, group.top.min(VALUES_TOLD_MAX)));
        }
        let span = windows.during.or(windows.span);
        if want.hours.is_some()
            && span.is_some_and(|span| span.length() / QUARTER > QUARTERS_MAX as i64)
        {
            let message = format!("more than {QUARTERS_MAX} quarters of an hour cannot be shown");
            return Err(Error::new(ErrorKind::LimitReached, message).hint("choose less time"));
        }
        let (mut rows, mut around) = (None, None);
        if let Some(wanted) = &want.rows {
            let count = wanted.count.min(ROWS_TOLD_MAX);
            if let Some(middle) = &wanted.around {
                let place = Place::of_row(&middle.row)?;
                let each = middle.count.min(ROWS_TOLD_MAX);
                let newer = Listing::new(Order { is_reversed: true, ..Order::default() }, each);
                let older = Listing::new(Order::default(), each + 1);
                around = Some((newer.behind(place.clone()), older.from(place)));
            } else {
                let order = Order::of(&fields, wanted.sort.as_ref())?;
                let listing = Listing::new(order, count);
                rows = Some(match &wanted.after {
                    Some(after) => listing.after(Cursor::parse(after, &fields, order)?),
                    None => listing,
                });
            }
        }
        let row = match &want.row {
            None => None,
            Some(row) => Some(Listing::new(Order::default(), 1).from(Place::of_row(&row.row)?)),
        };
        Ok(Self {
            matcher: Matcher::of(&fields, view)?,
            own_sql: own_sql(view)?,
            statements: Statements::new(&fields, name, windows, condition.clone(), measure),
            has_groups: want.groups.is_some(),
            hours: want.hours.is_some(),
            fields,
            windows,
            condition,
            measure,
            timeline,
            listed,
            compared,
            groups,
            rows,
            around,
            row,
        })
    }

    /// The time of all rows that are needed; None is all.
    pub(crate) fn needed(&self) -> Option<Window> {
        let mut needed = self.windows.span?;
        let before = self.compared.as_ref().and(self.windows.before);
        for window in self.windows.during.into_iter().chain(before) {
            needed.start = needed.start.min(window.start);
            needed.end = needed.end.max(window.end);
        }
        Some(needed)
    }

    /// What was brushed, else the whole timeline.
    pub(crate) fn during(&self) -> Option<Window> {
        self.windows.during.or(self.windows.span)
    }

    /// The column with the numbers that are added up; None if rows are counted.
    pub(crate) fn amounts(&self) -> Option<usize> {
        measure_column(&self.fields, self.measure)
    }

    /// The columns of which the values must have codes, however many there are.
    pub(crate) fn must_code(&self) -> Vec<usize> {
        let mut wanted: Vec<usize> =
            self.timeline.and_then(|timeline| timeline.by).into_iter().collect();
        wanted.extend(self.groups.iter().flat_map(|(by, _)| by));
        wanted
    }
}

/// The column with the numbers of a measure; None if rows are counted.
pub(crate) fn measure_column(fields: &LogFields, measure: usize) -> Option<usize> {
    let is_expression = |at: &usize| matches!(fields.measures[*at].of, MeasureOf::Expression(_));
    match &fields.measures[measure].of {
        MeasureOf::Records => None,
        MeasureOf::Field(field) => Some(*field),
        MeasureOf::Expression(_) => {
            Some(fields.fields.len() + (0..measure).filter(is_expression).count())
        }
    }
}

/// A field whose values are counted.
fn counted(fields: &LogFields, name: &str) -> Result<usize> {
    let at = fields.find(name)?;
    if fields.fields[at].is_facet() {
        return Ok(at);
    }
    Err(Error::invalid_query(format!("the values of `{name}` are not counted one by one"))
        .hint("choose another field, or ask in SQL"))
}
