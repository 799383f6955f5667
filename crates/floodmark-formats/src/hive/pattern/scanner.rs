//! Matches the patterns that logs usually have, much faster than a regular expression does, and with the same groups.
//!
//! A scanner tries the ways to match in the order in which Java does, so that the first one it finds is Java's, and the one
//! that the `regex` crate finds. What makes it fast is what it need not try: where a value ends at a character that it cannot hold,
//! there is one way only, and one search finds it; elsewhere only those ends are tried at which the rest can begin.
//! A line with too many ways is left to the regular expression.

use memchr::{memchr, memchr2, memchr3, memrchr};

use crate::hive::pattern::syntax::{Class, Greed, Node};
use crate::limits::SCAN_CHOICES_MAX;

/// A pattern as steps.
#[derive(Debug)]
pub(crate) struct Scanner {
    steps: Vec<Step>,
    start: usize,
}

/// What a scanner needs while it looks at a line; kept from line to line.
#[derive(Debug)]
pub(crate) struct Scan {
    /// For each slot a place in the line, or `NOWHERE`.
    pub(crate) slots: Vec<u32>,
    choices: Vec<Choice>,
}

impl Scan {
    /// Room for so many groups.
    pub(crate) fn of_groups(groups: usize) -> Self {
        Self { slots: vec![NOWHERE; 2 * groups], choices: Vec::new() }
    }
}

/// The slot of a group that took no part.
pub(crate) const NOWHERE: u32 = u32::MAX;

#[derive(Debug)]
struct Step {
    action: Action,
    /// The bytes that a match from here can begin with.
    first: Bytes,
    /// Whether a match from here can be empty at the line's end.
    can_end: bool,
}

#[derive(Debug)]
enum Action {
    /// The whole line must be read.
    Match,
    /// The line's beginning.
    Start(usize),
    /// The line's end.
    End(usize),
    Literal(Box<[u8]>, usize),
    /// Characters of a class.
    Run(Box<Run>),
    /// Notes the place in a slot.
    Save(usize, usize),
    /// The first, and if that leads to no match the second.
    Either(usize, usize),
}

#[derive(Debug)]
struct Run {
    set: Bytes,
    search: Search,
    min: u32,
    max: Option<u32>,
    lazy: bool,
    /// Whether what follows cannot begin with a character of the class: only the longest run can be followed.
    exact: bool,
    /// The only byte that what follows begins with.
    followed_by: Option<u8>,
    next: usize,
}

/// How the first byte that is not of a class is found.
#[derive(Debug)]
enum Search {
    /// There is none.
    None,
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Table,
}

/// A way that was not tried yet.
#[derive(Debug)]
enum Choice {
    Branch {
        step: usize,
        at: usize,
    },
    /// The run of a step may end before `at`, but not before `low`.
    Shorter {
        step: usize,
        low: usize,
        at: usize,
    },
    /// The run of a step may end after `at`, but not after `high`.
    Longer {
        step: usize,
        at: usize,
        high: usize,
    },
    /// What a slot held.
    Slot {
        slot: usize,
        value: u32,
    },
}

/// A set of bytes. Of the bytes that are not ASCII all are in it or none, so that it holds whole characters.
#[derive(Clone, Debug)]
struct Bytes(Box<[bool; 256]>);

