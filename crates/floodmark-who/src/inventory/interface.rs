//! A network interface with what holds it, named for people.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::inventory::held::NatGateways;
use crate::inventory::kind::{GATEWAY, Kind, kind_of};
use crate::inventory::snapshot::{Content, InterfaceRecord, NatGatewayRecord};

/// A network interface as it was at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its id, such as `eni-0a1b2c3d4e5f60718`. A regional NAT gateway shows no interfaces: there it is the gateway's own id.
    pub id: String,
    /// What holds it.
    pub kind: Kind,
    /// What holds it by its name, such as `NAT gateway nat-0a1b2c3d4e5f60718 (egress)` or `instance web-1 (i-…)`.
    pub name: String,
    /// What holds it by AWS's name, such as `nat-0a1b2c3d4e5f60718`, `i-…` or `app/web/50dc6c495c0c9188`.
    pub resource: Option<String>,
    /// The load balancer's ARN, where one holds it: rules of AWS WAF are attached to it.
    pub arn: Option<String>,
    /// The load balancer's host name.
    pub host: Option<String>,
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
    /// The id of the VPC.
    pub vpc: Option<String>,
    /// The VPC's `Name` tag.
    pub vpc_name: Option<String>,
    /// The id of the subnet.
    pub subnet: Option<String>,
    /// The subnet's `Name` tag.
    pub subnet_name: Option<String>,
    /// The availability zone by the account's own name, such as `eu-west-1a`.
    pub zone: Option<String>,
    /// The availability zone by the name that is the same for all accounts, such as `euw1-az3`.
    pub zone_id: Option<String>,
    /// Its addresses in the VPC, the primary one first, then the secondary ones, then IPv6.
    pub addresses: Vec<IpAddr>,
    /// The ranges that were delegated to it, as EKS does for pods.
    pub prefixes: Vec<IpNet>,
    /// Its public addresses: elastic, given for a time, or a carrier's.
    pub public_addresses: Vec<IpAddr>,
    /// Its security groups.
    pub security_groups: Vec<SecurityGroup>,
    /// What its maker wrote beside it.
    pub description: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When the snapshot was taken that says so, in seconds since 1970.
    pub as_of: i64,
}

