//! Buckets that are elsewhere: another server plays the real S3.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use floodmark_buckets::Buckets;
use futures::FutureExt;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use s3s::S3ErrorCode;
use tokio::net::TcpListener;

use crate::s3::fault::{fault, internal};
use crate::s3::tests::World;
use crate::s3::tests::client::client as client_of;
use crate::s3::upstream::{Remote, Upload};
use crate::s3::{S3, Upstream};

/// The real S3 with some objects in the bucket `company`, and a world that hands them on.
async fn worlds(is_changed: bool) -> (World, World) {
    let real = World::new();
    for key in ["a/1", "a/2", "b-", "b/1", "c"] {
        real.check(&format!("PUT /company/{key}\n\nreal {key}"), "200 ").await;
    }
    let address = real.serve().await;
    (real, World::over(Some(upstream(address, is_changed))))
}

/// What answers at an address, as the other place for buckets.
fn upstream(address: SocketAddr, is_changed: bool) -> Upstream {
    Upstream::new(is_changed, move |name| {
        let client = Arc::new(client_of(address, &name));
        let upload: Upload = Arc::new(move |bucket, key, file| {
            async move {
                let bytes = std::fs::read(file).expect("a file that waits");
                let path = Path::parse(key).expect("a path");
                let put = client_of(address, &bucket).put(&path, bytes.into()).await;
                put.map(drop).map_err(|error| internal(error.to_string()))
            }
            .boxed()
        });
        let objects = Arc::<object_store::aws::AmazonS3>::clone(&client);
        let remote = Remote { name, objects, listings: client, upload };
        async move { Ok(remote) }.boxed()
    })
}

