//! Matches the patterns that logs usually have, much faster than a regular expression does, and with the same groups.
//!
//! A scanner tries the ways to match in the order in which Java does, so that the first one it finds is Java's, and the one
//! that the `regex` crate finds. What makes it fast is what it need not try: where a value ends at a character that it cannot hold,
//! there is one way only, and one search finds it; elsewhere only those ends are tried at which the rest can begin.
//! A line with too many ways is left to the regular expression.

use memchr::{memchr, memrchr};

use crate::hive::pattern::bytes::{
    Bytes, Search, Separators, from_end, is_boundary, next_character, starts_with,
};
use crate::hive::pattern::syntax::{Class, Greed, Node};
use crate::limits::SCAN_CHOICES_MAX;

/// A pattern as steps.
#[derive(Debug)]
pub(crate) struct Scanner {
    steps: Vec<Step>,
    start: usize,
    /// The byte that most values end at.
    separator: u8,
}

/// What a scanner needs while it looks at a line; kept from line to line.
#[derive(Debug)]
pub(crate) struct Scan {
    /// For each slot a place in the line, or `NOWHERE`.
    pub(crate) slots: Vec<u32>,
    choices: Vec<Choice>,
    separators: Separators,
}

impl Scan {
    /// Room for so many groups.
    pub(crate) fn of_groups(groups: usize) -> Self {
        Self {
            slots: vec![NOWHERE; 2 * groups],
            choices: Vec::new(),
            separators: Separators::default(),
        }
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
    /// Values that end at a byte which they cannot hold, each with that byte, and what follows the last.
    Field(Box<Field>),
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
    /// A byte that what follows holds at least so often, for a run that only the line's end ends.
    needed: Option<(u8, u32)>,
    next: usize,
}

#[derive(Debug)]
struct Field {
    set: Bytes,
    search: Search,
    /// What the value ends at.
    end: u8,
    /// Whether every other byte belongs to the value, so that a search finds its end.
    any: bool,
    /// Whether the value may be empty.
    may_be_empty: bool,
    /// The slots of a group that holds the value.
    group: Option<(usize, usize)>,
    /// How many such values there are one after the other.
    count: u32,
    /// What must stand behind the last of them.
    then: Box<[u8]>,
    next: usize,
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

impl Scanner {
    /// The scanner of a pattern that notes the groups for which `slot` gives a number; None if it cannot scan the pattern.
    ///
    /// A group with the number n begins at slot 2n and ends at slot 2n + 1.
    pub(crate) fn new(node: &Node, slot: &dyn Fn(usize) -> Option<usize>) -> Option<Self> {
        let mut scanner = Self { steps: Vec::new(), start: 0, separator: 0 };
        let end = scanner.add(Action::Match, Bytes::none(), true);
        scanner.start = scanner.compile(node, end, slot)?;
        scanner.find_needed();
        scanner.find_fields();
        Some(scanner)
    }

    /// Finds out what must follow the runs that go to the line's end, so that not every end has to be tried.
    fn find_needed(&mut self) {
        let mut needs: Vec<[u32; 128]> = Vec::with_capacity(self.steps.len());
        // What follows a step stands before it.
        for at in 0..self.steps.len() {
            let need = match &mut self.steps[at].action {
                Action::Match => [0; 128],
                Action::Literal(literal, next) => {
                    let mut need = needs[*next];
                    for byte in literal.iter().filter(|byte| byte.is_ascii()) {
                        need[usize::from(*byte)] += 1;
                    }
                    need
                }
                Action::Run(run) => {
                    let need = needs[run.next];
                    if matches!(run.search, Search::None) && !run.exact {
                        run.needed = most_needed(&need);
                    }
                    need
                }
                Action::Either(first, second) => {
                    let (first, second) = (needs[*first], needs[*second]);
                    std::array::from_fn(|byte| first[byte].min(second[byte]))
                }
                Action::Field(field) => needs[field.next],
                Action::Save(_, next) | Action::Start(next) | Action::End(next) => needs[*next],
            };
            needs.push(need);
        }
    }

    /// Makes one step of a value, the notes of where it begins and ends, and the byte that it ends at.
    fn find_fields(&mut self) {
        let mut ends = [0_u32; 256];
        for at in 0..self.steps.len() {
            let Some(mut field) = self.field(at) else { continue };
            if field.any {
                ends[usize::from(field.end)] += 1;
            }
            if let Action::Field(next) = &self.steps[field.next].action
                && field.is_passed_over()
                && field.then.is_empty()
                && next.is_passed_over()
                && field.end == next.end
            {
                field.then.clone_from(&next.then);
                field.count += next.count;
                field.next = next.next;
            }
            self.steps[at].action = Action::Field(Box::new(field));
        }
        let most = (0..=255_u8).max_by_key(|byte| ends[usize::from(*byte)]);
        self.separator = most.unwrap_or_default();
    }

