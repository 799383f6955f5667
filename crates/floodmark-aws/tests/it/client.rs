//! Signed calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use floodmark_aws::service::{EC2, WAFV2};
use floodmark_aws::{Access, AwsOptions, Client, ClientOptions, ErrorKind, Role, Service};
use floodmark_testing::http_server::{HttpServer, Reply};
use floodmark_testing::moto::{ACCOUNT, Moto};
use serde::Deserialize;
use serde_json::{Value, json};

async fn access(endpoint: &str) -> Access {
    let keys = Credentials::new("testing", "testing", Some("token".to_owned()), None, "test");
    let config = SdkConfig::builder()
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .region(Region::new("eu-west-1"))
        .build();
    let options = AwsOptions {
        endpoint: Some(endpoint.to_owned()),
        retries: Some(2),
        ..AwsOptions::default()
    };
    Access::of(&config, &options).await.expect("there are keys")
}

async fn client(endpoint: &str, service: &'static Service, is_writing: bool) -> Client {
    let options = ClientOptions { is_writing, ..ClientOptions::default() };
    Client::new(&access(endpoint).await, service, options).expect("there is a region")
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    request_id: String,
}

#[tokio::test]
async fn both_protocols_are_spoken() {
    let server = HttpServer::start(|request| match request.headers.get("x-amz-target") {
        Some(_) => Reply::new(200, r#"{"requestId": "json"}"#),
        None => Reply::new(200, "<X xmlns=\"http://ec2\"><requestId>xml</requestId></X>"),
    });
    let waf = client(server.endpoint(), &WAFV2, false).await;
    let answer: Answered = waf.json("GetIPSet", &json!({ "Name": "a" })).await.expect("an answer");
    assert_eq!(answer.request_id, "json");
    let ec2 = client(server.endpoint(), &EC2, false).await;
    let parameters = [("Filter.1.Value".to_owned(), "a b&c=ü".to_owned())];
    let answer: Answered = ec2.query("DescribeVpcs", &parameters).await.expect("an answer");
    assert_eq!(answer.request_id, "xml");

    let asked = server.take_asked();
    let header = |at: usize, name: &str| asked[at].headers[name].as_str();
    assert_eq!(header(0, "x-amz-target"), "AWSWAF_20190729.GetIPSet");
    assert_eq!(header(0, "x-amz-security-token"), "token");
    assert!(header(0, "authorization").contains("/eu-west-1/wafv2/aws4_request"));
    assert!(header(1, "authorization").contains("/eu-west-1/ec2/aws4_request"));
    let body = "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Value=a+b%26c%3D%C3%BC";
    assert_eq!(asked[1].body, body);

    // The other protocol is a mistake of ours, and asks nothing.
    let error = ec2.json::<Value>("DescribeVpcs", &json!({})).await.expect_err("no JSON there");
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(server.take_asked().is_empty());
}

/// How often is asked where each answer is this one, and the last error.
async fn asked(status: u16, code: &str, is_writing: bool) -> (usize, ErrorKind) {
    let body = json!({ "__type": code }).to_string();
    let server = HttpServer::start(move |_| Reply::new(status, body.clone()));
    let waf = client(server.endpoint(), &WAFV2, is_writing).await;
    let error = waf.json::<Value>("UpdateIPSet", &json!({})).await.expect_err("it is refused");
    (server.take_asked().len(), error.kind())
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let cases = [
        (400, "ThrottlingException", 3, 3),
        (500, "WAFInternalErrorException", 3, 1),
        (400, "WAFUnavailableEntityException", 3, 3),
        (400, "WAFOptimisticLockException", 1, 1),
    ];
    for (status, code, reading, writing) in cases {
        assert_eq!(asked(status, code, false).await, (reading, ErrorKind::Unavailable), "{code}");
        assert_eq!(asked(status, code, true).await, (writing, ErrorKind::Unavailable), "{code}");
    }
}

#[tokio::test]
async fn an_answer_comes_after_trouble_or_cannot_be_read() {
    let times = AtomicUsize::new(0);
    let server = HttpServer::start(move |_| match times.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::new(503, "<html>busy</html>"),
        1 => Reply::new(200, "<X><requestId>xml</requestId></X>"),
        _ => Reply::new(200, "<X><requestId>broken"),
    });
    let ec2 = client(server.endpoint(), &EC2, false).await;
    let answer: Answered = ec2.query("DescribeVpcs", &[]).await.expect("the second answer");
    assert_eq!(answer.request_id, "xml");
    let error = ec2.query::<Answered>("DescribeVpcs", &[]).await.expect_err("it is no XML");
    assert_eq!(error.to_string(), "the answer of Amazon EC2 to DescribeVpcs cannot be read");
}

#[tokio::test]
async fn a_role_is_assumed() {
    let Some(moto) = Moto::start() else { return };
    let own = access(moto.endpoint()).await;
    assert_eq!(own.account().await.expect("an account"), ACCOUNT);
    let role = Role { arn: "arn:aws:iam::444455556666:role/reader".to_owned(), external_id: None };
    let other = own.assume_role(&role).await.expect("moto lends every role");
    assert_eq!(other.account().await.expect("an account"), "444455556666");
}

#[tokio::test]
async fn a_role_that_is_not_lent_is_named() {
    let server = HttpServer::start(|_| {
        let error = "<Error><Code>AccessDenied</Code><Message>no trust</Message></Error>";
        Reply::new(403, format!("<ErrorResponse>{error}</ErrorResponse>"))
    });
    let own = access(server.endpoint()).await;
    let role = Role {
        arn: "arn:aws:iam::444455556666:role/reader".to_owned(),
        external_id: Some("x-1".to_owned()),
    };
    let error = own.assume_role(&role).await.expect_err("it is denied");
    let told = "cannot assume the role `arn:aws:iam::444455556666:role/reader`: AWS STS denies sts:AssumeRole: no trust";
    assert_eq!(error.to_string(), told);
    assert_eq!(
        (error.kind(), error.service_code()),
        (ErrorKind::AccessDenied, Some("AccessDenied"))
    );
    assert!(server.take_asked()[0].body.contains("&ExternalId=x-1"));
}
