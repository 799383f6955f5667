//! Ranges of addresses with values, in little memory, and found by binary search.

mod nested;

use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

pub use nested::{Nested, NestedBuilder};

/// Ranges that do not overlap, each with a value. Half a million ranges of IPv4 take 6 MB.
#[derive(Clone, Debug)]
pub struct Ranges<T> {
    values: Vec<T>,
    four: Sorted<u32>,
    six: Sorted<u128>,
}

/// Takes ranges in any order, also nested and overlapping ones.
#[derive(Clone, Debug)]
pub struct RangesBuilder<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32, foldhash::fast::RandomState>,
    four: Vec<Given>,
    six: Vec<Given>,
}

/// Three arrays of the same length, in the order of the addresses.
#[derive(Clone, Debug)]
struct Sorted<A> {
    starts: Vec<A>,
    ends: Vec<A>,
    values: Vec<u32>,
}

/// A range as it came.
#[derive(Clone, Copy, Debug)]
struct Given {
    first: u128,
    last: u128,
    value: u32,
    /// How many ranges were added before.
    order: usize,
}

/// A range that holds the place where the sweep is: the smallest is the greatest, of equal ones the later.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    smallness: u128,
    order: usize,
    last: u128,
    value: u32,
}

impl<T: Clone + Eq + Hash> RangesBuilder<T> {
    /// No range yet.
    pub fn new() -> Self {
        Self { values: vec![], numbers: HashMap::default(), four: vec![], six: vec![] }
    }

    /// Adds the range from the first to the last address, both of which belong to it. False, and nothing added, if they are of
    /// two families or the wrong way round.
    pub fn add(&mut self, first: IpAddr, last: IpAddr, value: T) -> bool {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        let (list, first, last) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                (&mut self.four, u128::from(first.to_bits()), u128::from(last.to_bits()))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                (&mut self.six, first.to_bits(), last.to_bits())
            }
            _ => return false,
        };
        if first > last {
            return false;
        }
        let number = match self.numbers.get(&value) {
            Some(number) => *number,
            None => {
                let Ok(number) = u32::try_from(self.values.len()) else { return false };
                self.values.push(value.clone());
                self.numbers.insert(value, number);
                number
            }
        };
        let order = list.len();
        list.push(Given { first, last, value: number, order });
        true
    }

    /// The ranges without overlaps: at each address the smallest range counts, and of equal ones the one that was added later.
    pub fn build(self) -> Ranges<T> {
        Ranges {
            values: self.values,
            four: flat(self.four, |number| {
                u32::try_from(number).expect("an address of IPv4 has 32 bits")
            }),
            six: flat(self.six, |number| number),
        }
    }
}

impl<T: Clone + Eq + Hash> Default for RangesBuilder<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Ranges<T> {
    /// The value at an address. An address of IPv4 within IPv6 (`::ffff:192.0.2.1`) is one of IPv4.
    pub fn find(&self, address: IpAddr) -> Option<&T> {
        let value = match address.to_canonical() {
            IpAddr::V4(address) => self.four.find(address.to_bits())?,
            IpAddr::V6(address) => self.six.find(address.to_bits())?,
        };
        self.values.get(value as usize)
    }

