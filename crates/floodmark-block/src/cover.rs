//! Fewest networks that cover what is to be blocked.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ipnet::IpNet;

use crate::limits::{MERGED_IPV4_PREFIX_MIN, MERGED_IPV6_PREFIX_MIN};

/// How far networks may be merged beyond what was asked for.
#[derive(Clone, Copy, Debug)]
pub struct CoverOptions {
    /// How many networks there are to be at most; none to merge as far as the share allows.
    pub networks_max: Option<usize>,
    /// The largest share of bystanders in the weight of all that is covered: 0 to 1.
    pub bystanders_share_max: f64,
}

/// Networks that cover what was asked for, and what of others they cover.
#[derive(Clone, Debug, PartialEq)]
pub struct Cover {
    /// The networks, in order, none within another.
    pub networks: Vec<IpNet>,
    /// The weight of what was asked for.
    pub wanted: f64,
    /// The weight of others that are covered too.
    pub bystanders: f64,
}

impl Cover {
    /// The share of bystanders in the weight of all that is covered; 0 of nothing.
    pub fn bystanders_share(&self) -> f64 {
        let all = self.wanted + self.bystanders;
        if all > 0.0 { self.bystanders / all } else { 0.0 }
    }
}

/// The fewest networks that cover exactly these addresses, in order, IPv4 first.
pub fn exact(networks: &[IpNet]) -> Vec<IpNet> {
    let truncated: Vec<IpNet> = networks.iter().map(IpNet::trunc).collect();
    let mut cover = IpNet::aggregate(&truncated);
    cover.sort_unstable();
    cover
}

/// Fewer networks, with at most a share of others: the cheapest neighbours are merged first.
///
/// `weigh` tells the weight of all that is in a network: addresses ([`addresses`]), or requests that
/// the logs have of it. A network that must not be blocked weighs infinitely much. Networks are never
/// merged beyond a /8 of IPv4 or a /20 of IPv6. The result may have more than `networks_max`
/// networks, if the share allows no further merge. Merges are chosen greedily; cost: n log n.
pub fn within(networks: &[IpNet], options: CoverOptions, weigh: &dyn Fn(IpNet) -> f64) -> Cover {
    let asked = exact(networks);
    let weights: Vec<f64> = asked.iter().map(|network| weigh(*network)).collect();
    let wanted: f64 = weights.iter().sum();
    let mut merging = Merging::new(asked, &weights, weigh);
    let share_max = options.bystanders_share_max.clamp(0.0, 1.0);
    let networks_max = options.networks_max.unwrap_or(1);
    while merging.count > networks_max {
        let Some(step) = merging.cheapest() else { break };
        let bystanders = merging.bystanders + step.more;
        // A share of 1 allows whatever has a weight.
        let allowed = bystanders <= share_max * (wanted + bystanders) && bystanders.is_finite();
        // One that is too dear is left out; a merge beside it brings it back.
        if allowed {
            merging.merge(&step);
        }
    }
    Cover { bystanders: merging.bystanders, networks: merging.networks(), wanted }
}

/// The number of addresses of a network, as a weight where no logs tell a better one.
pub fn addresses(network: IpNet) -> f64 {
    let bits = network.max_prefix_len() - network.prefix_len();
    f64::from(bits).exp2()
}

/// The networks as they are merged: a list in order whose links jump over what was merged.
struct Merging<'a> {
    /// What was asked for, in order; a merged network stands where its first one stood.
    networks: Vec<Option<IpNet>>,
    /// What each network covers of others.
    others: Vec<f64>,
    /// The next network that still stands.
    next: Vec<usize>,
    /// The network before that still stands.
    before: Vec<usize>,
    /// What was asked for, in order, with the weight of all before it.
    asked: Vec<IpNet>,
    sums: Vec<f64>,
    /// Possible merges, the cheapest on top; they may have been overtaken.
    steps: BinaryHeap<Step>,
    count: usize,
    bystanders: f64,
    weigh: &'a dyn Fn(IpNet) -> f64,
}

/// A merge of the network at a place with the one behind it, and all that the result holds.
#[derive(Clone, Copy, Debug)]
struct Step {
    at: usize,
    into: IpNet,
    /// What more of others would be covered.
    more: f64,
    /// The same, for each network that is saved.
    price: f64,
}

