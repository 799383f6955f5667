//! What holds a network interface, told by what AWS writes beside it: one list.

use std::fmt;

/// What holds an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An API of API Gateway that reaches into a VPC.
    ApiGateway,
    /// A proxy of CodeConnections.
    CodeConnection,
    /// A node of DAX, the cache before DynamoDB.
    Dax,
    /// A directory of Directory Service.
    Directory,
    /// A replication instance of DMS.
    Dms,
    /// A task of ECS, on Fargate or with a network of its own.
    EcsTask,
    /// The control plane of an EKS cluster.
    EksCluster,
    /// A mount target of a file system of EFS.
    Efs,
    /// A node of ElastiCache.
    ElastiCache,
    /// An endpoint of Global Accelerator.
    GlobalAccelerator,
    /// A job or connection of Glue.
    Glue,
    /// An instance of EC2.
    Instance,
    /// A rule of IoT that reaches into a VPC.
    IotRule,
    /// A function of Lambda.
    Lambda,
    /// A load balancer of any type.
    LoadBalancer,
    /// A NAT gateway.
    NatGateway,
    /// A domain of OpenSearch.
    OpenSearch,
    /// A data source of QuickSight.
    QuickSight,
    /// A database of RDS or Aurora.
    Rds,
    /// A cluster of Redshift.
    Redshift,
    /// An endpoint of Route 53 Resolver.
    ResolverEndpoint,
    /// An attachment of a transit gateway.
    TransitGateway,
    /// An endpoint of a VPC.
    VpcEndpoint,
    /// A desktop of WorkSpaces.
    WorkSpace,
    /// Something else, or nothing.
    Other,
}

/// A kind in words, and in the words of a program.
const NAMES: [(Kind, &str, &str); 25] = [
    (Kind::ApiGateway, "api_gateway", "API Gateway"),
    (Kind::CodeConnection, "code_connection", "CodeConnections proxy"),
    (Kind::Dax, "dax", "DAX cluster"),
    (Kind::Directory, "directory", "directory"),
    (Kind::Dms, "dms", "DMS replication instance"),
    (Kind::EcsTask, "ecs_task", "ECS task"),
    (Kind::EksCluster, "eks_cluster", "EKS cluster"),
    (Kind::Efs, "efs", "EFS file system"),
    (Kind::ElastiCache, "elasticache", "ElastiCache node"),
    (Kind::GlobalAccelerator, "global_accelerator", "Global Accelerator"),
    (Kind::Glue, "glue", "Glue job"),
    (Kind::Instance, "instance", "instance"),
    (Kind::IotRule, "iot_rule", "IoT rule"),
    (Kind::Lambda, "lambda", "Lambda function"),
    (Kind::LoadBalancer, "load_balancer", "load balancer"),
    (Kind::NatGateway, "nat_gateway", "NAT gateway"),
    (Kind::OpenSearch, "opensearch", "OpenSearch domain"),
    (Kind::QuickSight, "quicksight", "QuickSight"),
    (Kind::Rds, "rds", "RDS database"),
    (Kind::Redshift, "redshift", "Redshift cluster"),
    (Kind::ResolverEndpoint, "resolver_endpoint", "Resolver endpoint"),
    (Kind::TransitGateway, "transit_gateway", "transit gateway attachment"),
    (Kind::VpcEndpoint, "vpc_endpoint", "VPC endpoint"),
    (Kind::WorkSpace, "workspace", "WorkSpaces desktop"),
    (Kind::Other, "interface", "interface"),
];