    /// The different values, in no order that means anything.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Whether there is any range of the address's family: without one, nothing can be said about the address.
    pub fn has_family_of(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(_) => !self.four.starts.is_empty(),
            IpAddr::V6(_) => !self.six.starts.is_empty(),
        }
    }

    /// How many ranges there are, after overlaps were resolved and neighbours of one value put together.
    pub fn len(&self) -> usize {
        self.four.starts.len() + self.six.starts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<A: Copy + Ord> Sorted<A> {
    fn find(&self, address: A) -> Option<u32> {
        let next = self.starts.partition_point(|start| *start <= address);
        let index = next.checked_sub(1)?;
        (address <= self.ends[index]).then(|| self.values[index])
    }
}

/// Sweeps over the addresses, with a heap of the ranges that hold the place.
fn flat<A>(mut given: Vec<Given>, narrow: impl Fn(u128) -> A) -> Sorted<A> {
    given.sort_unstable_by_key(|range| range.first);
    let mut sorted = Sorted {
        starts: Vec::with_capacity(given.len()),
        ends: Vec::with_capacity(given.len()),
        values: Vec::with_capacity(given.len()),
    };
    let mut open: BinaryHeap<Open> = BinaryHeap::new();
    let mut next = 0;
    let mut place = 0;
    let mut written: Option<Given> = None;
    let mut write = |range: Given| {
        sorted.starts.push(narrow(range.first));
        sorted.ends.push(narrow(range.last));
        sorted.values.push(range.value);
    };
    loop {
        while open.peek().is_some_and(|range| range.last < place) {
            open.pop();
        }
        if open.is_empty() {
            let Some(range) = given.get(next) else { break };
            place = range.first;
        }
        while let Some(range) = given.get(next).filter(|range| range.first <= place) {
            let smallness = u128::MAX - (range.last - range.first);
            let Given { last, value, order, .. } = *range;
            open.push(Open { smallness, order, last, value });
            next += 1;
        }
        let top = open.peek().expect("a range was opened, or one was open");
        let until = match given.get(next) {
            Some(range) => top.last.min(range.first - 1),
            None => top.last,
        };
        match &mut written {
            Some(range) if range.value == top.value && range.last + 1 == place => {
                range.last = until;
            }
            _ => {
                if let Some(range) = written.replace(Given {
                    first: place,
                    last: until,
                    value: top.value,
                    order: top.order,
                }) {
                    write(range);
                }
            }
        }
        let Some(after) = until.checked_add(1) else { break };
        place = after;
    }
    if let Some(range) = written {
        write(range);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn ranges(given: &[(&str, &str, &'static str)]) -> Ranges<&'static str> {
        let mut builder = RangesBuilder::new();
        for (first, last, value) in given {
            assert!(builder.add(address(first), address(last), *value));
        }
        builder.build()
    }

    #[test]
    fn the_smallest_range_counts_and_of_equal_ones_the_later() {
        let ranges = ranges(&[
            ("10.0.0.0", "10.255.255.255", "all"),
            ("10.1.0.0", "10.1.255.255", "part"),
            ("10.1.2.3", "10.1.2.3", "one"),
            ("10.1.2.3", "10.1.2.3", "later"),
            ("10.1.200.0", "10.2.200.0", "across"),
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "six"),
            ("255.255.255.255", "255.255.255.255", "last"),
        ]);
        let found = |text| ranges.find(address(text)).copied();
        assert_eq!(found("9.255.255.255"), None);
        assert_eq!(found("10.0.0.0"), Some("all"));
        assert_eq!(found("10.1.0.0"), Some("part"));
        assert_eq!(found("10.1.2.2"), Some("part"));
        assert_eq!(found("10.1.2.3"), Some("later"));
        assert_eq!(found("10.1.2.4"), Some("part"));
        assert_eq!(found("10.1.200.0"), Some("part"));
        assert_eq!(found("10.2.0.0"), Some("across"));
        assert_eq!(found("10.2.200.1"), Some("all"));
        assert_eq!(found("11.0.0.0"), None);
        assert_eq!(found("255.255.255.255"), Some("last"));
        assert_eq!(found("2001:db8::1"), Some("six"));
        assert_eq!(found("::ffff:10.1.2.3"), Some("later"));
    }

    /// Against asking every range, with ranges that overlap in every way.
    #[test]
    fn it_answers_as_if_every_range_was_asked() {
        let mut state: u64 = 7;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let mut builder = RangesBuilder::new();
        let mut given = vec![];
        for value in 0..300_u32 {
            let first = u32::try_from(random(4000)).unwrap();
            let last = first + u32::try_from(random(200)).unwrap();
            given.push((first, last, value % 50));
            let (first, last) = (IpAddr::V4(first.into()), IpAddr::V4(last.into()));
            assert!(builder.add(first, last, value % 50));
        }
        let ranges = builder.build();
        for number in 0..4300_u32 {
            let expected = given
                .iter()
                .filter(|(first, last, _)| (*first..=*last).contains(&number))
                .rev()
                .min_by_key(|(first, last, _)| last - first)
                .map(|(_, _, value)| *value);
            assert_eq!(ranges.find(IpAddr::V4(number.into())).copied(), expected, "{number}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        let mut builder = RangesBuilder::new();
        assert!(!builder.add(address("10.0.0.2"), address("10.0.0.1"), 1));
        assert!(!builder.add(address("10.0.0.2"), address("2001:db8::1"), 1));
        let ranges = builder.build();
        assert!(ranges.is_empty());
        assert!(!ranges.has_family_of(address("10.0.0.1")));
    }
}