/// A server that answers every request with the same status and body.
async fn answering(status: u16, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(move |_| async move {
                let body = Full::new(Bytes::from_static(body.as_bytes()));
                Response::builder().status(status).body(body)
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

/// A world with `mine` in a bucket `company` that lies over one elsewhere.
async fn over(upstream: Upstream) -> World {
    let world = World::over(Some(upstream));
    let own = Buckets::new(Some(world.folder.path().join("own")));
    own.create_overlay("company").expect("a bucket");
    world.check("PUT /company/mine\n\nhere", "200 ").await;
    world
}

#[tokio::test]
async fn a_bucket_elsewhere_is_read() {
    let (_real, world) = worlds(false).await;
    for (request, expect) in [
        ("GET /company/a/1", "200 real a/1"),
        ("GET /company/a/1\nRange: bytes=5-", "206 a/1"),
        ("GET /company/a/1\nRange: bytes=0-3", "206 real"),
        ("GET /company/a/1\nRange: bytes=-3", "206 a/1"),
        ("GET /company/a/1\nRange: bytes=100-", "416 InvalidRange"),
        ("GET /company/a/1\nIf-None-Match: *", "304 "),
        ("GET /company/a/1\nIf-Match: \"other\"", "412 PreconditionFailed"),
        ("GET /company/none", "404 NoSuchKey"),
        ("GET /company/a//1", "404 NoSuchKey"),
        ("GET /nowhere/none", "404 NoSuchBucket"),
        ("GET /nowhere", "404 NoSuchBucket"),
        ("HEAD /nowhere", "404 NoSuchBucket"),
        ("HEAD /company", "200 "),
        ("PUT /company", "409 BucketAlreadyOwnedByYou"),
        ("DELETE /company/none", "204 "),
        ("DELETE /company/a/1", "403 AccessDenied"),
        // What is mapped here is not asked for elsewhere.
        ("GET /logs/none", "404 NoSuchKey"),
        ("GET /logs/2024/10/one.log", "200 a line\n"),
    ] {
        world.check(request, expect).await;
    }
    let head = world.ask("HEAD /company/a/1").await;
    assert_eq!(head.header("content-length"), "8");
    let part = world.ask("GET /company/a/1\nRange: bytes=5-").await;
    assert_eq!(part.header("content-range"), "bytes 5-7/8");
    assert_eq!(pages(&world, "").await, ["a/1", "a/2", "b-", "b/1", "c"]);
    assert_eq!(pages(&world, "&delimiter=%2F").await, ["a/", "b-", "b/", "c"]);
    assert_eq!(pages(&world, "&prefix=b").await, ["b-", "b/1"]);
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn what_is_written_to_a_bucket_elsewhere_stays_here() {
    let (real, world) = worlds(false).await;
    let before = real.files();
    world.check("PUT /company/a/1\n\nhere", "200 ").await;
    for copy in [
        "PUT /company/a/3\nx-amz-copy-source: /company/b/1",
        "PUT /other/x\nx-amz-copy-source: /company/a/1",
    ] {
        let copied = world.ask(copy).await;
        assert!(copied.element("ETag").is_some(), "{copied:?}");
    }
    assert_eq!(real.files(), before);
    world.check("GET /company/a/1", "200 here").await;
    world.check("GET /company/a/2", "200 real a/2").await;
    world.check("GET /company/a/3", "200 real b/1").await;
    world.check("GET /other/x", "200 here").await;
    assert_eq!(pages(&world, "").await, ["a/1", "a/2", "a/3", "b-", "b/1", "c"]);
    assert_eq!(pages(&world, "&delimiter=%2F").await, ["a/", "b-", "b/", "c"]);
    // What hid an object elsewhere goes, and that one is seen again.
    world.check("DELETE /company/a/1", "204 ").await;
    world.check("GET /company/a/1", "200 real a/1").await;
    world.check("DELETE /company/a/1", "403 AccessDenied").await;
    // A bucket that is nowhere is one of our own.
    world.check("GET /other/none", "404 NoSuchKey").await;
    assert_eq!(pages(&world, "").await, ["a/1", "a/2", "a/3", "b-", "b/1", "c"]);
}

#[tokio::test]
async fn an_upload_in_parts_takes_bytes_from_elsewhere() {
    let (_real, world) = worlds(false).await;
    let begun = world.ask("POST /company/big?uploads").await;
    let id = begun.element("UploadId").expect("an id").to_owned();
    let part = world
        .ask(&format!(
            "PUT /company/big?partNumber=1&uploadId={id}\nx-amz-copy-source: /company/a/1\nx-amz-copy-source-range: bytes=5-7"
        ))
        .await;
    let etag = part.element("ETag").expect("a tag");
    world
        .ask(&format!("POST /company/big?uploadId={id}\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"))
        .await;
    world.check("GET /company/big", "200 a/1").await;
}

#[tokio::test]
async fn with_consent_a_bucket_elsewhere_is_changed() {
    let (real, world) = worlds(true).await;
    world.check("PUT /company/a/1\n\nchanged", "200 ").await;
    world.check("PUT /company/b-\nIf-None-Match: *\n\nchanged", "412 PreconditionFailed").await;
    world.check("DELETE /company/a/2", "204 ").await;
    let copied = world.ask("PUT /company/log\nx-amz-copy-source: /logs/2024/10/one.log").await;
    assert!(copied.element("ETag").is_some(), "{copied:?}");
    let begun = world.ask("POST /company/big?uploads").await;
    let id = begun.element("UploadId").expect("an id").to_owned();
    let part = world.ask(&format!("PUT /company/big?partNumber=1&uploadId={id}\n\nparts")).await;
    let etag = part.header("etag");
    world
        .ask(&format!("POST /company/big?uploadId={id}\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"))
        .await;
    for (request, expect) in [
        ("GET /company/a/1", "200 changed"),
        ("GET /company/a/2", "404 NoSuchKey"),
        ("GET /company/b-", "200 real b-"),
        ("GET /company/log", "200 a line\n"),
        ("GET /company/big", "200 parts"),
    ] {
        real.check(request, expect).await;
        world.check(request, expect).await;
    }
    // A bucket that is nowhere is made here, and nothing of the rest stays here.
    world.check("PUT /other/x\n\nbytes", "200 ").await;
    assert_eq!(world.files(), ["other/x"]);
}

#[tokio::test]
async fn with_consent_given_later_what_stayed_here_hides_nothing_new() {
    let (real, mut world) = worlds(false).await;
    world.check("PUT /company/a/1\n\nhere", "200 ").await;
    world.check("PUT /company/a/2\n\nhere", "200 ").await;
    let own = Buckets::new(Some(world.folder.path().join("own")));
    let changed = upstream(real.serve().await, true);
    world.s3 = Arc::new(S3::new(Arc::new(own), Some(changed)));
    world.check("GET /company/a/1", "200 here").await;
    world.check("PUT /company/a/1\n\nchanged", "200 ").await;
    world.check("DELETE /company/a/2", "204 ").await;
    for (request, expect) in
        [("GET /company/a/1", "200 changed"), ("GET /company/a/2", "404 NoSuchKey")]
    {
        real.check(request, expect).await;
        world.check(request, expect).await;
    }
    assert!(world.files().iter().all(|file| !file.starts_with("company")), "{:?}", world.files());
}

#[tokio::test]
async fn what_lies_here_is_read_whatever_is_wrong_elsewhere() {
    let unreachable = || {
        Upstream::new(false, |_| {
            async { Err(fault(S3ErrorCode::ServiceUnavailable, "unreachable")) }.boxed()
        })
    };
    let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    let missing = "<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>";
    let (denied, missing) = (answering(403, denied).await, answering(404, missing).await);
    let list = "GET /company?list-type=2";
    for (upstream, other, deleted, listed) in [
        (unreachable(), "503 ServiceUnavailable", "503 ServiceUnavailable", None),
        (upstream(denied, false), "403 AccessDenied", "403 AccessDenied", Some(["mine"])),
        (upstream(missing, false), "404 NoSuchKey", "204 ", Some(["mine"])),
    ] {
        let world = over(upstream).await;
        world.check("GET /company/mine", "200 here").await;
        world.check("HEAD /company", "200 ").await;
        world.check("GET /company/other", other).await;
        world.check("PUT /company/copy\nx-amz-copy-source: /company/other", other).await;
        world.check("DELETE /company/other", deleted).await;
        match listed {
            Some(keys) => assert_eq!(world.ask(list).await.elements("Key"), keys),
            // That some of the keys are missing would not be seen.
            None => world.check(list, other).await,
        }
        world.check("DELETE /company/mine", "204 ").await;
    }
}

#[tokio::test]
async fn a_key_elsewhere_that_is_no_path_is_named() {
    let listing = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a//b</Key><LastModified>2024-10-05T00:00:00.000Z</LastModified><Size>1</Size></Contents></ListBucketResult>";
    let world = World::over(Some(upstream(answering(200, listing).await, false)));
    let answer = world.ask("GET /company?list-type=2").await;
    assert_eq!(answer.status.as_u16(), 501);
    assert!(answer.text.contains("a//b") && answer.text.contains("`company`"), "{answer:?}");
}

/// The keys and folders of the bucket `company`, by pages of every length, in the order of their bytes.
async fn pages(world: &World, question: &str) -> Vec<String> {
    let mut outcomes = Vec::new();
    for max in 1..8 {
        let (mut names, mut mark) = (Vec::new(), String::new());
        for _ in 0..20 {
            let page = format!("GET /company?list-type=2&max-keys={max}{question}{mark}");
            let page = world.ask(&page).await;
            names.extend(page.elements("Key").into_iter().map(str::to_owned));
            let shared = page.text.split("<CommonPrefixes>").skip(1);
            names
                .extend(shared.filter_map(|part| part.split(['<', '>']).nth(2)).map(str::to_owned));
            let Some(token) = page.element("NextContinuationToken") else { break };
            mark = format!("&continuation-token={token}");
        }
        names.sort();
        outcomes.push(names);
    }
    outcomes.dedup();
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes.remove(0)
}