impl<'a> Merging<'a> {
    fn new(asked: Vec<IpNet>, weights: &[f64], weigh: &'a dyn Fn(IpNet) -> f64) -> Self {
        let count = asked.len();
        let mut sums = Vec::with_capacity(count + 1);
        sums.push(0.0);
        for weight in weights {
            sums.push(sums.last().copied().unwrap_or(0.0) + weight);
        }
        let mut merging = Self {
            networks: asked.iter().copied().map(Some).collect(),
            others: vec![0.0; count],
            next: (1..=count).collect(),
            before: (0..count).map(|at| at.wrapping_sub(1)).collect(),
            asked,
            sums,
            steps: BinaryHeap::new(),
            count,
            bystanders: 0.0,
            weigh,
        };
        for at in 0..count {
            merging.propose(at);
        }
        merging
    }

    /// Puts the merge of a place with the next one to the possible ones.
    fn propose(&mut self, at: usize) {
        if let Some(step) = self.step(at) {
            self.steps.push(step);
        }
    }

    /// The merge of a place with the next one, as things stand.
    fn step(&self, at: usize) -> Option<Step> {
        let one = self.networks.get(at).copied().flatten()?;
        let other = self.networks.get(self.next[at]).copied().flatten()?;
        let into = common(one, other)?;
        let (first, last) = self.span(at, into);
        let mut saved = 0.0;
        let mut covered = 0.0;
        let mut place = first;
        loop {
            covered += self.others[place];
            if place == last {
                break;
            }
            saved += 1.0;
            place = self.next[place];
        }
        let begin = self.asked.partition_point(|network| network < &into);
        let inside = self.asked[begin..].partition_point(|network| into.contains(network));
        let wanted = self.sums[begin + inside] - self.sums[begin];
        let weight = (self.weigh)(into);
        let more = if weight.is_finite() { (weight - wanted - covered).max(0.0) } else { weight };
        Some(Step { at, into, more, price: more / saved })
    }

    /// The first and the last place of those that a network holds, around a place.
    fn span(&self, at: usize, into: IpNet) -> (usize, usize) {
        let holds = |place: usize| {
            self.networks
                .get(place)
                .copied()
                .flatten()
                .is_some_and(|network| into.contains(&network))
        };
        let (mut first, mut last) = (at, at);
        while holds(self.before[first]) {
            first = self.before[first];
        }
        while holds(self.next[last]) {
            last = self.next[last];
        }
        (first, last)
    }

    /// The cheapest merge as things stand now.
    fn cheapest(&mut self) -> Option<Step> {
        while let Some(step) = self.steps.pop() {
            let Some(now) = self.step(step.at) else { continue };
            let dearer_than_next = self.steps.peek().is_some_and(|next| next.price < now.price);
            if now.into != step.into || (now.price > step.price && dearer_than_next) {
                self.steps.push(now);
                continue;
            }
            return Some(now);
        }
        None
    }

    fn merge(&mut self, step: &Step) {
        let (first, last) = self.span(step.at, step.into);
        let mut covered = 0.0;
        let mut place = first;
        loop {
            covered += self.others[place];
            if place != first {
                self.networks[place] = None;
                self.count -= 1;
            }
            if place == last {
                break;
            }
            place = self.next[place];
        }
        let behind = self.next[last];
        self.networks[first] = Some(step.into);
        self.others[first] = covered + step.more;
        self.next[first] = behind;
        if let Some(before) = self.before.get_mut(behind) {
            *before = first;
        }
        self.bystanders += step.more;
        self.propose(first);
        let before = self.before[first];
        if before < self.networks.len() {
            self.propose(before);
        }
    }

    fn networks(&self) -> Vec<IpNet> {
        self.networks.iter().copied().flatten().collect()
    }
}

/// The smallest network that holds both, unless that is too large to block.
fn common(one: IpNet, other: IpNet) -> Option<IpNet> {
    let prefix_min = match (one, other) {
        (IpNet::V4(_), IpNet::V4(_)) => MERGED_IPV4_PREFIX_MIN,
        (IpNet::V6(_), IpNet::V6(_)) => MERGED_IPV6_PREFIX_MIN,
        _ => return None,
    };
    let mut into = one;
    while !into.contains(&other) {
        into = into.supernet()?;
    }
    (into.prefix_len() >= prefix_min).then_some(into)
}

impl Ord for Step {
    /// The cheapest is the greatest; of equally dear ones the first in order.
    fn cmp(&self, other: &Self) -> Ordering {
        other.price.total_cmp(&self.price).then_with(|| other.at.cmp(&self.at))
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Step {}
