//! Asks the registries for networks that are not known yet: a network at a time, politely, and so that it can be stopped anywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floodmark_aws::http::{self, HttpClient};
use futures::future::{self, Either};
use futures::stream::{FuturesUnordered, StreamExt};
use url::Url;

use crate::limits::{
    RDAP_ASKED_MAX, RDAP_ATTEMPTS_MAX, RDAP_CONCURRENCY_MAX, RDAP_FAILURES_MAX,
    RDAP_REQUEST_TIME_MAX, RDAP_RETRY_AFTER_MAX_S, RDAP_WAIT_MAX,
};
use crate::rdap::ask::{self, Outcome};
use crate::rdap::bootstrap::{Registries, as_folder};
use crate::rdap::pace::{self, Pace};
use crate::rdap::{Networks, answer};
use crate::{Error, Result};

/// How registries are asked.
#[derive(Clone, Debug)]
pub struct RdapOptions {
    /// The one server that is asked for everything, in place of the registries.
    pub endpoint: Option<Url>,
    /// The folder of the files `ipv4.json` and `ipv6.json` that say which registry is in charge [default: IANA's].
    pub bootstrap: Option<Url>,
    /// The pause between two requests to the same registry.
    pub pause: Duration,
    /// The pause before something is tried once more. It doubles with each attempt.
    pub retry_pause: Duration,
    /// How long one request may take.
    pub time_max: Duration,
    /// How many requests are sent in one run.
    pub asked_max: usize,
    /// How pauses are made.
    pub pace: Pace,
}

