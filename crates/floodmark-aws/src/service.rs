//! The services of AWS that are asked, as data.

/// A service of AWS.
#[derive(Debug)]
pub struct Service {
    /// Its name in signatures and in the names of its machines, such as `ec2`.
    pub name: &'static str,
    /// Its name in messages, such as `Amazon EC2`.
    pub title: &'static str,
    /// The beginning of its actions in policies, such as `ec2`.
    pub actions: &'static str,
    /// Its name in the variable that says its endpoint, as in `AWS_ENDPOINT_URL_EC2`.
    pub variable: &'static str,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// What rights its use takes, for a hint. None if the action that was refused says it all.
    pub rights: Option<&'static str>,
    /// What to do where it does not answer.
    pub again: &'static str,
}

/// How a service is spoken to.
#[derive(Clone, Copy, Debug)]
pub enum Protocol {
    /// AWS JSON 1.1, with this before an operation's name in the header `X-Amz-Target`.
    Json {
        /// Such as `AWSGlue`.
        target: &'static str,
    },
    /// AWS Query: a form with this version is posted, and XML comes back.
    Query {
        /// Such as `2016-11-15`.
        version: &'static str,
    },
}

/// Amazon EC2, with the networks.
pub static EC2: Service = Service {
    name: "ec2",
    title: "Amazon EC2",
    actions: "ec2",
    variable: "EC2",
    protocol: Protocol::Query { version: "2016-11-15" },
    rights: None,
    again: AGAIN,
};

/// Elastic Load Balancing with application, network and gateway load balancers.
pub static ELB: Service = Service {
    name: "elasticloadbalancing",
    title: "Elastic Load Balancing",
    actions: "elasticloadbalancing",
    variable: "ELASTIC_LOAD_BALANCING_V2",
    protocol: Protocol::Query { version: "2015-12-01" },
    rights: None,
    again: AGAIN,
};

/// AWS STS, which says who one is and lends roles.
pub static STS: Service = Service {
    name: "sts",
    title: "AWS STS",
    actions: "sts",
    variable: "STS",
    protocol: Protocol::Query { version: "2011-06-15" },
    rights: None,
    again: AGAIN,
};

/// AWS WAF. What belongs to CloudFront is kept in the region `us-east-1`.
pub static WAFV2: Service = Service {
    name: "wafv2",
    title: "AWS WAF",
    actions: "wafv2",
    variable: "WAFV2",
    protocol: Protocol::Json { target: "AWSWAF_20190729" },
    rights: None,
    again: AGAIN,
};

/// The Glue Data Catalog.
pub static GLUE: Service = Service {
    name: "glue",
    title: "the Glue Data Catalog",
    actions: "glue",
    variable: "GLUE",
    protocol: Protocol::Json { target: "AWSGlue" },
    rights: Some(
        "reading the catalog takes glue:GetDatabase, glue:GetDatabases, glue:GetTable, glue:GetTables and glue:GetPartitions, and with Lake Formation DESCRIBE and SELECT on the table",
    ),
    again: "try again later, or use `--catalog local`",
};

const AGAIN: &str = "try again later";

/// The beginnings of regions' names whose machines have names in another domain than `amazonaws.com`.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const DOMAINS: [(&str, &str); 4] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
];

impl Service {
    /// Where it is reached in a region, unless an endpoint is set.
    pub fn endpoint(&self, region: &str) -> String {
        let domain = DOMAINS.iter().find(|(start, _)| region.starts_with(start));
        let domain = domain.map_or("amazonaws.com", |(_, domain)| domain);
        format!("https://{}.{region}.{domain}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{EC2, WAFV2};

    #[test]
    fn each_partition_has_its_domain() {
        assert_eq!(EC2.endpoint("eu-west-1"), "https://ec2.eu-west-1.amazonaws.com");
        assert_eq!(EC2.endpoint("us-gov-west-1"), "https://ec2.us-gov-west-1.amazonaws.com");
        assert_eq!(WAFV2.endpoint("cn-north-1"), "https://wafv2.cn-north-1.amazonaws.com.cn");
        assert_eq!(EC2.endpoint("eusc-de-east-1"), "https://ec2.eusc-de-east-1.amazonaws.eu");
    }
}
