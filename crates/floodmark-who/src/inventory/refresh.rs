//! Asks AWS what the accounts have, and keeps it as snapshots.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use floodmark_aws::service::{EC2, ELB};
use floodmark_aws::{Access, AwsOptions, Client, ClientOptions, Role};
use futures::StreamExt;
use serde::de::DeserializeOwned;

use crate::inventory::answers::{
    LoadBalancer, LoadBalancerPage, NatGateway, NetworkInterface, Page, Region, Reservation,
    Subnet, Vpc,
};
use crate::inventory::snapshot::{self, Content, VERSION};
use crate::inventory::snapshots_folder;
use crate::limits::{INVENTORY_PAGES_MAX, REGIONS_ASKED_MAX};
use crate::{Error, ErrorKind, Result};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct RefreshOptions {
    /// The folder of all that is known (`who` of the data folder).
    pub folder: PathBuf,
    /// How AWS is reached. Its region is asked if no others are named.
    pub aws: AwsOptions,
    /// The regions.
    pub regions: Vec<String>,
    /// Whether all regions are asked that are enabled in the account.
    pub is_everywhere: bool,
    /// The roles whose accounts are asked. If there are none, the account of the credentials is.
    pub roles: Vec<Role>,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// What came of one account in one region.
#[derive(Debug)]
pub struct Place {
    /// The account's number. None if already that is refused.
    pub account: Option<String>,
    /// The role that was assumed.
    pub role: Option<String>,
    /// The region. None if it did not come to that.
    pub region: Option<String>,
    /// What the new snapshot holds, or why there is none. What was there before stays.
    pub result: Result<Counts>,
    /// What the snapshot lacks, for instance names, because AWS denies it.
    pub lacks: Vec<Error>,
    /// How many old snapshots were removed, because one a day is enough of days long ago.
    pub removed: usize,
}

/// How much a snapshot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Network interfaces.
    pub interfaces: usize,
    /// Instances.
    pub instances: usize,
    /// Load balancers, without the classic ones.
    pub load_balancers: usize,
    /// NAT gateways.
    pub nat_gateways: usize,
    /// VPCs.
    pub vpcs: usize,
    /// Subnets.
    pub subnets: usize,
}

impl Counts {
    pub(super) fn of(content: &Content) -> Self {
        Self {
            interfaces: content.interfaces.len(),
            instances: content.instances.len(),
            load_balancers: content.load_balancers.len(),
            nat_gateways: content.nat_gateways.len(),
            vpcs: content.vpcs.len(),
            subnets: content.subnets.len(),
        }
    }
}

/// One account that is asked.
#[derive(Clone, Debug)]
struct Account {
    access: Access,
    number: String,
    role: Option<String>,
}

/// What EC2 and Elastic Load Balancing call a right that is missing.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html>
const DENIED: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorized",
    "OptInRequired",
    "UnauthorizedOperation",
];

/// Takes a snapshot of each account in each region. What fails in one place does not stop the others.
///
/// # Errors
///
/// `AccessDenied` if there are no credentials at all, `InvalidQuery` if a region's name is none. Everything else is told with
/// its place.
pub async fn refresh(options: &RefreshOptions) -> Result<Vec<Place>> {
    if let Some(region) = options.regions.iter().find(|region| !snapshot::is_region(region)) {
        return Err(Error::invalid(format!("`{region}` is no region"))
            .hint("a region's name looks like `eu-west-1`"));
    }
    let own = Access::open(&options.aws).await?;
    let mut places = Vec::new();
    let mut asked = Vec::new();
    let roles: Vec<Option<&Role>> = match options.roles.as_slice() {
        [] => vec![None],
        roles => roles.iter().map(Some).collect(),
    };
    for role in roles {
        let name = role.map(|role| role.arn.clone());
        let account = match account(&own, role).await {
            Ok(account) => account,
            Err(error) => {
                places.push(Place::failed(None, name, None, error));
                continue;
            }
        };
        match regions(&account.access, options).await {
            Ok(regions) => {
                asked.extend(regions.into_iter().map(|region| (account.clone(), region)));
            }
            Err(error) => places.push(Place::failed(Some(account.number), name, None, error)),
        }
    }
    let snapshots = asked.into_iter().map(|(account, region)| {
        Box::pin(async move { refresh_place(options, account, region).await })
    });
    let taken: Vec<Place> =
        futures::stream::iter(snapshots).buffered(REGIONS_ASKED_MAX).collect().await;
    places.extend(taken);
    Ok(places)
}

impl Place {
    fn failed(
        account: Option<String>,
        role: Option<String>,
        region: Option<String>,
        error: Error,
    ) -> Self {
        Self { account, role, region, result: Err(error), lacks: Vec::new(), removed: 0 }
    }
}

async fn account(own: &Access, role: Option<&Role>) -> Result<Account> {
    let access = match role {
        Some(role) => own.assume_role(role).await?,
        None => own.clone(),
    };
    let number = access.account().await?;
    if !snapshot::is_account(&number) {
        let message = format!("AWS STS says that the account is `{number}`, which is no account");
        return Err(Error::new(ErrorKind::Unavailable, message).hint("check the endpoint"));
    }
    Ok(Account { access, number, role: role.map(|role| role.arn.clone()) })
}

/// The regions to ask.
async fn regions(access: &Access, options: &RefreshOptions) -> Result<Vec<String>> {
    let mut regions = if options.is_everywhere {
        // Any region knows of all.
        let client = Client::new(access, &EC2, ClientOptions::default())?;
        let found: Vec<Region> = all(&client, "DescribeRegions", None).await?;
        let names = found.into_iter().map(|region| region.region_name);
        names.filter(|name| snapshot::is_region(name)).collect()
    } else if options.regions.is_empty() {
        // It says how to name a region if there is none.
        vec![Client::new(access, &EC2, ClientOptions::default())?.region().to_owned()]
    } else {
        options.regions.clone()
    };
    regions.sort();
    regions.dedup();
    Ok(regions)
}

