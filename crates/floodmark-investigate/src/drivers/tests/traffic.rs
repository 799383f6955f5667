//! Requests of a made population of clients over several windows, with or without a cause.

use floodmark_formats::synthetic::Random;

use crate::drivers::tests::{Weights, events, normal};
use crate::drivers::{Leaves, Level};

/// The levels of a request, each with its chain and its depth.
pub(super) const LEVELS: &[(&str, u32, u32)] = &[
    ("client /16", 0, 0),
    ("client /24", 0, 1),
    ("client", 0, 2),
    ("domain", 1, 0),
    ("path", 2, 0),
    ("agent's family", 3, 0),
    ("agent", 3, 1),
    ("port", 4, 0),
    ("status", 5, 0),
    ("target", 6, 0),
];

const NETWORKS: usize = 120;
const TARGETS: u64 = 8;

/// What happens in the last window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cause {
    None,
    FourAddresses,
    Botnet,
    NewAddress,
    TripledAddress,
    PathAndAgent,
    Target,
    DomainFalls,
}

impl Cause {
    pub(super) const ALL: [Self; 7] = [
        Self::FourAddresses,
        Self::Botnet,
        Self::NewAddress,
        Self::TripledAddress,
        Self::PathAndAgent,
        Self::Target,
        Self::DomainFalls,
    ];
}

/// How the traffic is made.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) clients: usize,
    /// About how many requests come in a window.
    pub(super) requests: f64,
    /// By how much each client's rate wanders from window to window: the deviation of its logarithm.
    pub(super) drift: f64,
    pub(super) windows_before: u16,
    /// Whether amounts are sizes, with a long tail, rather than requests.
    pub(super) sizes: bool,
    pub(super) cause: Cause,
}

/// Requests, and which of them the cause is to blame for.
pub(super) struct Traffic {
    pub(super) leaves: Leaves,
    pub(super) caused: Vec<bool>,
}

struct Request {
    codes: [u32; 10],
    window: u16,
    caused: bool,
}

/// Who sends a request, as /16, /24 and address, and with what.
#[derive(Clone, Copy)]
struct Client {
    address: [u32; 3],
    agent: u32,
}

/// What a cause settles of a request; the rest is drawn.
#[derive(Clone, Copy, Default)]
struct Settled {
    domain: Option<u32>,
    path: Option<u32>,
    target: Option<u32>,
}

/// How often the values of a request come.
struct Habits {
    domains: Weights,
    paths: Weights,
    statuses: Weights,
}

fn request(
    random: &mut Random,
    habits: &Habits,
    window: u16,
    client: Client,
    settled: Settled,
) -> Request {
    let domain = settled.domain.unwrap_or_else(|| habits.domains.draw(random) as u32);
    let path = settled.path.unwrap_or_else(|| domain * 40 + habits.paths.draw(random) as u32);
    let port = if domain == 5 { 2 } else { u32::from(random.fraction() < 0.05) };
    let status = habits.statuses.draw(random) as u32;
    let target = settled.target.unwrap_or_else(|| random.below(TARGETS) as u32);
    let [network, subnet, address] = client.address;
    let agent = client.agent;
    let codes = [network, subnet, address, domain, path, agent % 10, agent, port, status, target];
    Request { codes, window, caused: false }
}

