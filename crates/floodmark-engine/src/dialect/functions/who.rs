//! Functions that name addresses, user agents, ports and protocols, from what is known on this machine.
//!
//! No query waits for a network: what is not known yet is NULL, and is counted in the report.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use datafusion::arrow::array::types::{Int64Type, TimestampMicrosecondType};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::config::{ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, Volatility};
use floodmark_who::{Fact, Known, Who, bots, ports, protocols};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result};
use crate::dialect::functions::ip::ADDRESS_BYTES;
use crate::error::Error;
use crate::report::Metrics;

/// What the functions of one query ask, and whom they tell what was not known.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) who: Arc<Who>,
    pub(crate) metrics: Arc<Metrics>,
}

const VARCHAR: Returns = Returns::Always("varchar");
const ADDRESS: &[&[Parameter]] = &[&[Parameter::Text], &[Parameter::IpAddress]];
const ADDRESS_AND_TIME: &[&[Parameter]] = &[
    &[Parameter::Text],
    &[Parameter::IpAddress],
    &[Parameter::Text, Parameter::Moment],
    &[Parameter::IpAddress, Parameter::Moment],
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

static ALL: &[Scalar] = &[
    of_address("network_name", ADDRESS, |args| told(args, Fact::NetworkName)),
    of_address("network_owner", ADDRESS, |args| told(args, Fact::NetworkOwner)),
    of_address("country", ADDRESS, |args| told(args, Fact::Country)),
    Scalar::new("asn", ADDRESS, Returns::Always("bigint"), asn).volatility(Volatility::Stable),
    of_address("as_name", ADDRESS, |args| told(args, Fact::AutonomousSystemName)),
    of_address("aws_service", ADDRESS, |args| told(args, Fact::AwsService)),
    of_address("aws_region", ADDRESS, |args| told(args, Fact::AwsRegion)),
    of_address("interface_of", ADDRESS_AND_TIME, |args| told(args, Fact::Interface)),
    of_address("threat_list", ADDRESS, |args| told(args, Fact::ThreatList)),
    Scalar::new("bot", &[&[Parameter::Text]], VARCHAR, |args| {
        of_text(args, |agent| bots::find(agent).map(|bot| bot.name.as_str()))
    }),
    Scalar::new("bot_class", &[&[Parameter::Text]], VARCHAR, |args| {
        of_text(args, |agent| bots::find(agent).map(|bot| bot.class.words()))
    }),
    Scalar::new("port_name", &[&[Parameter::BigInt], &[Parameter::Text]], VARCHAR, |args| {
        of_number(args, |port| ports::name(u16::try_from(port).ok()?))
    }),
    Scalar::new("protocol_name", &[&[Parameter::BigInt], &[Parameter::Text]], VARCHAR, |args| {
        of_number(args, |protocol| protocols::name(u8::try_from(protocol).ok()?))
    }),
];

/// A function whose result may change while the files of this machine do.
const fn of_address(
    name: &'static str,
    overloads: &'static [&'static [Parameter]],
    run: fn(&ScalarFunctionArgs) -> Result<ColumnarValue>,
) -> Scalar {
    Scalar::new(name, overloads, VARCHAR, run).volatility(Volatility::Stable)
}

/// A fact about each address, as text.
fn told(args: &ScalarFunctionArgs, fact: Fact) -> Result<ColumnarValue> {
    let texts: StringViewArray = facts(args, fact)?.into_iter().collect();
    result(args, texts)
}

fn asn(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let numbers = facts(args, Fact::AutonomousSystem)?;
    let numbers: Int64Array =
        numbers.into_iter().map(|number| number.and_then(|number| number.parse().ok())).collect();
    result(args, numbers)
}

/// A fact about the address in each row. Each different one is looked up once.
fn facts(args: &ScalarFunctionArgs, fact: Fact) -> Result<Vec<Option<Arc<str>>>> {
    let asked = args.config_options.extensions.get::<Asked>().ok_or_else(|| {
        DataFusionError::Internal("nobody is there to ask about addresses".to_owned())
    })?;
    let rows = args.number_rows;
    let subjects = Subjects::of(args)?;
    let moments = moments(args)?;
    // What was not known, and of how many rows.
    let mut unknown: HashMap<IpAddr, u64> = HashMap::new();
    let mut known: HashMap<(Subject<'_>, Option<i64>), Known<Arc<str>>> = HashMap::new();
    let mut facts = Vec::with_capacity(rows);
    for row in 0..rows {
        let Some(subject) = subjects.at(row, fact) else {
            facts.push(None);
            continue;
        };
        let at = moments.as_ref().map(|moments| moments.at(row));
        // Of a record without a time nobody knows who had the address.
        if at == Some(None) {
            facts.push(None);
            continue;
        }
        let at = at.flatten();
        let answer = match known.entry((subject, at)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let answer = match subject {
                    Subject::Address(address) => asked.who.tell(fact, address, at),
                    Subject::Interface(id) => asked.who.interface_by_id(id, at),
                };
                entry.insert(answer.map_err(Error::from)?)
            }
        };
        if let (true, Subject::Address(address)) = (answer.is_unknown(), subject) {
            *unknown.entry(address).or_default() += 1;
        }
        facts.push(answer.clone().value());
    }
    asked.metrics.unknown(fact, unknown);
    Ok(facts)
}

