//! What AWS allows: numbers from AWS's pages, as they stood on [`CHECKED`].

use std::ops::RangeInclusive;

use crate::{Error, ErrorKind, Result};

/// The day on which these facts were compared with AWS's pages.
pub const CHECKED: &str = "2026-11-22";

/// A quota of AWS.
#[derive(Debug)]
pub struct Quota {
    /// What is counted, as a message says it.
    pub counted: &'static str,
    /// How many there may be.
    pub value: usize,
    /// How many AWS grants at most on request; none if it grants no more.
    pub raised_max: Option<usize>,
    /// AWS's page.
    pub page: &'static str,
}

const VPC_PAGE: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html";
const WAF_PAGE: &str = "https://docs.aws.amazon.com/waf/latest/developerguide/limits.html";

/// Rules of a network ACL: in one direction, for IPv4 and IPv6 apart, with the default deny rule.
pub static NETWORK_ACL_RULES_MAX: Quota = Quota {
    counted: "rules of one direction and one version of IP in a network ACL",
    value: 20,
    raised_max: Some(40),
    page: VPC_PAGE,
};

/// Rules of a security group: in one direction, for IPv4 and IPv6 apart.
pub static SECURITY_GROUP_RULES_MAX: Quota = Quota {
    counted: "rules of one direction and one version of IP in a security group",
    value: 60,
    raised_max: Some(1_000),
    page: VPC_PAGE,
};

/// Networks in an IP set.
pub static IP_SET_NETWORKS_MAX: Quota =
    Quota { counted: "networks in an IP set", value: 10_000, raised_max: None, page: WAF_PAGE };

/// Countries in one geo match statement; more stand in several.
pub static GEO_COUNTRIES_MAX: Quota = Quota {
    counted: "countries in a geo match statement",
    value: 50,
    raised_max: None,
    page: "https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-geo-match.html",
};

/// Bytes of the text that a string match statement looks for.
pub static SEARCH_STRING_BYTES_MAX: Quota = Quota {
    counted: "bytes of a text that is looked for",
    value: 200,
    raised_max: None,
    page: WAF_PAGE,
};

/// Capacity units of a web ACL; over 1,500 AWS asks for more money.
pub static WEB_ACL_CAPACITY_MAX: Quota = Quota {
    counted: "capacity units of a web ACL",
    value: 5_000,
    raised_max: None,
    page: WAF_PAGE,
};

/// Capacity units of a web ACL that its basic price pays for.
pub const WEB_ACL_CAPACITY_PAID: usize = 1_500;

/// The limits that a rate-based rule may have, in requests of a window; the lowest was 100 until 2024.
pub const RATE_REQUESTS: RangeInclusive<u32> = 10..=2_000_000_000;

/// The windows of a rate-based rule, in seconds.
pub const RATE_WINDOWS_SECONDS: [u32; 4] = [60, 120, 300, 600];

/// The numbers that entries of a network ACL may have; above them stands AWS's own last entry.
pub const NETWORK_ACL_NUMBERS: RangeInclusive<u16> = 1..=32_766;

/// The number of the first allow entry in a network ACL that was never touched.
pub const NETWORK_ACL_ALLOW_DEFAULT: u16 = 100;

/// The country codes that AWS WAF takes, by its API's model, a blank between two.
pub const COUNTRIES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN \
BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ \
DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL \
GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM \
JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME \
MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP \
NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD \
SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

impl Quota {
    /// An error if there would be more than `allowed`, which is the quota or what the user was granted.
    ///
    /// The error says which quota it is, by how much it is missed, and the way out.
    pub fn check(&self, count: usize, allowed: usize, way_out: &str) -> Result<()> {
        if count <= allowed {
            return Ok(());
        }
        let raised = match self.raised_max {
            Some(raised) if raised > allowed => format!("; AWS grants up to {raised} on request"),
            _ => String::new(),
        };
        Err(Error::new(
            ErrorKind::LimitReached,
            format!(
                "AWS allows {allowed} {}, and there would be {count}: {} too many",
                self.counted,
                count - allowed
            ),
        )
        .hint(format!("{way_out}{raised} ({}, {CHECKED})", self.page)))
    }
}
