//! What may be asked of an address, under the names that the functions of SQL have.

/// One thing that may be known of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// The name of its network in the registry, such as `EXAMPLE-NET`; of a special-purpose address what it is for.
    NetworkName,
    /// Who holds that network.
    NetworkOwner,
    /// Its country, as two letters (ISO 3166).
    Country,
    /// The number of its autonomous system.
    AutonomousSystem,
    /// The name of that system.
    AutonomousSystemName,
    /// The AWS service whose range it is in, such as `S3`.
    AwsService,
    /// The AWS region of that range.
    AwsRegion,
    /// The network interface of ours that has it.
    Interface,
    /// The threat lists that name it.
    ThreatList,
}

impl Fact {
    /// All facts.
    pub const ALL: [Self; 9] = [
        Self::NetworkName,
        Self::NetworkOwner,
        Self::Country,
        Self::AutonomousSystem,
        Self::AutonomousSystemName,
        Self::AwsService,
        Self::AwsRegion,
        Self::Interface,
        Self::ThreatList,
    ];

    /// The name of its function in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::NetworkName => "network_name",
            Self::NetworkOwner => "network_owner",
            Self::Country => "country",
            Self::AutonomousSystem => "asn",
            Self::AutonomousSystemName => "as_name",
            Self::AwsService => "aws_service",
            Self::AwsRegion => "aws_region",
            Self::Interface => "interface_of",
            Self::ThreatList => "threat_list",
        }
    }

    /// How it becomes known, as what to try.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NetworkName | Self::NetworkOwner => "`--resolve` asks the registries",
            Self::Country | Self::AutonomousSystem | Self::AutonomousSystemName => {
                "`floodmark data update` fetches a file of countries and systems, `floodmark data import` takes yours"
            }
            Self::AwsService | Self::AwsRegion => {
                "`floodmark data update aws-ranges` fetches AWS's ranges"
            }
            Self::Interface => "`floodmark inventory refresh` reads your interfaces",
            Self::ThreatList => "`floodmark data import FILE --as threat-list` takes a list",
        }
    }

    /// Whether the registries tell it, one network after the other.
    pub fn is_of_registry(self) -> bool {
        matches!(self, Self::NetworkName | Self::NetworkOwner)
    }
}
