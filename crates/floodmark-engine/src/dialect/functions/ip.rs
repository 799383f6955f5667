//! IP addresses and prefixes: their texts, and the functions on them.
//!
//! An address is 16 bytes, an IPv4 address as `::ffff:a.b.c.d`. A prefix is the 16 bytes of its first address, and the count of its
//! bits, which for IPv4 is 0 to 32.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    ListArray, StringViewArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use crate::dialect::functions::declare::{
    Parameter, Returns, Scalar, array, constant_text, result, text,
};
use crate::dialect::trino_type::failure;

/// How many bytes an address has.
pub(crate) const ADDRESS_BYTES: usize = 16;
/// How many bytes a prefix has: its first address and the count of its bits.
pub(crate) const PREFIX_BYTES: usize = 17;

/// What stands before the four bytes of an IPv4 address.
const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

static FUNCTIONS: &[Scalar] = &[
    Scalar::new(
        "ip_prefix",
        &[&[Parameter::IpAddress, Parameter::BigInt], &[Parameter::Text, Parameter::BigInt]],
        Returns::Always("ipprefix"),
        ip_prefix,
    ),
    Scalar::new(
        "ip_subnet_min",
        &[&[Parameter::IpPrefix], &[Parameter::Text]],
        Returns::Always("ipaddress"),
        |args| subnet_end(args, false),
    ),
    Scalar::new(
        "ip_subnet_max",
        &[&[Parameter::IpPrefix], &[Parameter::Text]],
        Returns::Always("ipaddress"),
        |args| subnet_end(args, true),
    ),
    Scalar::new(
        "ip_subnet_range",
        &[&[Parameter::IpPrefix], &[Parameter::Text]],
        Returns::Always("array(ipaddress)"),
        subnet_range,
    ),
    Scalar::new(
        "is_subnet_of",
        &[
            &[Parameter::IpPrefix, Parameter::IpAddress],
            &[Parameter::IpPrefix, Parameter::IpPrefix],
        ],
        Returns::Always("boolean"),
        is_subnet_of,
    ),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    FUNCTIONS.iter().map(Scalar::udf).collect()
}

/// Reads an address; None if the text is none.
pub(crate) fn parse_ip(text: &str) -> Option<[u8; ADDRESS_BYTES]> {
    Some(match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    })
}

/// Reads a prefix such as `10.0.0.0/8`, whose bits behind its length become zero; None if the text is none.
pub(crate) fn parse_prefix(text: &str) -> Option<[u8; PREFIX_BYTES]> {
    let (address, bits) = text.split_once('/')?;
    let address = parse_ip(address)?;
    if bits.is_empty() || !bits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let bits: u8 = bits.parse().ok().filter(|bits| *bits <= bits_max(&address))?;
    Some(prefix(&address, bits))
}

/// The prefix of an address that has so many bits, at most [`bits_max`] of them.
pub(crate) fn prefix(address: &[u8; ADDRESS_BYTES], bits: u8) -> [u8; PREFIX_BYTES] {
    let first = u128::from_be_bytes(*address) & !host_mask(address, bits);
    let mut bytes = [bits; PREFIX_BYTES];
    bytes[..ADDRESS_BYTES].copy_from_slice(&first.to_be_bytes());
    bytes
}

/// How many bits a prefix of this address has at most.
pub(crate) fn bits_max(address: &[u8; ADDRESS_BYTES]) -> u8 {
    if ipv4(address).is_some() { 32 } else { 128 }
}

/// `contains(network, address)`, where the network is a prefix or its text.
pub(super) fn network_contains(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let addresses = addresses(args, 1)?;
    let networks = Networks::of(args, 0)?;
    let mut found = Vec::with_capacity(args.number_rows);
    for row in 0..args.number_rows {
        let network = networks.at(row)?;
        let address = addresses.is_valid(row).then(|| bytes(addresses.value(row)));
        found.push(network.zip(address).map(|(network, address)| network.contains(address)));
    }
    result(args, BooleanArray::from(found))
}

/// The addresses whose bits under a mask are these.
#[derive(Clone, Copy)]
struct Network {
    first: u128,
    mask: u128,
}

impl Network {
    fn contains(self, address: [u8; ADDRESS_BYTES]) -> bool {
        u128::from_be_bytes(address) & self.mask == self.first
    }

    fn of_prefix(prefix: &[u8; PREFIX_BYTES]) -> Self {
        let (first, bits) = split(prefix);
        Self { first: u128::from_be_bytes(first), mask: !host_mask(&first, bits) }
    }