impl Default for RdapOptions {
    fn default() -> Self {
        Self {
            endpoint: None,
            bootstrap: None,
            pause: Duration::from_millis(250),
            retry_pause: Duration::from_secs(1),
            time_max: RDAP_REQUEST_TIME_MAX,
            asked_max: RDAP_ASKED_MAX,
            pace: Pace::Wait,
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// How many requests were sent, repeated ones among them.
    pub asked: usize,
    /// How many networks became known.
    pub networks: usize,
    /// How many of the addresses have a network now that had none.
    pub answered: usize,
    /// How many of the addresses are in no network, as their registry says.
    pub nothing: usize,
    /// What went wrong, in the order in which it did.
    pub failed: Vec<Failure>,
    /// How many of the addresses are still without an answer. The next run goes on with them.
    pub left: usize,
    /// What else there is to know, as sentences without a period.
    pub notes: Vec<String>,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The server's name.
    pub server: String,
    /// The address that was asked for.
    pub address: Option<IpAddr>,
    /// How many addresses stay without an answer because of it.
    pub addresses: usize,
    /// What went wrong, as a sentence without a period that names the server.
    pub message: String,
    /// After how many seconds the server wants to be asked again, if it says so.
    pub retry_after_s: Option<u64>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many requests were sent.
    pub asked: usize,
    /// How many addresses are settled: with a network, without one, or given up.
    pub settled: usize,
    /// How many addresses there are to settle.
    pub addresses: usize,
}

/// Reads the address of a server or a folder that the user sets.
///
/// # Errors
///
/// `InvalidQuery` for what is no address of the web.
pub fn server(text: &str) -> Result<Url> {
    let url = Url::parse(text).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or_else(|| {
        Error::invalid(format!("`{text}` is no address of an RDAP server"))
            .hint("it starts with `https://` or `http://`")
    })
}

/// Asks the registries for the networks of addresses of which nothing is known, or nothing that still holds. Each answer is kept
/// as it comes. What goes wrong with one registry stops no other one.
///
/// # Errors
///
/// If answers cannot be kept, or if the place for lists of registries that the user has set cannot be read.
pub async fn resolve(
    networks: &Networks,
    addresses: &[IpAddr],
    options: &RdapOptions,
    progress: &(dyn Fn(Progress) + Sync),
    now: i64,
) -> Result<Resolved> {
    let addresses = addresses.iter().map(IpAddr::to_canonical);
    let wanting: BTreeSet<IpAddr> =
        addresses.filter(|address| networks.is_wanting(*address, now)).collect();
    if wanting.is_empty() {
        return Ok(Resolved::default());
    }
    let client = http::client(0)?;
    let run = Run {
        networks,
        client,
        options,
        progress,
        now,
        addresses: wanting.len(),
        tally: Mutex::new(Resolved { left: wanting.len(), ..Resolved::default() }),
    };
    let mut by_server: BTreeMap<Url, BTreeSet<IpAddr>> = BTreeMap::new();
    if let Some(endpoint) = &options.endpoint {
        by_server.insert(as_folder(endpoint.clone()), wanting);
    } else {
        let list: Vec<IpAddr> = wanting.iter().copied().collect();
        let loaded = Registries::load(&list, &networks.cache, &run.client, options, now);
        let registries = loaded.await?;
        run.tally().notes.clone_from(&registries.notes);
        let mut orphans = Vec::new();
        for address in wanting {
            match registries.server(address) {
                Some(server) => {
                    by_server.entry(server.clone()).or_default().insert(address);
                }
                None => orphans.push(address),
            }
        }
        if let Some(first) = orphans.first() {
            let message = format!("no registry is in charge of {first}{}", others(orphans.len()));
            run.fail("", Some(*first), orphans.len(), message, None);
        }
    }
    let mut registries: FuturesUnordered<_> =
        by_server.into_iter().map(|(server, pending)| Box::pin(run.ask(server, pending))).collect();
    while let Some(asked) = registries.next().await {
        asked?;
    }
    drop(registries);
    Ok(run.tally.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A run, as all registries share it.
struct Run<'a> {
    networks: &'a Networks,
    client: HttpClient,
    options: &'a RdapOptions,
    progress: &'a (dyn Fn(Progress) + Sync),
    now: i64,
    addresses: usize,
    tally: Mutex<Resolved>,
}

/// What is still to be asked of one registry.
struct Queue {
    pending: BTreeSet<IpAddr>,
    flying: Vec<IpAddr>,
    attempts: HashMap<IpAddr, u32>,
    failures_in_succession: usize,
    /// How long to wait before the next request.
    pause: Duration,
    /// How long the registry has made us wait.
    waited: Duration,
    /// Why it is asked nothing more.
    closed: Option<(String, Option<u64>)>,
}

impl Run<'_> {
    /// Asks one registry until there is nothing more to ask.
    async fn ask(&self, server: Url, pending: BTreeSet<IpAddr>) -> Result<()> {
        let name = name(&server);
        let mut queue = Queue {
            pending,
            flying: Vec::new(),
            attempts: HashMap::new(),
            failures_in_succession: 0,
            pause: Duration::ZERO,
            waited: Duration::ZERO,
            closed: None,
        };
        let mut answers = FuturesUnordered::new();
        loop {
            let is_free = queue.closed.is_none() && answers.len() < RDAP_CONCURRENCY_MAX;
            let Some(address) = queue.next().filter(|_| is_free) else {
                let Some((address, outcome)) = answers.next().await else { break };
                self.settle(&name, &mut queue, address, outcome)?;
                continue;
            };
            if self.is_spent() {
                let most = self.options.asked_max;
                let reason = format!("was not asked more: {most} requests are sent in one run");
                queue.closed = Some((reason, None));
                continue;
            }
            if !queue.pause.is_zero() {
                let mut pause = pin!(self.options.pace.pause(mem::take(&mut queue.pause)));
                // What comes meanwhile is taken in, and may make the pause needless.
                while !queue.is_done() {
                    let came = match future::select(pause.as_mut(), answers.next()).await {
                        Either::Left(_) => break,
                        Either::Right((came, _)) => came,
                    };
                    let Some((address, outcome)) = came else {
                        pause.as_mut().await;
                        break;
                    };
                    self.settle(&name, &mut queue, address, outcome)?;
                }
                continue;
            }
            self.tally().asked += 1;
            queue.pause = self.options.pause;
            queue.pending.remove(&address);
            queue.flying.push(address);
            let asked = ask::ask(&self.client, &server, address, self.options, self.now);
            answers.push(async move { (address, asked.await) });
        }
        if !queue.pending.is_empty() {
            let (reason, retry_after_s) = queue.closed.unwrap_or_default();
            let message = format!("`{name}` {reason}");
            let count = queue.pending.len();
            self.fail(&name, queue.pending.first().copied(), count, message, retry_after_s);
        }
        Ok(())
    }

    /// Does what an answer calls for, and tells how far the run is.
    fn settle(
        &self,
        name: &str,
        queue: &mut Queue,
        address: IpAddr,
        outcome: Outcome,
    ) -> Result<()> {
        queue.flying.retain(|flying| *flying != address);
        match outcome {
            Outcome::Network(network) => {
                let network = Arc::new(*network);
                self.networks.keep(&network)?;
                queue.failures_in_succession = 0;
                queue.attempts.remove(&address);
                let within = queue.pending.range(network.start..=network.end).copied();
                let within: Vec<IpAddr> = within
                    .filter(|address| !self.networks.is_wanting(*address, self.now))
                    .collect();
                for address in &within {
                    queue.pending.remove(address);
                }
                let mut tally = self.tally();
                tally.networks += 1;
                tally.answered += 1 + within.len();
                tally.left = tally.left.saturating_sub(1 + within.len());
            }
            Outcome::Nothing => {
                self.networks.keep_nothing(address, self.now)?;
                queue.failures_in_succession = 0;
                let mut tally = self.tally();
                tally.nothing += 1;
                tally.left = tally.left.saturating_sub(1);
            }
            Outcome::Busy(retry_after_s) => {
                queue.pending.insert(address);
                let attempt = queue.attempt(address);
                let wait = retry_after_s.map_or_else(
                    || pace::before_attempt(attempt, self.options.retry_pause),
                    Duration::from_secs,
                );
                if retry_after_s.is_some_and(|wait| wait > RDAP_RETRY_AFTER_MAX_S)
                    || attempt >= RDAP_ATTEMPTS_MAX
                    || queue.waited + wait > RDAP_WAIT_MAX
                {
                    let when = retry_after_s.map_or_else(
                        || "later".to_owned(),
                        |seconds| format!("in {seconds} seconds"),
                    );
                    let reason =
                        format!("has too many requests, and wants to be asked again {when}");
                    queue.closed.get_or_insert((reason, retry_after_s));
                } else {
                    queue.waited += wait;
                    queue.pause = queue.pause.max(wait);
                }
            }
            Outcome::Failed(reason) => {
                let attempt = queue.attempt(address);
                if attempt < RDAP_ATTEMPTS_MAX {
                    queue.pending.insert(address);
                    let wait = pace::before_attempt(attempt, self.options.retry_pause);
                    queue.pause = queue.pause.max(wait);
                } else {
                    self.give_up(name, queue, address, &reason);
                }
            }
            Outcome::Refused(reason) => self.give_up(name, queue, address, &reason),
            Outcome::Denied(reason) => {
                queue.pending.insert(address);
                queue.closed.get_or_insert((reason, None));
            }
        }
        self.tell();
        Ok(())
    }

    /// Leaves an address without an answer, and its neighbours with it, whose answer would be the same.
    fn give_up(&self, name: &str, queue: &mut Queue, address: IpAddr, reason: &str) {
        let neighbours = block(address, 24, 48);
        let neighbours: Vec<IpAddr> =
            queue.pending.range(neighbours.0..=neighbours.1).copied().collect();
        for neighbour in &neighbours {
            queue.pending.remove(neighbour);
        }
        let message = format!("`{name}` {reason}");
        self.fail(name, Some(address), 1 + neighbours.len(), message, None);
        queue.failures_in_succession += 1;
        if queue.failures_in_succession >= RDAP_FAILURES_MAX {
            let reason = format!("was left alone after {RDAP_FAILURES_MAX} failures in succession");
            queue.closed.get_or_insert((reason, None));
        }
    }

    fn fail(
        &self,
        server: &str,
        address: Option<IpAddr>,
        addresses: usize,
        message: String,
        retry_after_s: Option<u64>,
    ) {
        let server = server.to_owned();
        self.tally().failed.push(Failure { server, address, addresses, message, retry_after_s });
    }

    /// Whether all requests are sent that one run may send.
    fn is_spent(&self) -> bool {
        self.tally().asked >= self.options.asked_max
    }

    fn tell(&self) {
        let tally = self.tally();
        let given_up: usize = tally.failed.iter().map(|failure| failure.addresses).sum();
        let settled = tally.answered + tally.nothing + given_up;
        let progress = Progress { asked: tally.asked, settled, addresses: self.addresses };
        drop(tally);
        (self.progress)(progress);
    }

    fn tally(&self) -> MutexGuard<'_, Resolved> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The next address whose network cannot be one that is being asked for: no network is wider than these blocks.
    fn next(&self) -> Option<IpAddr> {
        let mut from = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        loop {
            let address = *self.pending.range(from..).next()?;
            let (first, last) = block(address, 8, 16);
            if !self.flying.iter().any(|flying| (first..=last).contains(flying)) {
                return Some(address);
            }
            from = after(last)?;
        }
    }

    /// Whether nothing will be asked any more.
    fn is_done(&self) -> bool {
        self.closed.is_some() || (self.pending.is_empty() && self.flying.is_empty())
    }

    /// Counts an attempt that was in vain.
    fn attempt(&mut self, address: IpAddr) -> u32 {
        let attempts = self.attempts.entry(address).or_default();
        *attempts += 1;
        *attempts
    }
}

/// The first and the last address of the block around an address, by the length of its prefix.
fn block(address: IpAddr, ipv4_length: u32, ipv6_length: u32) -> (IpAddr, IpAddr) {
    match address {
        IpAddr::V4(address) => {
            let rest = u32::MAX >> ipv4_length;
            let (first, last) = (address.to_bits() & !rest, address.to_bits() | rest);
            (Ipv4Addr::from_bits(first).into(), Ipv4Addr::from_bits(last).into())
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX >> ipv6_length;
            let (first, last) = (address.to_bits() & !rest, address.to_bits() | rest);
            (Ipv6Addr::from_bits(first).into(), Ipv6Addr::from_bits(last).into())
        }
    }
}

/// The next address in the order of addresses, where IPv6 comes after IPv4.
fn after(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => match address.to_bits().checked_add(1) {
            Some(bits) => Ipv4Addr::from_bits(bits).into(),
            None => Ipv6Addr::UNSPECIFIED.into(),
        },
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits().checked_add(1)?).into(),
    })
}

/// What a server is called in messages.
fn name(server: &Url) -> String {
    match (server.host_str(), server.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => answer::registry(host, None),
        (None, _) => server.to_string(),
    }
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " and of another address".to_owned(),
        _ => format!(" and of {} other addresses", count - 1),
    }
}