impl Kind {
    /// Its name for programs, such as `nat_gateway`.
    pub fn name(self) -> &'static str {
        self.names().1
    }

    /// Its name for people, such as `NAT gateway`.
    pub fn words(self) -> &'static str {
        self.names().2
    }

    fn names(self) -> (Self, &'static str, &'static str) {
        let found = NAMES.iter().find(|(kind, _, _)| *kind == self);
        *found.expect("the list holds every kind, as a test checks")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A sign of what holds an interface.
struct Sign {
    kind: Kind,
    mark: Mark,
}

/// Where the sign stands.
enum Mark {
    /// The description begins with this, and what follows names the resource.
    Description(&'static str, Resource),
    /// The type of the interface is this.
    Type(&'static str),
    /// It was made by this service.
    Requester(&'static str),
}

/// What of the rest of a description names the resource.
#[derive(Clone, Copy)]
enum Resource {
    /// Nothing does.
    None,
    /// The whole of it.
    Rest,
    /// Its first word.
    Word,
    /// All but the UUID at its end, which differs from interface to interface.
    BeforeUuid,
}

const fn description(kind: Kind, start: &'static str, resource: Resource) -> Sign {
    Sign { kind, mark: Mark::Description(start, resource) }
}

const fn of_type(kind: Kind, name: &'static str) -> Sign {
    Sign { kind, mark: Mark::Type(name) }
}

const fn requester(kind: Kind, name: &'static str) -> Sign {
    Sign { kind, mark: Mark::Requester(name) }
}

/// What EC2 writes before a NAT gateway's id.
pub(super) const GATEWAY: &str = "Interface for NAT Gateway ";

/// The signs. The first that fits holds: descriptions before types, for they name the resource.
///
/// Types: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>. Descriptions are what the services
/// write, and are documented in places, such as
/// <https://repost.aws/knowledge-center/vpc-find-owner-unknown-ip-addresses>.
static SIGNS: &[Sign] = &[
    description(Kind::NatGateway, GATEWAY, Resource::Word),
    description(Kind::LoadBalancer, "ELB ", Resource::Rest),
    description(Kind::Lambda, "AWS Lambda VPC ENI-", Resource::BeforeUuid),
    description(Kind::Lambda, "AWS Lambda VPC ENI: ", Resource::BeforeUuid),
    description(Kind::VpcEndpoint, "VPC Endpoint Interface ", Resource::Word),
    description(Kind::Rds, "RDSNetworkInterface", Resource::None),
    description(Kind::Efs, "EFS mount target for ", Resource::Word),
    description(Kind::ElastiCache, "ElastiCache ", Resource::Word),
    description(Kind::ElastiCache, "ElastiCache+", Resource::Word),
    description(Kind::Redshift, "RedshiftNetworkInterface", Resource::None),
    description(
        Kind::TransitGateway,
        "Network Interface for Transit Gateway Attachment ",
        Resource::Word,
    ),
    description(Kind::EksCluster, "Amazon EKS ", Resource::Rest),
    description(Kind::OpenSearch, "ES ", Resource::Rest),
    description(Kind::ResolverEndpoint, "Route 53 Resolver: ", Resource::Rest),
    description(Kind::Directory, "AWS created network interface for directory ", Resource::Word),
    description(Kind::Dms, "DMSNetworkInterface", Resource::None),
    description(Kind::Dax, "DAX ", Resource::Word),
    description(Kind::Glue, "Attached to Glue using role: ", Resource::Rest),
    description(Kind::WorkSpace, "Created By Amazon Workspaces", Resource::None),
    of_type(Kind::NatGateway, "nat_gateway"),
    of_type(Kind::NatGateway, "regional_nat_gateway"),
    of_type(Kind::LoadBalancer, "load_balancer"),
    of_type(Kind::LoadBalancer, "network_load_balancer"),
    of_type(Kind::LoadBalancer, "gateway_load_balancer"),
    of_type(Kind::VpcEndpoint, "vpc_endpoint"),
    of_type(Kind::VpcEndpoint, "gateway_load_balancer_endpoint"),
    of_type(Kind::Lambda, "lambda"),
    of_type(Kind::TransitGateway, "transit_gateway"),
    of_type(Kind::QuickSight, "quicksight"),
    of_type(Kind::GlobalAccelerator, "global_accelerator_managed"),
    of_type(Kind::ApiGateway, "api_gateway_managed"),
    of_type(Kind::IotRule, "iot_rules_managed"),
    of_type(Kind::CodeConnection, "aws_codestar_connections_managed"),
    requester(Kind::LoadBalancer, "amazon-elb"),
    requester(Kind::Rds, "amazon-rds"),
    requester(Kind::ElastiCache, "amazon-elasticache"),
    requester(Kind::Redshift, "amazon-redshift"),
];

/// What holds an interface, and the resource's name where the description says it.
pub(super) fn kind_of(
    description: &str,
    interface_type: &str,
    requester: &str,
) -> (Kind, Option<String>) {
    if let Some(attachment) = ecs_attachment(description) {
        return (Kind::EcsTask, Some(attachment.to_owned()));
    }
    for Sign { kind, mark } in SIGNS {
        match mark {
            Mark::Description(start, resource) => {
                if let Some(rest) = description.strip_prefix(start) {
                    return (*kind, resource.of(rest.trim()));
                }
            }
            Mark::Type(name) if *name == interface_type => return (*kind, None),
            Mark::Requester(name) if *name == requester => return (*kind, None),
            Mark::Type(_) | Mark::Requester(_) => {}
        }
    }
    (Kind::Other, None)
}

impl Resource {
    fn of(self, rest: &str) -> Option<String> {
        const UUID: usize = "-00000000-0000-0000-0000-000000000000".len();
        let name = match self {
            Self::None => "",
            Self::Rest => rest,
            Self::Word => rest.split_whitespace().next().unwrap_or_default(),
            Self::BeforeUuid => match rest.len().checked_sub(UUID) {
                Some(at) if rest.get(at..).is_some_and(is_uuid) => &rest[..at],
                _ => rest,
            },
        };
        Some(name.to_owned()).filter(|name| !name.is_empty())
    }
}

/// Whether a text is a UUID with a dash before it.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let has_digits = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    has_digits && groups == [0, 8, 4, 4, 4, 12]
}

/// The attachment in `arn:aws:ecs:eu-west-1:111122223333:attachment/…`, which describes a task's interface.
fn ecs_attachment(description: &str) -> Option<&str> {
    let mut parts = description.splitn(6, ':');
    let is_arn = parts.next() == Some("arn");
    let is_ecs = parts.nth(1) == Some("ecs");
    let attachment = parts.nth(2)?.strip_prefix("attachment/")?;
    (is_arn && is_ecs).then_some(attachment)
}

#[cfg(test)]
mod tests {
    use super::{Kind, NAMES, SIGNS, kind_of};

    #[test]
    fn every_kind_has_its_names() {
        for sign in SIGNS {
            assert!(!sign.kind.words().is_empty());
        }
        for (at, (kind, name, _)) in NAMES.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{name} stands elsewhere in the enum");
        }
        assert_eq!(Kind::Other as usize + 1, NAMES.len());
    }

    #[test]
    fn descriptions_say_what_holds_an_interface() {
        let cases = [
            (
                "Interface for NAT Gateway nat-0a1b2c3d4e5f60718",
                "nat_gateway",
                "",
                Kind::NatGateway,
                Some("nat-0a1b2c3d4e5f60718"),
            ),
            (
                "ELB app/web/50dc6c495c0c9188",
                "interface",
                "amazon-elb",
                Kind::LoadBalancer,
                Some("app/web/50dc6c495c0c9188"),
            ),
            ("ELB old-style", "interface", "amazon-elb", Kind::LoadBalancer, Some("old-style")),
            (
                "AWS Lambda VPC ENI-resize-images-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
                "lambda",
                "",
                Kind::Lambda,
                Some("resize-images"),
            ),
            ("AWS Lambda VPC ENI-short", "lambda", "", Kind::Lambda, Some("short")),
            (
                "AWS Lambda VPC ENI-größer-als-dreißig-Zeichen-mit-Umlauten-ä",
                "lambda",
                "",
                Kind::Lambda,
                Some("größer-als-dreißig-Zeichen-mit-Umlauten-ä"),
            ),
            ("RDSNetworkInterface", "interface", "amazon-rds", Kind::Rds, None),
            (
                "VPC Endpoint Interface vpce-0a1b2c3d4e5f60718",
                "vpc_endpoint",
                "",
                Kind::VpcEndpoint,
                Some("vpce-0a1b2c3d4e5f60718"),
            ),
            (
                "EFS mount target for fs-0a1b2c3d (fsmt-0a1b2c3d)",
                "interface",
                "",
                Kind::Efs,
                Some("fs-0a1b2c3d"),
            ),
            (
                "ElastiCache sessions-0001-001",
                "interface",
                "",
                Kind::ElastiCache,
                Some("sessions-0001-001"),
            ),
            (
                "arn:aws:ecs:eu-west-1:111122223333:attachment/0a1b2c3d",
                "interface",
                "",
                Kind::EcsTask,
                Some("0a1b2c3d"),
            ),
            ("Amazon EKS shop", "interface", "", Kind::EksCluster, Some("shop")),
            ("", "transit_gateway", "", Kind::TransitGateway, None),
            ("", "interface", "amazon-elb", Kind::LoadBalancer, None),
            ("my own", "interface", "", Kind::Other, None),
            ("arn:aws:ecs", "interface", "", Kind::Other, None),
        ];
        for (description, interface_type, requester, kind, resource) in cases {
            let found = kind_of(description, interface_type, requester);
            assert_eq!(found, (kind, resource.map(str::to_owned)), "{description}");
        }
    }
}