pub(super) fn traffic(seed: u64, shape: &Shape) -> Traffic {
    let random = &mut Random::new(seed);
    let networks = Weights::of((0..NETWORKS).map(|rank| 1.0 / (rank as f64 + 3.0)));
    let agents = Weights::of((0..60).map(|rank| 1.0 / (f64::from(rank) + 1.0)));
    let habits = Habits {
        domains: Weights::of([50.0, 20.0, 12.0, 8.0, 6.0, 4.0].into_iter()),
        paths: Weights::of((0..40).map(|path| 1.0 / (f64::from(path) + 2.0))),
        statuses: Weights::of([90.0, 4.0, 4.0, 1.0, 1.0].into_iter()),
    };
    let clients: Vec<Client> = (0..shape.clients)
        .map(|address| {
            let network = networks.draw(random) as u32;
            let subnet = network * 64 + random.below(64) as u32;
            let agent = agents.draw(random) as u32;
            Client { address: [network, subnet, address as u32], agent }
        })
        .collect();
    let rates: Vec<f64> = (0..shape.clients).map(|rank| 1.0 / (rank as f64 + 5.0)).collect();
    let whole: f64 = rates.iter().sum();
    let mut requests = Vec::new();
    for window in 0..=shape.windows_before {
        for (rank, client) in clients.iter().enumerate() {
            let mut rate = rates[rank] / whole * shape.requests;
            rate *= (shape.drift * normal(random)).exp();
            let tripled = shape.cause == Cause::TripledAddress && rank == 30;
            if tripled && window == 0 {
                rate *= 3.0;
            }
            for _ in 0..events(random, rate) {
                let mut one = request(random, &habits, window, *client, Settled::default());
                let falls = shape.cause == Cause::DomainFalls && one.codes[3] == 2;
                one.caused = tripled || falls;
                if !falls || window > 0 || random.fraction() < 0.3 {
                    requests.push(one);
                }
            }
        }
    }
    add_cause(random, &habits, shape, &clients, &mut requests);
    Traffic {
        leaves: leaves(random, shape, &requests),
        caused: requests.iter().map(|one| one.caused).collect(),
    }
}

/// Adds the requests of a cause: a twentieth of a window, or less.
fn add_cause(
    random: &mut Random,
    habits: &Habits,
    shape: &Shape,
    clients: &[Client],
    requests: &mut Vec<Request>,
) {
    let whole = (shape.requests / 20.0) as u32;
    let new = shape.clients as u32;
    let subnets = NETWORKS as u32 * 64;
    let count = match shape.cause {
        Cause::FourAddresses | Cause::Botnet | Cause::Target => whole,
        Cause::PathAndAgent => whole / 2,
        Cause::NewAddress => whole / 4,
        Cause::None | Cause::TripledAddress | Cause::DomainFalls => 0,
    };
    for number in 0..count {
        let known = clients[random.below(clients.len() as u64) as usize];
        let (client, settled) = match shape.cause {
            Cause::FourAddresses => {
                let one = number % 4;
                let address = [NETWORKS as u32, subnets + one, new + one];
                (Client { address, agent: 61 }, Settled { domain: Some(0), ..Settled::default() })
            }
            Cause::Botnet => {
                let one = number % 3000;
                let address = [7, 7 * 64 + one % 64, new + one];
                let agent = 3 + one % 5;
                (Client { address, agent }, Settled { domain: Some(1), ..Settled::default() })
            }
            Cause::NewAddress => {
                (Client { address: [9, 9 * 64 + 3, new], agent: 2 }, Settled::default())
            }
            Cause::PathAndAgent => (
                Client { agent: 0, ..known },
                Settled { domain: Some(0), path: Some(3), target: None },
            ),
            _ => (known, Settled { target: Some(2), ..Settled::default() }),
        };
        let mut one = request(random, habits, 0, client, settled);
        one.caused = true;
        requests.push(one);
    }
}

fn leaves(random: &mut Random, shape: &Shape, requests: &[Request]) -> Leaves {
    let levels = LEVELS
        .iter()
        .enumerate()
        .map(|(level, (_, chain, depth))| {
            let codes: Vec<u32> = requests.iter().map(|one| one.codes[level]).collect();
            let cardinality = codes.iter().max().map_or(0, |code| code + 1);
            Level { chain: *chain, depth: *depth, codes, cardinality }
        })
        .collect();
    let amounts: Vec<f64> = requests
        .iter()
        .map(|_| if shape.sizes { 1000.0 * (2.0 * normal(random)).exp() } else { 1.0 })
        .collect();
    let of = |during: bool| -> Vec<f64> {
        let pairs = requests.iter().zip(&amounts);
        pairs.map(|(one, amount)| if (one.window == 0) == during { *amount } else { 0.0 }).collect()
    };
    let (during, before) = (of(true), of(false));
    let squares = |amounts: &[f64]| amounts.iter().map(|amount| amount * amount).collect();
    Leaves {
        levels,
        during_squares: squares(&during),
        before_squares: squares(&before),
        during,
        before,
        windows: if shape.windows_before > 1 {
            requests.iter().map(|one| one.window).collect()
        } else {
            Vec::new()
        },
    }
}