impl Bytes {
    fn none() -> Self {
        Self(Box::new([false; 256]))
    }

    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::none();
        for byte in bytes {
            set.0[usize::from(byte)] = true;
        }
        set
    }

    /// The class as bytes; None if it holds only some of the characters that are not ASCII.
    fn of_class(class: &Class) -> Option<Self> {
        let ranges = class.as_ranges()?;
        let mut set = Self::none();
        for (first, last) in ranges {
            if first.is_ascii() {
                for code in *first as u32..=(*last as u32).min(127) {
                    set.0[code as usize] = true;
                }
            }
            if !last.is_ascii() {
                if *last != char::MAX || *first as u32 > 128 {
                    return None;
                }
                set.0[128..].fill(true);
            }
        }
        Some(set)
    }

    #[inline]
    fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    fn and(&self, other: &Self) -> Self {
        Self::of((0..=255).filter(|byte| self.has(*byte) || other.has(*byte)))
    }

    fn meets(&self, other: &Self) -> bool {
        (0..=255).any(|byte| self.has(byte) && other.has(byte))
    }

    fn search(&self) -> Search {
        let others: Vec<u8> = (0..=255).filter(|byte| !self.has(*byte)).collect();
        match others[..] {
            [] => Search::None,
            [one] => Search::One(one),
            [one, two] => Search::Two(one, two),
            [one, two, three] => Search::Three(one, two, three),
            _ => Search::Table,
        }
    }
}

impl Scanner {
    /// The scanner of a pattern that notes the groups for which `slot` gives a number; None if it cannot scan the pattern.
    ///
    /// A group with the number n begins at slot 2n and ends at slot 2n + 1.
    pub(crate) fn new(node: &Node, slot: &dyn Fn(usize) -> Option<usize>) -> Option<Self> {
        let mut scanner = Self { steps: Vec::new(), start: 0 };
        let end = scanner.add(Action::Match, Bytes::none(), true);
        scanner.start = scanner.compile(node, end, slot)?;
        Some(scanner)
    }

    fn add(&mut self, action: Action, first: Bytes, can_end: bool) -> usize {
        self.steps.push(Step { action, first, can_end });
        self.steps.len() - 1
    }

    /// Adds a step that takes nothing.
    fn add_empty(&mut self, action: Action, next: usize) -> usize {
        let (first, can_end) = (self.steps[next].first.clone(), self.steps[next].can_end);
        self.add(action, first, can_end)
    }

    /// Adds the steps of a part before those of what follows, and gives the first of them.
    fn compile(
        &mut self,
        node: &Node,
        next: usize,
        slot: &dyn Fn(usize) -> Option<usize>,
    ) -> Option<usize> {
        Some(match node {
            Node::Empty => next,
            Node::Class(class) => match class.literal() {
                Some(literal) => self.literal(literal, next),
                None => self.run(class, 1, Some(1), false, next)?,
            },
            Node::Capture(group, node) => match slot(*group) {
                None => self.compile(node, next, slot)?,
                Some(slot_number) => {
                    let end = self.add_empty(Action::Save(2 * slot_number + 1, next), next);
                    let inside = self.compile(node, end, slot)?;
                    self.add_empty(Action::Save(2 * slot_number, inside), inside)
                }
            },
            Node::Concat(nodes) => {
                let mut next = next;
                for node in nodes.iter().rev() {
                    next = self.compile(node, next, slot)?;
                }
                next
            }
            Node::Alternation(nodes) => {
                let mut entries = Vec::new();
                for node in nodes {
                    entries.push(self.compile(node, next, slot)?);
                }
                let last = entries.pop()?;
                entries.into_iter().rev().fold(last, |rest, entry| self.either(entry, rest))
            }
            Node::Repeat { node, min, max, greed } => {
                let lazy = match greed {
                    Greed::Greedy => false,
                    Greed::Lazy => true,
                    Greed::Possessive => return None,
                };
                if let Node::Class(class) = node.as_ref() {
                    return self.run(class, *min, *max, lazy, next);
                }
                if (*min, *max) != (0, Some(1)) {
                    return None;
                }
                let inside = self.compile(node, next, slot)?;
                if lazy { self.either(next, inside) } else { self.either(inside, next) }
            }
            Node::Place("^") => self.add_empty(Action::Start(next), next),
            Node::Place("$") => {
                let can_end = self.steps[next].can_end;
                self.add(Action::End(next), Bytes::none(), can_end)
            }
            Node::Place(_) | Node::Look { .. } | Node::Atomic(_) | Node::BackReference { .. } => {
                return None;
            }
        })
    }