/// A security group of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id, such as `sg-0a1b2c3d4e5f60718`.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Interface {
    /// Where it is: `subnet private-a (subnet-…), vpc-…, eu-west-1a, account 111122223333`.
    pub fn place(&self) -> String {
        let named = |id: &String, name: &Option<String>| match name {
            Some(name) => format!("{name} ({id})"),
            None => id.clone(),
        };
        let subnet = self.subnet.as_ref();
        let subnet = subnet.map(|id| format!("subnet {}", named(id, &self.subnet_name)));
        let vpc = self.vpc.as_ref().map(|id| format!("VPC {}", named(id, &self.vpc_name)));
        let zone = self.zone.clone().unwrap_or_else(|| self.region.clone());
        let account = format!("account {}", self.account);
        let parts: Vec<_> =
            [subnet, vpc, Some(zone), Some(account)].into_iter().flatten().collect();
        parts.join(", ")
    }

    /// Whether it has an address, itself or in a range that was delegated to it.
    pub fn has(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address)
            || self.public_addresses.contains(&address)
            || self.prefixes.iter().any(|prefix| prefix.contains(&address))
    }

    /// What a snapshot's record means, with the names that stand elsewhere in the snapshot.
    pub(super) fn of(
        record: &InterfaceRecord,
        content: &Content,
        nat_gateways: &NatGateways<'_>,
    ) -> Self {
        let (kind, resource) =
            kind_of(&record.description, &record.interface_type, &record.requester);
        let (kind, resource) = match (kind, resource, &record.instance) {
            (Kind::Other, _, Some(instance)) => (Kind::Instance, Some(instance.clone())),
            (kind, resource, _) => (kind, resource),
        };
        // Not every NAT gateway's interface is described so that it shows.
        let (kind, resource) = match nat_gateways.of_interface(&record.id) {
            Some(gateway) => (Kind::NatGateway, Some(gateway.to_owned())),
            None => (kind, resource),
        };
        let own_name = record.tags.get("Name").cloned();
        let given = match kind {
            Kind::NatGateway => resource
                .as_ref()
                .and_then(|id| content.nat_gateways.get(id))
                .and_then(|gateway| gateway.name.clone())
                .or(own_name),
            Kind::Instance => resource
                .as_ref()
                .and_then(|id| content.instances.get(id))
                .and_then(|instance| instance.name.clone())
                .or(own_name),
            Kind::EcsTask => record.tags.get("aws:ecs:serviceName").cloned().or(own_name),
            _ => own_name,
        };
        let given = given.filter(|name| !name.is_empty());
        let subnet = record.subnet.as_ref().and_then(|id| content.subnets.get(id));
        let vpc = record.vpc.as_ref().and_then(|id| content.vpcs.get(id));
        let balancer = resource.as_ref().and_then(|name| content.load_balancers.get(name));
        Self {
            name: name(kind, resource.as_deref(), given.as_deref(), record),
            id: record.id.clone(),
            kind,
            resource,
            arn: balancer.map(|balancer| balancer.arn.clone()),
            host: balancer.and_then(|balancer| balancer.host.clone()),
            account: content.account.clone(),
            region: content.region.clone(),
            vpc: record.vpc.clone(),
            vpc_name: vpc.and_then(|vpc| vpc.name.clone()),
            subnet: record.subnet.clone(),
            subnet_name: subnet.and_then(|subnet| subnet.name.clone()),
            zone: subnet.and_then(|subnet| subnet.zone.clone()).or_else(|| record.zone.clone()),
            zone_id: subnet.and_then(|subnet| subnet.zone_id.clone()),
            addresses: record.addresses.clone(),
            prefixes: record.prefixes.clone(),
            public_addresses: record.public_addresses.clone(),
            security_groups: record.security_groups.clone(),
            description: record.description.clone(),
            tags: record.tags.clone(),
            as_of: content.taken,
        }
    }

    /// What stands for a NAT gateway whose interfaces do not show.
    pub(super) fn of_gateway(id: &str, gateway: &NatGatewayRecord, content: &Content) -> Self {
        let record = InterfaceRecord {
            id: id.to_owned(),
            interface_type: String::new(),
            description: format!("{GATEWAY}{id}"),
            requester: String::new(),
            instance: None,
            vpc: gateway.vpc.clone(),
            subnet: gateway.subnet.clone(),
            zone: None,
            addresses: Vec::new(),
            prefixes: Vec::new(),
            public_addresses: gateway.public_addresses.clone(),
            security_groups: Vec::new(),
            tags: BTreeMap::new(),
        };
        Self::of(&record, content, &NatGateways::default())
    }
}

/// The name for people.
fn name(
    kind: Kind,
    resource: Option<&str>,
    given: Option<&str>,
    record: &InterfaceRecord,
) -> String {
    let words = kind.words();
    match (kind, resource, given) {
        // People say an instance's name, and its id if they must.
        (Kind::Instance, Some(id), Some(given)) => format!("{words} {given} ({id})"),
        (Kind::LoadBalancer, Some(resource), _) => format!("{words} {}", balancer(resource)),
        (Kind::EcsTask, _, Some(given)) => format!("{words} of {given}"),
        (Kind::Other, _, Some(given)) => format!("{words} {given} ({})", record.id),
        (Kind::Other, _, None) if !record.description.is_empty() => {
            format!("{words} {} ({})", record.id, record.description)
        }
        (_, Some(resource), Some(given)) => format!("{words} {resource} ({given})"),
        (_, Some(resource), None) => format!("{words} {resource}"),
        (_, None, Some(given)) => format!("{words} {given}"),
        (_, None, None) => format!("{words} ({})", record.id),
    }
}

/// `app/web` of `app/web/50dc6c495c0c9188`. A classic load balancer has its name alone.
fn balancer(resource: &str) -> &str {
    match resource.matches('/').count() {
        2 => resource.rsplit_once('/').map_or(resource, |(name, _)| name),
        _ => resource,
    }
}