    /// The value that begins at a step, with the literal that ends it.
    fn field(&self, at: usize) -> Option<Field> {
        let (begin, run) = match &self.steps[at].action {
            Action::Save(slot, next) => (Some(*slot), *next),
            _ => (None, at),
        };
        let Action::Run(run) = &self.steps[run].action else { return None };
        let (end, next) = match &self.steps[run.next].action {
            Action::Save(slot, next) => (Some(*slot), *next),
            _ => (None, run.next),
        };
        let Action::Literal(literal, next) = &self.steps[next].action else { return None };
        let group = match (begin, end) {
            (None, None) => None,
            (Some(begin), Some(end)) => Some((begin, end)),
            _ => return None,
        };
        if !run.exact || run.min > 1 {
            return None;
        }
        Some(Field {
            set: run.set.clone(),
            search: run.search.clone(),
            end: literal[0],
            any: matches!(run.search, Search::One(other) if other == literal[0]),
            may_be_empty: run.min == 0,
            group,
            count: 1,
            then: literal[1..].into(),
            next: *next,
        })
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
        let run = Run { set, search, min, max, lazy, exact, followed_by, needed: None, next };
        Some(self.add(Action::Run(Box::new(run)), first, can_end))
    }

    /// Whether the whole line matches; the slots then hold the groups. None if there are too many ways to tell.
    pub(crate) fn scan(&self, line: &[u8], scan: &mut Scan) -> Option<bool> {
        let Scan { slots, choices, separators } = scan;
        slots.fill(NOWHERE);
        choices.clear();
        separators.begin(self.separator);
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
                    let found = starts_with(&line[at..], literal);
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
                Action::Run(run) => {
                    match self.begin_run(run, line, at, step, choices, separators) {
                        Some(end) => {
                            at = end;
                            step = run.next;
                            true
                        }
                        None => false,
                    }
                }
                Action::Field(field) => match field.end_from(line, at, separators) {
                    Some(end) => {
                        if let Some((first, last)) = field.group {
                            for (slot, place) in [(first, at), (last, end)] {
                                if !choices.is_empty() {
                                    choices.push(Choice::Slot { slot, value: slots[slot] });
                                }
                                slots[slot] = place as u32;
                            }
                        }
                        at = end + 1;
                        let found = starts_with(&line[at..], &field.then);
                        at += field.then.len();
                        step = field.next;
                        found
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
        separators: &mut Separators,
    ) -> Option<usize> {
        let mut end = run.end(line, at, separators);
        if let Some((byte, count)) = run.needed {
            end = end.min(from_end(line, at, byte, count)?);
        }
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
    fn end(&self, line: &[u8], at: usize, separators: &mut Separators) -> usize {
        let rest = &line[at..];
        let Some(max) = self.max else {
            let length = match self.search {
                Search::One(one) if one == separators.byte => {
                    return separators.find(line, at, 1).unwrap_or(line.len());
                }
                _ => self.set.run(&self.search, rest),
            };
            return at + length;
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

impl Field {
    /// Where a value that begins here ends, or the last of several: the place of the byte that it ends at.
    #[inline]
    fn end_from(&self, line: &[u8], at: usize, separators: &mut Separators) -> Option<usize> {
        let end = if !self.any {
            let end = at + self.set.run(&self.search, &line[at..]);
            (line.get(end) == Some(&self.end)).then_some(end)?
        } else if self.end == separators.byte {
            separators.find(line, at, self.count)?
        } else {
            let mut end = at + memchr(self.end, &line[at..])?;
            for _ in 1..self.count {
                end += 1 + memchr(self.end, &line[end + 1..])?;
            }
            end
        };
        (end > at || self.may_be_empty).then_some(end)
    }

    /// Whether its value is not noted, and any but one byte belongs to it.
    fn is_passed_over(&self) -> bool {
        self.any && self.may_be_empty && self.group.is_none()
    }
}

/// The byte that tells best where what follows may begin: a quote, because values in quotes hold other separators too.
fn most_needed(need: &[u32; 128]) -> Option<(u8, u32)> {
    let most = || (0..128_u8).max_by_key(|byte| need[usize::from(*byte)]);
    let byte = if need[usize::from(b'"')] > 0 { b'"' } else { most()? };
    let count = need[usize::from(byte)];
    (count > 0).then_some((byte, count))
}
