//! The inventory through the command line, against moto and against a service that refuses.

use std::path::{Path, PathBuf};

use floodmark_testing::http_server::{HttpServer, Reply, Request};
use floodmark_testing::moto::{ACCOUNT, Moto};
use serde_json::Value;

use crate::program::{Answer, answer, command};

/// Runs a command with keys and a data folder of its own.
fn run(endpoint: &str, home: &Path, arguments: &[&str]) -> Answer {
    let mut command = command(arguments);
    command
        .env("FLOODMARK_HOME", home)
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_REGION", "eu-west-1");
    answer(&mut command, b"")
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// The snapshots of a place.
fn snapshots(home: &Path, account: &str, region: &str) -> Vec<PathBuf> {
    let folder = home.join("who/inventory").join(account).join(region);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// A network with a NAT gateway, an instance and a load balancer, as one makes it with the `aws` command.
fn network(moto: &Moto) {
    let named =
        |kind: &str, name: &str| format!("ResourceType={kind},Tags=[{{Key=Name,Value={name}}}]");
    let vpc = moto.aws(&[
        "ec2",
        "create-vpc",
        "--cidr-block",
        "10.0.0.0/16",
        "--query",
        "Vpc.VpcId",
        "--tag-specifications",
        &named("vpc", "prod"),
    ]);
    let subnet = |range: &str, zone: &str| {
        moto.aws(&[
            "ec2",
            "create-subnet",
            "--vpc-id",
            &vpc,
            "--cidr-block",
            range,
            "--availability-zone",
            zone,
            "--query",
            "Subnet.SubnetId",
            "--tag-specifications",
            &named("subnet", "public-a"),
        ])
    };
    let (first, second) =
        (subnet("10.0.1.0/24", "eu-west-1a"), subnet("10.0.2.0/24", "eu-west-1b"));
    let address = moto.aws(&["ec2", "allocate-address", "--query", "AllocationId"]);
    moto.aws(&[
        "ec2",
        "create-nat-gateway",
        "--subnet-id",
        &first,
        "--allocation-id",
        &address,
        "--tag-specifications",
        &named("natgateway", "egress"),
    ]);
    moto.aws(&[
        "ec2",
        "run-instances",
        "--image-id",
        "ami-12c6146b",
        "--subnet-id",
        &first,
        "--private-ip-address",
        "10.0.1.20",
        "--tag-specifications",
        &named("instance", "web-1"),
    ]);
    let balancer = moto.aws(&[
        "elbv2",
        "create-load-balancer",
        "--name",
        "web",
        "--subnets",
        &first,
        &second,
        "--query",
        "LoadBalancers[0].LoadBalancerArn",
    ]);
    // The interfaces of a load balancer are made by AWS, and are not played by moto.
    let (_, name) = balancer.split_once(":loadbalancer/").expect("an ARN");
    moto.aws(&[
        "ec2",
        "create-network-interface",
        "--subnet-id",
        &first,
        "--private-ip-address",
        "10.0.1.30",
        "--description",
        &format!("ELB {name}"),
    ]);
}

#[test]
fn refresh_keeps_what_aws_says() {
    let Some(moto) = Moto::start() else { return };
    network(&moto);
    let home = tempfile::tempdir().expect("a temporary folder");
    let run = |arguments: &[&str]| run(moto.endpoint(), home.path(), arguments);
    let none = run(&["inventory", "list"]);
    assert_eq!(none.code, 3, "{}", none.err);
    assert!(none.err.contains("`floodmark inventory refresh` takes one"), "{}", none.err);

    let refreshed = run(&["inventory", "refresh"]);
    assert_eq!((refreshed.code, refreshed.err.as_str()), (0, ""));
    assert!(refreshed.out.contains(ACCOUNT), "{}", refreshed.out);
    let files = snapshots(home.path(), ACCOUNT, "eu-west-1");
    assert_eq!(files.len(), 1);
    let held = std::fs::read_to_string(&files[0]).expect("a snapshot");
    for name in ["egress", "web-1", "10.0.1.30", "ELB app/web/", "public-a", "euw1-az", "prod"] {
        assert!(held.contains(name), "{name} is not in {held}");
    }
    let listed = json(&run(&["inventory", "list", "--format", "json"]));
    assert_eq!(listed[0]["holds"]["nat_gateways"], 1, "{listed}");
    assert_eq!(listed[0]["holds"]["load_balancers"], 1, "{listed}");

    // The names are where they are wanted.
    for (asked, name) in
        [("10.0.1.20", "instance web-1 (i-"), ("10.0.1.30", "load balancer app/web")]
    {
        let card = run(&["whois", asked]);
        assert_eq!(card.code, 0, "{}", card.err);
        assert!(card.out.contains(name), "{}", card.out);
        assert!(card.out.contains("public-a"), "{}", card.out);
    }

    // Other regions, each with a series of its own.
    let two = run(&["inventory", "refresh", "--region", "us-east-1", "--region", "eu-central-1"]);
    assert_eq!(two.code, 0, "{}", two.err);
    assert_eq!(snapshots(home.path(), ACCOUNT, "eu-central-1").len(), 1);

    // Another account, by a role.
    let role = "arn:aws:iam::444455556666:role/reader";
    let other = run(&["inventory", "refresh", "--role-arn", role, "--format", "json"]);
    assert_eq!(other.code, 0, "{}", other.err);
    assert_eq!(json(&other)[0]["account"], "444455556666");
    assert_eq!(snapshots(home.path(), "444455556666", "eu-west-1").len(), 1);

    // A snapshot that was written in part is told, and the one before it counts.
    let later = files[0].with_file_name("29991231T235959Z.json");
    std::fs::write(&later, &held[..held.len() / 2]).expect("it can be written");
    let listed = run(&["inventory", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert!(listed.err.contains("it was written in part only"), "{}", listed.err);
}

/// What a service of AWS's answers that denies some actions.
fn denying(denied: &'static [&'static str]) -> impl Fn(&Request) -> Reply + Send + 'static {
    move |request| {
        let action = request.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        let action = action.unwrap_or_default();
        let region = request.headers.get("authorization").map_or("", String::as_str);
        let is_denied = denied.iter().any(|denied| match denied.split_once(' ') {
            Some((action_denied, region_denied)) => {
                action == action_denied && region.contains(region_denied)
            }
            None => action == *denied,
        });
        match action {
            _ if is_denied => Reply::new(
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized.\u{1b}[31m</Message></Error></Errors></Response>",
            ),
            "GetCallerIdentity" => Reply::new(
                200,
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
            ),
            "DescribeNetworkInterfaces" if !request.body.contains("NextToken") => Reply::new(
                200,
                "<X><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><privateIpAddress>10.0.1.17</privateIpAddress></item></networkInterfaceSet><nextToken>more</nextToken></X>",
            ),
            "DescribeNetworkInterfaces" => Reply::new(
                200,
                "<X><networkInterfaceSet><item><networkInterfaceId>eni-2</networkInterfaceId><privateIpAddress>no address</privateIpAddress><unknown><deep/></unknown></item></networkInterfaceSet></X>",
            ),
            "DescribeRegions" => Reply::new(
                200,
                "<X><regionInfo><item><regionName>us-east-1</regionName></item><item><regionName>eu-west-1</regionName></item><item><regionName>../up</regionName></item></regionInfo></X>",
            ),
            "DescribeLoadBalancers" => Reply::new(
                200,
                "<X><DescribeLoadBalancersResult><LoadBalancers/></DescribeLoadBalancersResult></X>",
            ),
            _ => Reply::new(200, "<X/>"),
        }
    }
}

#[test]
fn what_is_denied_is_told_and_the_rest_is_kept() {
    let server =
        HttpServer::start(denying(&["DescribeInstances", "DescribeNetworkInterfaces us-east-1"]));
    let home = tempfile::tempdir().expect("a temporary folder");
    let run = |arguments: &[&str]| run(server.endpoint(), home.path(), arguments);

    // Names may be missing.
    let refreshed = run(&["inventory", "refresh", "--format", "json"]);
    assert_eq!(refreshed.code, 0, "{}", refreshed.err);
    let told = "warning: 111122223333 eu-west-1: Amazon EC2 denies ec2:DescribeInstances: You are not authorized.\\u{1b}[31m\nhint: allow ec2:DescribeInstances in the policies of the credentials\n";
    assert_eq!(refreshed.err, told);
    // Two pages, of which one holds what is no address.
    assert_eq!(json(&refreshed)[0]["holds"]["interfaces"], 2);

    // A region that is denied does not stop the other one.
    let regions = ["inventory", "refresh", "--region", "us-east-1", "--region", "eu-central-1"];
    let partly = run(&regions);
    assert_eq!(partly.code, 4, "{}", partly.err);
    assert!(partly.err.contains("us-east-1: Amazon EC2 denies ec2:DescribeNetworkInterfaces"));
    assert!(partly.err.contains("error: 1 of 2 places could not be read"), "{}", partly.err);
    assert_eq!(snapshots(home.path(), ACCOUNT, "eu-central-1").len(), 1);
    assert!(snapshots(home.path(), ACCOUNT, "us-east-1").is_empty());
    let kept = run(&[&regions[..], &["--keep-going"]].concat());
    assert_eq!(kept.code, 0, "{}", kept.err);

    // All regions that EC2 names, if they can be regions.
    let all = run(&["inventory", "refresh", "--all-regions", "--keep-going", "--format", "json"]);
    assert_eq!(all.code, 0, "{}", all.err);
    let regions: Vec<_> =
        json(&all).as_array().into_iter().flatten().map(|place| place["region"].clone()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);

    // Only that one: the error is the service's.
    let denied = run(&["inventory", "refresh", "--region", "us-east-1"]);
    assert_eq!((denied.code, denied.out.as_str()), (4, ""));
    assert!(denied.err.starts_with("error: Amazon EC2 denies ec2:DescribeNetworkInterfaces"));
    assert!(denied.err.contains("hint: allow ec2:DescribeNetworkInterfaces"), "{}", denied.err);
}

#[test]
fn what_only_fails_this_time_leaves_no_snapshot_without_names() {
    let answers = [
        ("InternalFault", "refuses", 5),
        ("ExpiredToken", "says that the credentials have expired", 4),
    ];
    for (code, said, exit) in answers {
        let answer = denying(&[]);
        let server = HttpServer::start(move |request| {
            if request.body.contains("Action=DescribeNatGateways") {
                let error = format!("<Error><Code>{code}</Code><Message>No</Message></Error>");
                return Reply::new(400, format!("<Response><Errors>{error}</Errors></Response>"));
            }
            answer(request)
        });
        let home = tempfile::tempdir().expect("a temporary folder");
        let failed = run(server.endpoint(), home.path(), &["inventory", "refresh"]);
        assert_eq!(failed.code, exit, "{}", failed.err);
        assert!(failed.err.contains(said), "{}", failed.err);
        assert!(snapshots(home.path(), ACCOUNT, "eu-west-1").is_empty());
    }
}

#[test]
fn credentials_that_have_ended_leave_what_was_there() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let good = HttpServer::start(denying(&[]));
    let refreshed = run(good.endpoint(), home.path(), &["inventory", "refresh"]);
    assert_eq!(refreshed.code, 0, "{}", refreshed.err);
    let expired = HttpServer::start(|_| {
        let error = "<Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The token has expired</Message></Error>";
        Reply::new(403, format!("<ErrorResponse>{error}</ErrorResponse>"))
    });
    let denied = run(expired.endpoint(), home.path(), &["inventory", "refresh"]);
    assert_eq!(denied.code, 4);
    let said = "error: AWS STS says that the credentials have expired: The token has expired\nhint: check AWS_PROFILE, or run `aws sso login`\n";
    assert_eq!(denied.err, said);
    assert_eq!(snapshots(home.path(), ACCOUNT, "eu-west-1").len(), 1);

    // Without a region there is nobody to ask, and a region is no path.
    let mut command = command(&["inventory", "refresh"]);
    command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
    let nowhere = answer(&mut command, b"");
    assert_eq!(nowhere.code, 3, "{}", nowhere.err);
    assert!(nowhere.err.contains("no region for AWS STS"), "{}", nowhere.err);
    let wrong = run(good.endpoint(), home.path(), &["inventory", "refresh", "--region", "../up"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}