    /// Reads a network that is written as text. Of an IPv4 address the bits behind the length must be zero.
    fn parse(text: &str) -> Result<Self> {
        let invalid = |message| failure("INVALID_FUNCTION_ARGUMENT", message);
        let (address, bits) = text.split_once('/').ok_or_else(|| invalid("Invalid CIDR"))?;
        let Ok(parsed) = address.parse::<IpAddr>() else {
            return Err(invalid("Invalid network IP address"));
        };
        let bits: i32 = bits.parse().map_err(|_| invalid("Invalid prefix length"))?;
        let bits = u32::try_from(bits).map_err(|_| invalid("Invalid prefix length"))?;
        let (value, before) = match parsed {
            IpAddr::V4(address) => (address.to_ipv6_mapped(), 96),
            IpAddr::V6(address) => (address, 0),
        };
        let host = (128_u32 - before).checked_sub(bits);
        let mask = host.map(|host| u128::MAX.checked_shl(host).unwrap_or(0));
        let mask = mask.ok_or_else(|| invalid("Invalid CIDR"))?;
        let value = u128::from(value);
        if parsed.is_ipv4() && value & !mask != 0 {
            return Err(invalid("Invalid CIDR"));
        }
        Ok(Self { first: value & mask, mask })
    }
}

/// The networks of an argument.
enum Networks {
    /// The same for all rows.
    One(Option<Network>),
    Texts(StringViewArray),
    Prefixes(FixedSizeBinaryArray),
}

impl Networks {
    fn of(args: &ScalarFunctionArgs, at: usize) -> Result<Self> {
        if let Some(text) = constant_text(args, at) {
            return Ok(Self::One(text.map(Network::parse).transpose()?));
        }
        if args.args[at].data_type() == DataType::FixedSizeBinary(PREFIX_BYTES as i32) {
            return Ok(Self::Prefixes(array(args, at)?.as_fixed_size_binary().clone()));
        }
        Ok(Self::Texts(text(args, at)?))
    }

    fn at(&self, row: usize) -> Result<Option<Network>> {
        match self {
            Self::One(network) => Ok(*network),
            Self::Texts(texts) if texts.is_null(row) => Ok(None),
            Self::Texts(texts) => Network::parse(texts.value(row)).map(Some),
            Self::Prefixes(prefixes) if prefixes.is_null(row) => Ok(None),
            Self::Prefixes(prefixes) => Ok(Some(Network::of_prefix(&bytes(prefixes.value(row))))),
        }
    }
}

fn ip_prefix(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bits = cast(&array(args, 1)?, &DataType::Int64)?;
    let bits = bits.as_primitive::<Int64Type>();
    let addresses = addresses(args, 0)?;
    let mut prefixes = FixedSizeBinaryBuilder::with_capacity(args.number_rows, PREFIX_BYTES as i32);
    for row in 0..args.number_rows {
        if addresses.is_null(row) || bits.is_null(row) {
            prefixes.append_null();
            continue;
        }
        let address = bytes(addresses.value(row));
        let most = bits_max(&address);
        let bits = u8::try_from(bits.value(row)).ok().filter(|bits| *bits <= most);
        let Some(bits) = bits else {
            let version = if most == 32 { "IPv4" } else { "IPv6" };
            let message = format!("{version} subnet size must be in range [0, {most}]");
            return Err(failure("INVALID_FUNCTION_ARGUMENT", &message));
        };
        prefixes.append_value(prefix(&address, bits))?;
    }
    result(args, prefixes.finish())
}

fn subnet_end(args: &ScalarFunctionArgs, last: bool) -> Result<ColumnarValue> {
    let prefixes = prefixes(args, 0)?;
    let mut ends = FixedSizeBinaryBuilder::with_capacity(args.number_rows, ADDRESS_BYTES as i32);
    for row in 0..args.number_rows {
        if prefixes.is_null(row) {
            ends.append_null();
        } else {
            let (first, end) = range(&bytes(prefixes.value(row)));
            ends.append_value(if last { end } else { first })?;
        }
    }
    result(args, ends.finish())
}