    fn literal(&mut self, literal: char, next: usize) -> usize {
        let mut bytes = literal.to_string().into_bytes();
        let first = Bytes::of([bytes[0]]);
        // Literals one after the other are one step.
        let mut after = next;
        if let Action::Literal(rest, further) = &self.steps[next].action {
            bytes.extend_from_slice(rest);
            after = *further;
        }
        self.add(Action::Literal(bytes.into(), after), first, false)
    }

    fn either(&mut self, first: usize, second: usize) -> usize {
        let bytes = self.steps[first].first.and(&self.steps[second].first);
        let can_end = self.steps[first].can_end || self.steps[second].can_end;
        self.add(Action::Either(first, second), bytes, can_end)
    }

    fn run(
        &mut self,
        class: &Class,
        min: u32,
        max: Option<u32>,
        lazy: bool,
        next: usize,
    ) -> Option<usize> {
        let set = Bytes::of_class(class)?;
        let follow = &self.steps[next];
        let mut followers = (0..=255).filter(|byte| follow.first.has(*byte));
        let followed_by = match (followers.next(), followers.next()) {
            (Some(byte), None) if !follow.can_end => Some(byte),
            _ => None,
        };
        // Of at most so many characters not every run is the longest.
        let exact = max.is_none() && !set.meets(&follow.first);
        let (first, can_end) = match min {
            0 => (set.and(&follow.first), follow.can_end),
            _ => (set.clone(), false),
        };
        let search = set.search();
        let run = Run { set, search, min, max, lazy, exact, followed_by, next };
        Some(self.add(Action::Run(Box::new(run)), first, can_end))
    }

    /// Whether the whole line matches; the slots then hold the groups. None if there are too many ways to tell.
    pub(crate) fn scan(&self, line: &[u8], scan: &mut Scan) -> Option<bool> {
        let Scan { slots, choices } = scan;
        slots.fill(NOWHERE);
        choices.clear();
        let mut tried = 0;
        let (mut step, mut at) = (self.start, 0);
        loop {
            let goes_on = match &self.steps[step].action {
                Action::Match => {
                    if at == line.len() {
                        return Some(true);
                    }
                    false
                }
                Action::Literal(literal, next) => {
                    let found = line[at..].starts_with(literal);
                    if found {
                        at += literal.len();
                        step = *next;
                    }
                    found
                }
                Action::Save(slot, next) => {
                    if !choices.is_empty() {
                        choices.push(Choice::Slot { slot: *slot, value: slots[*slot] });
                    }
                    slots[*slot] = at as u32;
                    step = *next;
                    true
                }
                Action::Run(run) => match self.begin_run(run, line, at, step, choices) {
                    Some(end) => {
                        at = end;
                        step = run.next;
                        true
                    }
                    None => false,
                },
                Action::Either(first, second) => {
                    if self.may_match(*first, line, at) {
                        if self.may_match(*second, line, at) {
                            choices.push(Choice::Branch { step: *second, at });
                        }
                        step = *first;
                    } else {
                        step = *second;
                    }
                    true
                }
                Action::Start(next) => {
                    step = *next;
                    at == 0
                }
                Action::End(next) => {
                    step = *next;
                    at == line.len()
                }
            };
            if !goes_on {
                tried += 1;
                if tried > SCAN_CHOICES_MAX {
                    return None;
                }
                match self.go_back(line, slots, choices) {
                    Some((next, place)) => (step, at) = (next, place),
                    None => return Some(false),
                }
            }
        }
    }

    /// Whether a match from this step can begin here, as far as the next byte tells.
    #[inline]
    fn may_match(&self, step: usize, line: &[u8], at: usize) -> bool {
        let step = &self.steps[step];
        line.get(at).map_or(step.can_end, |byte| step.first.has(*byte))
    }

