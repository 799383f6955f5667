//! What EC2 and Elastic Load Balancing answer, and the records made of it.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::inventory::interface::SecurityGroup;
use crate::inventory::snapshot::{
    InstanceRecord, InterfaceRecord, LoadBalancerRecord, NatGatewayRecord, SubnetRecord, VpcRecord,
};

/// A page of a list of EC2. The name of the list depends on the action.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Page<T> {
    #[serde(
        alias = "networkInterfaceSet",
        alias = "reservationSet",
        alias = "natGatewaySet",
        alias = "subnetSet",
        alias = "vpcSet",
        alias = "regionInfo"
    )]
    items: Option<Items<T>>,
    #[serde(rename = "nextToken")]
    next_token: Option<String>,
}

/// A list of EC2.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Items<T> {
    #[serde(default = "Vec::new")]
    item: Vec<T>,
}

impl<T> Page<T> {
    /// What is on it, and where the next one is.
    pub(super) fn parts(self) -> (Vec<T>, Option<String>) {
        (all(self.items), self.next_token.filter(|token| !token.is_empty()))
    }
}

fn all<T>(items: Option<Items<T>>) -> Vec<T> {
    items.map_or_else(Vec::new, |items| items.item)
}

#[derive(Debug, Deserialize)]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

type Tags = Option<Items<Tag>>;

fn tags(tags: Tags) -> BTreeMap<String, String> {
    all(tags).into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn name(tags: Tags) -> Option<String> {
    let name = all(tags).into_iter().find(|tag| tag.key == "Name");
    name.map(|tag| tag.value).filter(|name| !name.is_empty())
}

/// What can be read as an address or a range. What cannot be is of no use.
fn parsed<T: std::str::FromStr>(texts: impl IntoIterator<Item = Option<String>>) -> Vec<T> {
    texts.into_iter().flatten().filter_map(|text| text.parse().ok()).collect()
}

/// A region.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) region_name: String,
}

