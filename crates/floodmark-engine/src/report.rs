//! The account of a query: what was listed, passed over, read, rejected, and what it took.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use floodmark_formats::{Account, Rejection};
use floodmark_who::Fact;

use crate::error::Error;
use crate::limits::{REJECTIONS_REPORTED_MAX, TROUBLES_REPORTED_MAX, UNKNOWN_ADDRESSES_MAX};

/// What a query has done so far. Shared by all who work on it.
#[derive(Debug, Default)]
pub struct Metrics {
    objects_listed: AtomicU64,
    objects_passed_over: AtomicU64,
    objects_other: AtomicU64,
    objects_pruned: AtomicU64,
    objects_read: AtomicU64,
    objects_wanted: AtomicU64,
    bytes_wanted: AtomicU64,
    bytes_pruned: AtomicU64,
    bytes_fetched: AtomicU64,
    bytes_inflated: AtomicU64,
    scanned: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    account: Account,
    rejections: Vec<(String, Rejection)>,
    unmatched: Vec<(String, Rejection)>,
    troubles: Vec<String>,
    troubles_total: u64,
    others: BTreeMap<&'static str, u64>,
    empty_tables: BTreeMap<String, String>,
    unknown: BTreeMap<Fact, UnknownAddresses>,
}

/// Of which addresses something is not known, and how many rows asked for it.
#[derive(Debug, Default)]
struct UnknownAddresses {
    addresses: HashMap<IpAddr, u64>,
    rows: u64,
    is_cut: bool,
}

/// How much of what was asked of addresses is not known on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// How many rows asked for it.
    pub rows: u64,
    /// Of how many different addresses.
    pub addresses: u64,
    /// Whether there were more than that.
    pub is_cut: bool,
}

/// What a query did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Whether the query asked for logs at all.
    pub scanned: bool,
    /// Objects listed, in all tables that the query read.
    pub objects_listed: u64,
    /// Folder markers, test files and other objects that are no logs by their names.
    pub objects_passed_over: u64,
    /// Objects of other logs, or of none that is known.
    pub objects_other: u64,
    /// What the other objects are, by log type; those of no known log stand under `unknown`.
    pub others: BTreeMap<&'static str, u64>,
    /// Objects that could hold no wanted row, by their names.
    pub objects_pruned: u64,
    /// Objects read, to their ends or as far as a limit needed.
    pub objects_read: u64,
    /// Objects to be read, as far as the listing has come.
    pub objects_wanted: u64,
    /// The size of the objects to be read, as stored.
    pub bytes_wanted: u64,
    /// The size of the pruned objects, as stored.
    pub bytes_pruned: u64,
    /// Bytes fetched, as stored.
    pub bytes_fetched: u64,
    /// Bytes after inflating.
    pub bytes_inflated: u64,
    /// What became of the lines.
    pub account: Account,
    /// The first rejected lines, with their objects' paths.
    pub rejections: Vec<(String, Rejection)>,
    /// The first lines that are rows of NULLs because they do not match their table's pattern, with their objects' paths.
    pub unmatched: Vec<(String, Rejection)>,
    /// The first troubles with objects: truncated, damaged, or not to be read.
    pub troubles: Vec<String>,
    /// How many troubles there were.
    pub troubles_total: u64,
    /// What is to be said of tables for which there was nothing to read, by their names.
    pub empty_tables: BTreeMap<String, String>,
    /// What was asked of addresses and is not known on this machine: those values are NULL.
    pub unknown: BTreeMap<Fact, Unknown>,
}

/// What Athena asks for a terabyte scanned, in US dollars, in most regions (aws.amazon.com/athena/pricing, 2026).
const ATHENA_DOLLARS_PER_TERABYTE: f64 = 5.0;

/// The least that Athena counts for a query, in bytes.
const ATHENA_BYTES_MIN: u64 = 10 << 20;

impl Report {
    /// What Athena would have scanned: the objects of the table in the days asked for, for it knows no names.
    pub fn athena_bytes(&self) -> u64 {
        (self.bytes_wanted + self.bytes_pruned).max(ATHENA_BYTES_MIN)
    }

