//! Buckets that are elsewhere: another server plays the real S3.

use std::sync::Arc;

use futures::FutureExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::s3::Upstream;
use crate::s3::fault::internal;
use crate::s3::tests::World;
use crate::s3::tests::client::client as client_of;
use crate::s3::upstream::{Remote, Upload};

/// The real S3 with some objects in the bucket `company`, and a world that hands them on.
async fn worlds(is_changed: bool) -> (World, World) {
    let real = World::new();
    for key in ["a/1", "a/2", "b-", "b/1", "c"] {
        real.check(&format!("PUT /company/{key}\n\nreal {key}"), "200 ").await;
    }
    let address = real.serve().await;
    let upstream = Upstream::new(is_changed, move |name| {
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
        let remote = Remote { name, objects: client.clone(), listings: client, upload };
        async move { Ok(remote) }.boxed()
    });
    (real, World::over(Some(upstream)))
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