/// An interface.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkInterface {
    network_interface_id: String,
    interface_type: Option<String>,
    description: Option<String>,
    requester_id: Option<String>,
    attachment: Option<Attachment>,
    vpc_id: Option<String>,
    subnet_id: Option<String>,
    availability_zone: Option<String>,
    private_ip_address: Option<String>,
    private_ip_addresses_set: Option<Items<PrivateAddress>>,
    ipv6_addresses_set: Option<Items<Ipv6Address>>,
    ipv4_prefix_set: Option<Items<Ipv4Prefix>>,
    ipv6_prefix_set: Option<Items<Ipv6Prefix>>,
    association: Option<Association>,
    group_set: Option<Items<Group>>,
    tag_set: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    instance_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrivateAddress {
    private_ip_address: Option<String>,
    association: Option<Association>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    public_ip: Option<String>,
    carrier_ip: Option<String>,
    customer_owned_ip: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv6Address {
    ipv6_address: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv4Prefix {
    ipv4_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv6Prefix {
    ipv6_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    group_id: String,
    #[serde(default)]
    group_name: String,
}

impl NetworkInterface {
    pub(super) fn record(self) -> InterfaceRecord {
        let held = all(self.private_ip_addresses_set);
        let mut addresses = vec![self.private_ip_address];
        let mut public = self.association.map_or_else(Vec::new, Association::addresses);
        for address in held {
            addresses.push(address.private_ip_address);
            public.extend(address.association.into_iter().flat_map(Association::addresses));
        }
        addresses.extend(all(self.ipv6_addresses_set).into_iter().map(|held| held.ipv6_address));
        let prefixes = all(self.ipv4_prefix_set).into_iter().map(|prefix| prefix.ipv4_prefix);
        let more = all(self.ipv6_prefix_set).into_iter().map(|prefix| prefix.ipv6_prefix);
        let groups = all(self.group_set).into_iter();
        InterfaceRecord {
            id: self.network_interface_id,
            interface_type: self.interface_type.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            requester: self.requester_id.unwrap_or_default(),
            instance: self.attachment.and_then(|attachment| attachment.instance_id),
            vpc: self.vpc_id,
            subnet: self.subnet_id,
            zone: self.availability_zone,
            addresses: once(parsed(addresses)),
            prefixes: once(parsed::<IpNet>(prefixes.chain(more))),
            public_addresses: once(parsed(public)),
            security_groups: groups
                .map(|group| SecurityGroup { id: group.group_id, name: group.group_name })
                .collect(),
            tags: tags(self.tag_set),
        }
    }
}

impl Association {
    fn addresses(self) -> Vec<Option<String>> {
        vec![self.public_ip, self.carrier_ip, self.customer_owned_ip]
    }
}

/// The same without what comes again: the primary address stands in two places.
fn once<T: PartialEq>(values: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(values.len());
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

/// What was started together.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reservation {
    instances_set: Option<Items<Instance>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    instance_id: String,
    tag_set: Tags,
}

impl Reservation {
    pub(super) fn records(self) -> impl Iterator<Item = (String, InstanceRecord)> {
        let instances = all(self.instances_set).into_iter();
        instances.map(|one| (one.instance_id, InstanceRecord { name: name(one.tag_set) }))
    }
}

/// A NAT gateway.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NatGateway {
    nat_gateway_id: String,
    state: Option<String>,
    vpc_id: Option<String>,
    subnet_id: Option<String>,
    nat_gateway_address_set: Option<Items<NatGatewayAddress>>,
    tag_set: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NatGatewayAddress {
    network_interface_id: Option<String>,
    public_ip: Option<String>,
}

impl NatGateway {
    /// Whether it is there: for an hour EC2 also lists those that were deleted, and their addresses may be another's by then.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self.state.as_deref(), Some("deleted" | "failed"))
    }

    pub(super) fn record(self) -> (String, NatGatewayRecord) {
        let addresses = all(self.nat_gateway_address_set);
        let (interfaces, public): (Vec<_>, Vec<_>) = addresses
            .into_iter()
            .map(|address| (address.network_interface_id, address.public_ip))
            .unzip();
        let record = NatGatewayRecord {
            name: name(self.tag_set),
            vpc: self.vpc_id,
            subnet: self.subnet_id,
            interfaces: interfaces.into_iter().flatten().collect(),
            public_addresses: once(parsed(public)),
        };
        (self.nat_gateway_id, record)
    }
}

/// A subnet.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subnet {
    subnet_id: String,
    vpc_id: Option<String>,
    cidr_block: Option<String>,
    availability_zone: Option<String>,
    availability_zone_id: Option<String>,
    ipv6_cidr_block_association_set: Option<Items<Ipv6Block>>,
    tag_set: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv6Block {
    ipv6_cidr_block: Option<String>,
    ipv6_cidr_block_state: Option<BlockState>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    cidr_block: Option<String>,
    cidr_block_state: Option<BlockState>,
}

#[derive(Debug, Deserialize)]
struct BlockState {
    state: Option<String>,
}

/// Whether a range still belongs to it: for a while EC2 also lists the ranges that were given up.
fn is_held(state: Option<&BlockState>) -> bool {
    let state = state.and_then(|state| state.state.as_deref()).unwrap_or_default();
    !matches!(state, "disassociated" | "disassociating" | "failed" | "failing")
}

/// The ranges of a VPC or a subnet.
fn ranges(
    first: Option<String>,
    blocks: Option<Items<Block>>,
    ipv6_blocks: Option<Items<Ipv6Block>>,
) -> Vec<IpNet> {
    let blocks = all(blocks)
        .into_iter()
        .filter(|block| is_held(block.cidr_block_state.as_ref()))
        .map(|block| block.cidr_block);
    let ipv6_blocks = all(ipv6_blocks)
        .into_iter()
        .filter(|block| is_held(block.ipv6_cidr_block_state.as_ref()))
        .map(|block| block.ipv6_cidr_block);
    once(parsed([first].into_iter().chain(blocks).chain(ipv6_blocks)))
}

impl Subnet {
    pub(super) fn record(self) -> (String, SubnetRecord) {
        let record = SubnetRecord {
            name: name(self.tag_set),
            vpc: self.vpc_id,
            zone: self.availability_zone,
            zone_id: self.availability_zone_id,
            ranges: ranges(self.cidr_block, None, self.ipv6_cidr_block_association_set),
        };
        (self.subnet_id, record)
    }
}

/// A VPC.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vpc {
    vpc_id: String,
    cidr_block: Option<String>,
    cidr_block_association_set: Option<Items<Block>>,
    ipv6_cidr_block_association_set: Option<Items<Ipv6Block>>,
    tag_set: Tags,
}

impl Vpc {
    pub(super) fn record(self) -> (String, VpcRecord) {
        let (more, ipv6) = (self.cidr_block_association_set, self.ipv6_cidr_block_association_set);
        let ranges = ranges(self.cidr_block, more, ipv6);
        (self.vpc_id, VpcRecord { name: name(self.tag_set), ranges })
    }
}

/// A page of the list of load balancers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LoadBalancerPage {
    describe_load_balancers_result: LoadBalancerResult,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoadBalancerResult {
    load_balancers: Option<LoadBalancers>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
struct LoadBalancers {
    #[serde(default)]
    member: Vec<LoadBalancer>,
}

/// A load balancer.
#[derive(Debug, Deserialize)]
pub(super) struct LoadBalancer {
    #[serde(rename = "LoadBalancerArn")]
    arn: String,
    #[serde(rename = "DNSName")]
    host: Option<String>,
}

impl LoadBalancerPage {
    /// What is on it, and where the next one is.
    pub(super) fn parts(self) -> (Vec<LoadBalancer>, Option<String>) {
        let result = self.describe_load_balancers_result;
        let balancers = result.load_balancers.map_or_else(Vec::new, |list| list.member);
        (balancers, result.next_marker.filter(|marker| !marker.is_empty()))
    }
}

impl LoadBalancer {
    /// By the name that stands in the descriptions of its interfaces, such as `app/web/50dc6c495c0c9188`.
    pub(super) fn record(self) -> Option<(String, LoadBalancerRecord)> {
        let (_, name) = self.arn.split_once(":loadbalancer/")?;
        let host = self.host.filter(|host| !host.is_empty());
        Some((name.to_owned(), LoadBalancerRecord { arn: self.arn.clone(), host }))
    }
}