    /// What Athena would have asked, in US dollars.
    pub fn athena_dollars(&self) -> f64 {
        self.athena_bytes() as f64 / 1e12 * ATHENA_DOLLARS_PER_TERABYTE
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl Metrics {
    /// The query asks for logs.
    pub(crate) fn scanned(&self) {
        self.scanned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn listed(&self) {
        add(&self.objects_listed, 1);
    }

    /// There is nothing to read for a table, for this reason.
    pub(crate) fn is_empty(&self, table: &str, reason: String) {
        self.lock().empty_tables.insert(table.to_owned(), reason);
    }

    pub(crate) fn passed_over(&self) {
        add(&self.objects_passed_over, 1);
    }

    pub(crate) fn other(&self, log_type: &'static str) {
        add(&self.objects_other, 1);
        *self.lock().others.entry(log_type).or_default() += 1;
    }

    pub(crate) fn pruned(&self, bytes: u64) {
        add(&self.objects_pruned, 1);
        add(&self.bytes_pruned, bytes);
    }

    pub(crate) fn wanted(&self, bytes: u64) {
        add(&self.objects_wanted, 1);
        add(&self.bytes_wanted, bytes);
    }

    pub(crate) fn fetched(&self, bytes: u64) {
        add(&self.bytes_fetched, bytes);
    }

    pub(crate) fn inflated(&self, bytes: u64) {
        add(&self.bytes_inflated, bytes);
    }

    /// An object was read, to its end or as far as was needed.
    pub(crate) fn read(&self, path: &str, account: &Account, rejections: Vec<Rejection>) {
        add(&self.objects_read, 1);
        let mut inner = self.lock();
        inner.account.add(account);
        for rejection in rejections {
            if inner.rejections.len() >= REJECTIONS_REPORTED_MAX {
                break;
            }
            inner.rejections.push((path.to_owned(), rejection));
        }
    }

    /// Lines that are rows of NULLs because they do not match their table's pattern.
    pub(crate) fn unmatched(&self, path: &str, lines: Vec<Rejection>) {
        let mut inner = self.lock();
        for line in lines {
            if inner.unmatched.len() >= REJECTIONS_REPORTED_MAX {
                break;
            }
            inner.unmatched.push((path.to_owned(), line));
        }
    }

    /// Something is not known of these addresses, for which so many rows asked.
    pub(crate) fn unknown(&self, fact: Fact, addresses: HashMap<IpAddr, u64>) {
        if addresses.is_empty() {
            return;
        }
        let mut inner = self.lock();
        let unknown = inner.unknown.entry(fact).or_default();
        for (address, rows) in addresses {
            unknown.rows += rows;
            let has_room = unknown.addresses.len() < UNKNOWN_ADDRESSES_MAX;
            match unknown.addresses.entry(address) {
                Entry::Occupied(mut known) => *known.get_mut() += rows,
                Entry::Vacant(new) if has_room => {
                    new.insert(rows);
                }
                Entry::Vacant(_) => unknown.is_cut = true,
            }
        }
    }

    pub(crate) fn trouble(&self, trouble: String) {
        let mut inner = self.lock();
        inner.troubles_total += 1;
        if inner.troubles.len() < TROUBLES_REPORTED_MAX {
            inner.troubles.push(trouble);
        }
    }

    pub(crate) fn trouble_error(&self, error: &Error) {
        self.trouble(error.to_string());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The addresses of which the registries are to be asked, those first for which most rows asked.
    pub fn unresolved(&self) -> Vec<IpAddr> {
        let inner = self.lock();
        let mut rows: HashMap<IpAddr, u64> = HashMap::new();
        let of_registry = inner.unknown.iter().filter(|(fact, _)| fact.is_of_registry());
        for (address, count) in of_registry.flat_map(|(_, unknown)| &unknown.addresses) {
            *rows.entry(*address).or_default() += count;
        }
        drop(inner);
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_unstable_by_key(|(address, count)| (std::cmp::Reverse(*count), *address));
        rows.into_iter().map(|(address, _)| address).collect()
    }

    /// What has been done so far.
    pub fn report(&self) -> Report {
        let inner = self.lock();
        Report {
            scanned: self.scanned.load(Ordering::Relaxed),
            objects_listed: load(&self.objects_listed),
            objects_passed_over: load(&self.objects_passed_over),
            objects_other: load(&self.objects_other),
            others: inner.others.clone(),
            objects_pruned: load(&self.objects_pruned),
            objects_read: load(&self.objects_read),
            objects_wanted: load(&self.objects_wanted),
            bytes_wanted: load(&self.bytes_wanted),
            bytes_pruned: load(&self.bytes_pruned),
            bytes_fetched: load(&self.bytes_fetched),
            bytes_inflated: load(&self.bytes_inflated),
            account: inner.account.clone(),
            rejections: inner.rejections.clone(),
            unmatched: inner.unmatched.clone(),
            troubles: inner.troubles.clone(),
            troubles_total: inner.troubles_total,
            empty_tables: inner.empty_tables.clone(),
            unknown: (inner.unknown.iter())
                .map(|(fact, unknown)| {
                    let (rows, is_cut) = (unknown.rows, unknown.is_cut);
                    let addresses = unknown.addresses.len() as u64;
                    (*fact, Unknown { rows, addresses, is_cut })
                })
                .collect(),
        }
    }
}