/// What a row asks about.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Subject<'a> {
    Address(IpAddr),
    /// An interface by its own id, as flow logs name it.
    Interface(&'a str),
}

/// The first argument of all rows.
enum Subjects {
    Texts(StringViewArray),
    Addresses(ArrayRef),
}

impl Subjects {
    fn of(args: &ScalarFunctionArgs) -> Result<Self> {
        let array = array(args, 0)?;
        Ok(match array.data_type() {
            DataType::FixedSizeBinary(_) => Self::Addresses(array),
            _ => Self::Texts(cast(&array, &DataType::Utf8View)?.as_string_view().clone()),
        })
    }

    /// None for NULL and for what is no address, such as the `-` of a log.
    fn at(&self, row: usize, fact: Fact) -> Option<Subject<'_>> {
        match self {
            Self::Texts(texts) => {
                let text = texts.is_valid(row).then(|| texts.value(row))?;
                if fact == Fact::Interface && text.starts_with("eni-") {
                    return Some(Subject::Interface(text));
                }
                text.parse().ok().map(|address: IpAddr| Subject::Address(address.to_canonical()))
            }
            Self::Addresses(addresses) => {
                let addresses = addresses.as_fixed_size_binary();
                let bytes = addresses.is_valid(row).then(|| addresses.value(row))?;
                let bytes: [u8; ADDRESS_BYTES] = bytes.try_into().ok()?;
                Some(Subject::Address(IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()))
            }
        }
    }
}

/// When each row was, in seconds since 1970; None if that was not asked for.
fn moments(args: &ScalarFunctionArgs) -> Result<Option<Moments>> {
    if args.args.len() < 2 {
        return Ok(None);
    }
    let moments = array(args, 1)?;
    let zone = match moments.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    Ok(Some(Moments(cast(&moments, &DataType::Timestamp(TimeUnit::Microsecond, zone))?)))
}

struct Moments(ArrayRef);

impl Moments {
    fn at(&self, row: usize) -> Option<i64> {
        const MICROS: i64 = 1_000_000;
        let moments = self.0.as_primitive::<TimestampMicrosecondType>();
        moments.is_valid(row).then(|| moments.value(row).div_euclid(MICROS))
    }
}

/// What a text is named. Each different one is looked up once.
fn of_text(
    args: &ScalarFunctionArgs,
    name: impl Fn(&str) -> Option<&'static str>,
) -> Result<ColumnarValue> {
    let texts = cast(&array(args, 0)?, &DataType::Utf8View)?;
    let texts = texts.as_string_view();
    let mut known: HashMap<&str, Option<&'static str>> = HashMap::new();
    let names =
        texts.iter().map(|text| text.and_then(|t| *known.entry(t).or_insert_with(|| name(t))));
    result(args, names.collect::<StringViewArray>())
}

/// What a number is named.
fn of_number(
    args: &ScalarFunctionArgs,
    name: impl Fn(i64) -> Option<&'static str>,
) -> Result<ColumnarValue> {
    // A text that is no number, such as the `-` of a log, has no name.
    let numbers = cast(&array(args, 0)?, &DataType::Int64)?;
    let names = numbers.as_primitive::<Int64Type>().iter().map(|number| number.and_then(&name));
    result(args, names.collect::<StringViewArray>())
}

/// It lies among the options of a query, where functions find it; nothing of it can be set.
impl ExtensionOptions for Asked {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _value: &str) -> Result<()> {
        Err(DataFusionError::Configuration(format!("there is no setting `{key}`")))
    }

    fn entries(&self) -> Vec<datafusion::common::config::ConfigEntry> {
        Vec::new()
    }
}

impl ConfigExtension for Asked {
    const PREFIX: &'static str = "who";
}

/// Makes the functions of a query ask here.
pub(crate) fn ask(options: &mut ConfigOptions, asked: Asked) {
    options.extensions.insert(asked);
}