    /// The first end to try of a run that begins here.
    #[inline]
    fn begin_run(
        &self,
        run: &Run,
        line: &[u8],
        at: usize,
        step: usize,
        choices: &mut Vec<Choice>,
    ) -> Option<usize> {
        let end = run.end(line, at);
        let mut low = at;
        for _ in 0..run.min {
            if low >= end {
                return None;
            }
            low = next_character(line, low);
        }
        if run.exact {
            return Some(end);
        }
        if run.lazy {
            let found = self.longer(run, line, low, end)?;
            if found < end {
                choices.push(Choice::Longer { step, at: found, high: end });
            }
            return Some(found);
        }
        let found = self.shorter(run, line, low, end)?;
        if found > low {
            choices.push(Choice::Shorter { step, low, at: found });
        }
        Some(found)
    }

    /// The last place from `low` to `high` at which what follows a run can begin.
    fn shorter(&self, run: &Run, line: &[u8], low: usize, high: usize) -> Option<usize> {
        if let Some(byte) = run.followed_by {
            let last = line.len().min(high + 1);
            return memrchr(byte, &line[low.min(last)..last]).map(|place| low + place);
        }
        (low..=high)
            .rev()
            .find(|place| is_boundary(line, *place) && self.may_match(run.next, line, *place))
    }

    /// The first place from `low` to `high` at which what follows a run can begin.
    fn longer(&self, run: &Run, line: &[u8], low: usize, high: usize) -> Option<usize> {
        if let Some(byte) = run.followed_by {
            let last = line.len().min(high + 1);
            return memchr(byte, &line[low.min(last)..last]).map(|place| low + place);
        }
        (low..=high)
            .find(|place| is_boundary(line, *place) && self.may_match(run.next, line, *place))
    }

    /// The step and the place of the last way that was not tried.
    fn go_back(
        &self,
        line: &[u8],
        slots: &mut [u32],
        choices: &mut Vec<Choice>,
    ) -> Option<(usize, usize)> {
        loop {
            match choices.pop()? {
                Choice::Slot { slot, value } => slots[slot] = value,
                Choice::Branch { step, at } => return Some((step, at)),
                Choice::Shorter { step, low, at } => {
                    let Action::Run(run) = &self.steps[step].action else { continue };
                    let Some(found) = at
                        .checked_sub(1)
                        .filter(|high| *high >= low)
                        .and_then(|high| self.shorter(run, line, low, high))
                    else {
                        continue;
                    };
                    if found > low {
                        choices.push(Choice::Shorter { step, low, at: found });
                    }
                    return Some((run.next, found));
                }
                Choice::Longer { step, at, high } => {
                    let Action::Run(run) = &self.steps[step].action else { continue };
                    let Some(found) = self.longer(run, line, at + 1, high) else { continue };
                    if found < high {
                        choices.push(Choice::Longer { step, at: found, high });
                    }
                    return Some((run.next, found));
                }
            }
        }
    }
}

impl Run {
    /// Where the longest run that begins here ends.
    #[inline]
    fn end(&self, line: &[u8], at: usize) -> usize {
        let rest = &line[at..];
        let Some(max) = self.max else {
            let length = match self.search {
                Search::None => None,
                Search::One(one) => memchr(one, rest),
                Search::Two(one, two) => memchr2(one, two, rest),
                Search::Three(one, two, three) => memchr3(one, two, three, rest),
                Search::Table => rest.iter().position(|byte| !self.set.has(*byte)),
            };
            return at + length.unwrap_or(rest.len());
        };
        let mut end = at;
        for _ in 0..max {
            match line.get(end) {
                Some(byte) if self.set.has(*byte) => end = next_character(line, end),
                _ => break,
            }
        }
        end
    }
}

/// Whether a character begins here, or the line ends.
#[inline]
fn is_boundary(line: &[u8], at: usize) -> bool {
    line.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}

#[inline]
fn next_character(line: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while !is_boundary(line, next) {
        next += 1;
    }
    next
}
