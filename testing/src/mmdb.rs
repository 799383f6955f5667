//! Databases of MaxMind's form, written for tests: <https://maxmind.github.io/MaxMind-DB/>

use serde_json::Value;

/// What stands behind a bit of an address.
#[derive(Clone, Copy)]
enum Child {
    Empty,
    Node(usize),
    /// The value at this place of the data.
    Data(usize),
}

/// A database of networks with values. Whole numbers are written as unsigned ones of 32 bits; of networks within each other the
/// smaller counts.
///
/// # Panics
///
/// On what is no network, and on values that the form does not know.
pub fn write(database_type: &str, built: u64, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut data = vec![];
    let mut placed: Vec<(u128, u32, usize)> = networks
        .iter()
        .map(|(network, value)| {
            let (bits, length) = bits(network);
            let place = data.len();
            put(&mut data, value);
            (bits, length, place)
        })
        .collect();
    placed.sort_by_key(|(_, length, _)| *length);
    let mut nodes = vec![[Child::Empty; 2]];
    for (bits, length, place) in placed {
        insert(&mut nodes, bits, length, place);
    }
    let count = nodes.len();
    let mut file = vec![];
    for child in nodes.iter().flatten() {
        let number = match child {
            Child::Empty => count,
            Child::Node(node) => *node,
            // The data begin behind a separator of 16 bytes.
            Child::Data(place) => count + 16 + place,
        };
        file.extend(u32::try_from(number).expect("tests have few networks").to_be_bytes());
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    control(&mut file, MAP, 9);
    for (name, number) in [
        ("binary_format_major_version", 2),
        ("binary_format_minor_version", 0),
        ("ip_version", 6),
        ("record_size", 32),
    ] {
        text(&mut file, name);
        unsigned(&mut file, UINT16, number);
    }
    text(&mut file, "node_count");
    unsigned(&mut file, UINT32, count as u64);
    text(&mut file, "build_epoch");
    unsigned(&mut file, UINT64, built);
    text(&mut file, "database_type");
    text(&mut file, database_type);
    text(&mut file, "description");
    control(&mut file, MAP, 1);
    text(&mut file, "en");
    text(&mut file, "made by a test");
    text(&mut file, "languages");
    control(&mut file, ARRAY, 0);
    file
}

const TEXT: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;
const BOOLEAN: u8 = 14;

/// The bits of a network in the tree of IPv6, in which IPv4 lies below `::/96`.
fn bits(network: &str) -> (u128, u32) {
    let (address, length) = network.split_once('/').expect("a network has a length");
    let length: u32 = length.parse().expect("a length is a number");
    match address.parse().expect("it is an address") {
        std::net::IpAddr::V4(address) => (u128::from(address.to_bits()), length + 96),
        std::net::IpAddr::V6(address) => (address.to_bits(), length),
    }
}

fn insert(nodes: &mut Vec<[Child; 2]>, bits: u128, length: u32, place: usize) {
    let mut node = 0;
    for depth in 0..length {
        let side = usize::from((bits >> (127 - depth)) & 1 == 1);
        if depth + 1 == length {
            nodes[node][side] = Child::Data(place);
            return;
        }
        node = match nodes[node][side] {
            Child::Node(next) => next,
            // What stood there goes on for the rest of the larger network.
            before => {
                nodes.push([before; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = Child::Node(next);
                next
            }
        };
    }
}

fn put(file: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(value) => text(file, value),
        Value::Number(number) => {
            unsigned(file, UINT32, number.as_u64().expect("a number is whole and not negative"));
        }
        Value::Bool(value) => control(file, BOOLEAN, usize::from(*value)),
        Value::Array(values) => {
            control(file, ARRAY, values.len());
            for value in values {
                put(file, value);
            }
        }
        Value::Object(values) => {
            control(file, MAP, values.len());
            for (name, value) in values {
                text(file, name);
                put(file, value);
            }
        }
        Value::Null => panic!("the form has no null"),
    }
}

fn text(file: &mut Vec<u8>, text: &str) {
    control(file, TEXT, text.len());
    file.extend(text.as_bytes());
}

fn unsigned(file: &mut Vec<u8>, kind: u8, number: u64) {
    let bytes = number.to_be_bytes();
    let bytes = &bytes[number.leading_zeros() as usize / 8..];
    control(file, kind, bytes.len());
    file.extend(bytes);
}

/// The byte or the bytes that say what follows and how much of it.
fn control(file: &mut Vec<u8>, kind: u8, size: usize) {
    let (short, more) = match size {
        0..29 => (u8::try_from(size).expect("it is small"), None),
        _ => (29, Some(u8::try_from(size - 29).expect("tests have short values"))),
    };
    if kind <= MAP {
        file.push(kind << 5 | short);
    } else {
        file.extend([short, kind - 7]);
    }
    file.extend(more);
}