fn subnet_range(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let prefixes = prefixes(args, 0)?;
    let mut ends =
        FixedSizeBinaryBuilder::with_capacity(2 * args.number_rows, ADDRESS_BYTES as i32);
    let mut lengths = Vec::with_capacity(args.number_rows);
    for row in 0..args.number_rows {
        if prefixes.is_null(row) {
            lengths.push(0);
            continue;
        }
        let (first, last) = range(&bytes(prefixes.value(row)));
        ends.append_value(first)?;
        ends.append_value(last)?;
        lengths.push(2);
    }
    let DataType::List(item) = args.return_field.data_type() else {
        return Err(DataFusionError::Internal("a range of addresses is an array".to_owned()));
    };
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls = prefixes.nulls().cloned();
    let ends: ArrayRef = Arc::new(ends.finish());
    result(args, ListArray::try_new(Arc::clone(item), offsets, ends, nulls)?)
}

fn is_subnet_of(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let networks = prefixes(args, 0)?;
    let inner = array(args, 1)?;
    let is_prefix = *inner.data_type() == DataType::FixedSizeBinary(PREFIX_BYTES as i32);
    let inner = if is_prefix { prefixes(args, 1)? } else { addresses(args, 1)? };
    let nulls = NullBuffer::union(networks.nulls(), inner.nulls());
    let found = (0..args.number_rows).map(|row| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let network = Network::of_prefix(&bytes(networks.value(row)));
        if !is_prefix {
            return Some(network.contains(bytes(inner.value(row))));
        }
        let inner = Network::of_prefix(&bytes(inner.value(row)));
        Some(inner.mask >= network.mask && network.contains(inner.first.to_be_bytes()))
    });
    result(args, found.collect::<BooleanArray>())
}

/// The addresses of an argument, which may be text.
fn addresses(args: &ScalarFunctionArgs, at: usize) -> Result<FixedSizeBinaryArray> {
    fixed(args, at, ADDRESS_BYTES, |text| {
        parse_ip(text).map(Vec::from).ok_or_else(|| {
            let message = format!("Cannot cast value to IPADDRESS: {text}");
            failure("INVALID_CAST_ARGUMENT", &message)
        })
    })
}

/// The prefixes of an argument, which may be text.
fn prefixes(args: &ScalarFunctionArgs, at: usize) -> Result<FixedSizeBinaryArray> {
    fixed(args, at, PREFIX_BYTES, |text| {
        parse_prefix(text).map(Vec::from).ok_or_else(|| {
            let message = format!("Cannot cast value to IPPREFIX: {text}");
            failure("INVALID_CAST_ARGUMENT", &message)
        })
    })
}

fn fixed(
    args: &ScalarFunctionArgs,
    at: usize,
    width: usize,
    parse: impl Fn(&str) -> Result<Vec<u8>>,
) -> Result<FixedSizeBinaryArray> {
    let given = array(args, at)?;
    match given.data_type() {
        DataType::FixedSizeBinary(_) => return Ok(given.as_fixed_size_binary().clone()),
        DataType::Null => {
            return Ok(FixedSizeBinaryArray::new_null(width as i32, given.len()));
        }
        _ => {}
    }
    let texts = text(args, at)?;
    let mut values = FixedSizeBinaryBuilder::with_capacity(texts.len(), width as i32);
    for text in &texts {
        match text {
            None => values.append_null(),
            Some(text) => values.append_value(parse(text)?)?,
        }
    }
    Ok(values.finish())
}

/// The bytes of a value whose type says how many there are.
fn bytes<const N: usize>(value: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(value);
    bytes
}

fn ipv4(address: &[u8; ADDRESS_BYTES]) -> Option<Ipv4Addr> {
    let rest = address.strip_prefix(&MAPPED)?;
    Some(Ipv4Addr::from(bytes::<4>(rest)))
}

/// The address and the count of bits of a prefix.
fn split(prefix: &[u8; PREFIX_BYTES]) -> ([u8; ADDRESS_BYTES], u8) {
    (bytes(&prefix[..ADDRESS_BYTES]), prefix[ADDRESS_BYTES])
}

/// The bits of an address that lie behind its prefix.
fn host_mask(address: &[u8; ADDRESS_BYTES], bits: u8) -> u128 {
    let host = u32::from(bits_max(address).saturating_sub(bits));
    1_u128.checked_shl(host).map_or(u128::MAX, |bit| bit - 1)
}

/// The first and the last address of a prefix.
fn range(prefix: &[u8; PREFIX_BYTES]) -> ([u8; ADDRESS_BYTES], [u8; ADDRESS_BYTES]) {
    let (first, bits) = split(prefix);
    let last = u128::from_be_bytes(first) | host_mask(&first, bits);
    (first, last.to_be_bytes())
}