async fn refresh_place(options: &RefreshOptions, account: Account, region: String) -> Place {
    let folder = snapshots_folder(&options.folder);
    let mut lacks = Vec::new();
    let taken = take(&account, &region, options.now, &mut lacks).await;
    let result = taken.and_then(|content| {
        snapshot::write(&folder, &content)?;
        Ok(Counts::of(&content))
    });
    let removed = match &result {
        Ok(_) => thin_out(&folder, &account.number, &region, options.now),
        Err(_) => 0,
    };
    let account_number = Some(account.number);
    Place {
        account: account_number,
        role: account.role,
        region: Some(region),
        result,
        lacks,
        removed,
    }
}

/// Asks for what is in a place. Without interfaces there is no snapshot; what only names them may be denied.
async fn take(
    account: &Account,
    region: &str,
    now: i64,
    lacks: &mut Vec<Error>,
) -> Result<Content> {
    const PAGE: Option<u32> = Some(1000);
    let access = account.access.in_region(region);
    let ec2 = Client::new(&access, &EC2, ClientOptions::default())?;
    let interfaces: Vec<NetworkInterface> = all(&ec2, "DescribeNetworkInterfaces", PAGE).await?;
    let vpcs: Vec<Vpc> = unless_denied(all(&ec2, "DescribeVpcs", PAGE).await, lacks)?;
    let subnets: Vec<Subnet> = unless_denied(all(&ec2, "DescribeSubnets", PAGE).await, lacks)?;
    let gateways: Vec<NatGateway> =
        unless_denied(all(&ec2, "DescribeNatGateways", PAGE).await, lacks)?;
    let reservations: Vec<Reservation> =
        unless_denied(all(&ec2, "DescribeInstances", PAGE).await, lacks)?;
    let balancers = unless_denied(load_balancers(&access).await, lacks)?;
    Ok(Content {
        version: VERSION,
        account: account.number.clone(),
        region: region.to_owned(),
        taken: now,
        vpcs: vpcs.into_iter().map(Vpc::record).collect(),
        subnets: subnets.into_iter().map(Subnet::record).collect(),
        nat_gateways: gateways
            .into_iter()
            .filter(NatGateway::is_there)
            .map(NatGateway::record)
            .collect(),
        instances: reservations.into_iter().flat_map(Reservation::records).collect(),
        load_balancers: balancers
            .into_iter()
            .filter_map(LoadBalancer::record)
            .collect::<BTreeMap<_, _>>(),
        interfaces: interfaces.into_iter().map(NetworkInterface::record).collect(),
    })
}

/// What was found, or nothing where a right is missing, which the next time will not bring either. Whatever may pass fails the
/// place: a snapshot that has lost its names would stand for the time from now on.
fn unless_denied<T>(found: Result<Vec<T>>, lacks: &mut Vec<Error>) -> Result<Vec<T>> {
    match found {
        Err(error) if is_denied(&error) => {
            lacks.push(error);
            Ok(Vec::new())
        }
        found => found,
    }
}

/// Whether a right is missing. Credentials that have ended are another matter.
fn is_denied(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::NotSupported => true,
        ErrorKind::AccessDenied => error.service_code().is_some_and(|code| DENIED.contains(&code)),
        _ => false,
    }
}

/// Everything in a list of EC2, page by page.
async fn all<T: DeserializeOwned>(
    client: &Client,
    action: &str,
    page_size: Option<u32>,
) -> Result<Vec<T>> {
    let first: Vec<_> =
        page_size.map(|size| ("MaxResults".to_owned(), size.to_string())).into_iter().collect();
    let mut parameters = first.clone();
    let mut found = Vec::new();
    for _ in 0..INVENTORY_PAGES_MAX {
        let page: Page<T> = client.query(action, &parameters).await?;
        let (items, next) = page.parts();
        found.extend(items);
        let Some(token) = next else { return Ok(found) };
        parameters = first.clone();
        parameters.push(("NextToken".to_owned(), token));
    }
    Err(endless(action))
}

async fn load_balancers(access: &Access) -> Result<Vec<LoadBalancer>> {
    const ACTION: &str = "DescribeLoadBalancers";
    let client = Client::new(access, &ELB, ClientOptions::default())?;
    let mut parameters = Vec::new();
    let mut found = Vec::new();
    for _ in 0..INVENTORY_PAGES_MAX {
        let page: LoadBalancerPage = client.query(ACTION, &parameters).await?;
        let (items, next) = page.parts();
        found.extend(items);
        let Some(marker) = next else { return Ok(found) };
        parameters = vec![("Marker".to_owned(), marker)];
    }
    Err(endless(ACTION))
}

fn endless(action: &str) -> Error {
    let message = format!("{action} has more than {INVENTORY_PAGES_MAX} pages");
    Error::new(ErrorKind::LimitReached, message)
}

/// Removes the snapshots that need not be kept, and says how many. One that cannot be removed stays: the next time may do it.
fn thin_out(folder: &Path, account: &str, region: &str, now: i64) -> usize {
    let series = snapshot::list(folder).unwrap_or_default();
    let series = series.iter().find(|one| one.account == account && one.region == region);
    let files = series.map(|series| snapshot::superfluous(&series.files, now)).unwrap_or_default();
    files.into_iter().filter(|file| std::fs::remove_file(&file.path).is_ok()).count()
}
