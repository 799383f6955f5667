//! S3's protocol, request by request.

use bytes::Bytes;
use futures::stream;
use http::Request;
use http_body_util::StreamBody;
use hyper::body::Frame;

use crate::s3::tests::World;

#[tokio::test]
async fn an_object_is_read_whole_or_in_part_under_conditions() {
    let world = World::new();
    world.check("PUT /results/a/b.txt\n\nhello world", "200 ").await;
    let whole = world.ask("GET /results/a/b.txt").await;
    assert_eq!(whole.text, "hello world");
    assert_eq!(whole.header("content-length"), "11");
    let (etag, modified) = (whole.header("etag"), whole.header("last-modified"));
    assert!(etag.ends_with("-1\""), "{etag}");
    for (header, expect) in [
        ("Range: bytes=0-4".to_owned(), "206 hello"),
        ("Range: bytes=6-".to_owned(), "206 world"),
        ("Range: bytes=-3".to_owned(), "206 rld"),
        ("Range: bytes=4-100".to_owned(), "206 o world"),
        ("Range: bytes=-100".to_owned(), "206 hello world"),
        ("Range: bytes=11-".to_owned(), "416 InvalidRange"),
        ("Range: bytes=-0".to_owned(), "416 InvalidRange"),
        ("Range: bytes=0-1,3-4".to_owned(), "200 hello world"),
        (format!("If-Match: {etag}"), "200 hello world"),
        ("If-Match: *".to_owned(), "200 hello world"),
        ("If-Match: \"other\"".to_owned(), "412 PreconditionFailed"),
        (format!("If-None-Match: {etag}"), "304 "),
        ("If-None-Match: \"other\"".to_owned(), "200 hello world"),
        (format!("If-Modified-Since: {modified}"), "304 "),
        ("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), "200 hello world"),
        (format!("If-Unmodified-Since: {modified}"), "200 hello world"),
        ("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), "412 PreconditionFailed"),
    ] {
        world.check(&format!("GET /results/a/b.txt\n{header}"), expect).await;
    }
    let part = world.ask("GET /results/a/b.txt\nRange: bytes=-3").await;
    assert_eq!(part.header("content-range"), "bytes 8-10/11");
    let refused = world.ask("GET /results/a/b.txt\nRange: bytes=11-").await;
    assert_eq!(refused.header("content-range"), "bytes */11");
    let head = world.ask("HEAD /results/a/b.txt").await;
    assert_eq!((head.header("content-length"), head.text.as_str()), ("11", ""));
}

#[tokio::test]
async fn any_signature_will_do_and_none() {
    let world = World::new();
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20241005/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=00";
    let old = "Authorization: AWS AKID:frJIUN8DYpKDtOLCwo==";
    let plain = "x-amz-content-sha256: UNSIGNED-PAYLOAD\nx-amz-date: 20241005T021000Z";
    let presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Expires=60&X-Amz-Signature=00";
    for (at, request) in [
        format!("PUT /results/k0\n{signed}\n{plain}\n\nbytes"),
        format!("PUT /results/k1\n{old}\n\nbytes"),
        format!("PUT /results/k2?{presigned}\n\nbytes"),
        "PUT /results/k3?AWSAccessKeyId=a&Signature=b&Expires=1\n\nbytes".to_owned(),
        "PUT /results/k4\n\nbytes".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        world.check(request, "200 ").await;
        world.check(&format!("GET /results/k{at}?{presigned}\n{signed}"), "200 bytes").await;
    }
}

#[tokio::test]
async fn bodies_in_chunks_of_s3_are_unwrapped_and_checked() {
    let world = World::new();
    let head = "Content-Encoding: aws-chunked\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-decoded-content-length: 11\nx-amz-trailer: x-amz-checksum-crc32";
    let body = |crc: &str| format!("b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n");
    world.check(&format!("PUT /results/k\n{head}\n\n{}", body("DUoRhQ==")), "200 ").await;
    world.check("GET /results/k", "200 hello world").await;
    let wrong = format!("PUT /results/wrong\n{head}\n\n{}", body("AAAAAA=="));
    world.check(&wrong, "400 BadDigest").await;
    let short = format!("PUT /results/short\n{head}\n\nb\r\nhello");
    world.check(&short, "400 InvalidRequest").await;
    let digest = "PUT /results/md5\nContent-MD5: XrY7u+Ae7tCTyyK7j1rNww==\n\nhello w0rld";
    world.check(digest, "400 BadDigest").await;
    assert_eq!(world.files(), ["results/k"]);
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_s3s_words() {
    let world = World::new();
    world.check("PUT /results/a/b\n\nbytes", "200 ").await;
    for (request, expect) in [
        ("GET /nowhere/k", "404 NoSuchBucket"),
        ("HEAD /nowhere", "404 NoSuchBucket"),
        ("GET /nowhere?list-type=2", "404 NoSuchBucket"),
        ("DELETE /nowhere/k", "404 NoSuchBucket"),
        ("GET /results/none", "404 NoSuchKey"),
        ("GET /results/a", "404 NoSuchKey"),
        ("GET /results/../logs/2024/10/one.log", "404 NoSuchKey"),
        ("PUT /results/%2E%2E/x\n\nbytes", "400 InvalidArgument"),
        ("PUT /results//x\n\nbytes", "400 InvalidArgument"),
        ("PUT /results/a\n\nbytes", "400 InvalidArgument"),
        ("PUT /results/a/b/c\n\nbytes", "400 InvalidArgument"),
        ("PUT /results/a/b\nIf-None-Match: *\n\nbytes", "412 PreconditionFailed"),
        ("PUT /results/new\nIf-Match: \"other\"\n\nbytes", "412 PreconditionFailed"),
        ("PUT /Results/x\n\nbytes", "400 InvalidBucketName"),
        ("PUT /logs/x\n\nbytes", "403 AccessDenied"),
        ("DELETE /logs/2024/10/one.log", "403 AccessDenied"),
        ("PUT /logs/x\nx-amz-copy-source: /results/a/b", "403 AccessDenied"),
        ("POST /logs/x?uploads", "403 AccessDenied"),
        ("PUT /logs", "409 BucketAlreadyOwnedByYou"),
        ("DELETE /logs", "403 AccessDenied"),
        ("DELETE /results", "409 BucketNotEmpty"),
        ("GET /results?acl", "501 NotImplemented"),
        (
            "PUT /results?versioning\n\n<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
            "501 NotImplemented",
        ),
        ("PUT /results/x\nTransfer-Encoding: chunked", "411 MissingContentLength"),
        ("PUT /results/x\nContent-Length: 6000000000", "400 EntityTooLarge"),
        (
            "POST /results\nContent-Type: multipart/form-data; boundary=x\n\n--x",
            "501 NotImplemented",
        ),
        ("GET /results?list-type=2&continuation-token=%21", "400 InvalidArgument"),
        ("GET /results?list-type=2&max-keys=-1", "400 InvalidArgument"),
        ("PUT /results/p?partNumber=1&uploadId=..\n\nbytes", "404 NoSuchUpload"),
    ] {
        world.check(request, expect).await;
    }
    let refused = world.ask("GET /results?acl").await;
    assert!(refused.text.contains("GetBucketAcl"), "{}", refused.text);
    assert_eq!(world.files(), ["results/a/b"]);
}

#[tokio::test]
async fn a_refused_body_ends_the_connection() {
    let world = World::new();
    let refused = world.ask("PUT /logs/x\nExpect: 100-continue\n\nbytes").await;
    assert_eq!((refused.status.as_u16(), refused.header("connection")), (403, "close"));
    let taken = world.ask("PUT /results/x\nExpect: 100-continue\n\nbytes").await;
    assert_eq!((taken.status.as_u16(), taken.header("connection")), (200, ""));
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let world = World::new();
    let begun = Ok(Frame::data(Bytes::from_static(b"half")));
    let gone = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let body = StreamBody::new(stream::iter([begun, gone]));
    let request = Request::put("/results/a/b").header("Content-Length", 8).body(body).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.element("Code"), Some("IncompleteBody"));
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn listings_come_in_pages_and_in_s3s_order() {
    let world = World::new();
    for key in ["a-b", "a/b", "a/c d", "a0", "b/x"] {
        world.check(&format!("PUT /results/{}\n\n1", key.replace(' ', "%20")), "200 ").await;
    }
    let all = world.ask("GET /results?list-type=2&encoding-type=url").await;
    assert_eq!(all.elements("Key"), ["a-b", "a/b", "a/c%20d", "a0", "b/x"]);
    assert_eq!(all.element("KeyCount"), Some("5"));
    let raw = world.ask("GET /results?prefix=a%2F").await;
    assert_eq!(raw.elements("Key"), ["a/b", "a/c d"]);
    for version in ["list-type=2&", ""] {
        let (mut keys, mut folders, mut mark) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..9 {
            let page =
                world.ask(&format!("GET /results?{version}delimiter=%2F&max-keys=1{mark}")).await;
            keys.extend(page.elements("Key").into_iter().map(str::to_owned));
            let shared = page.text.split("<CommonPrefixes>").skip(1);
            folders
                .extend(shared.filter_map(|part| part.split(['<', '>']).nth(2)).map(str::to_owned));
            let next = match version.is_empty() {
                true => page.element("NextMarker").map(|key| format!("&marker={key}")),
                false => page
                    .element("NextContinuationToken")
                    .map(|token| format!("&continuation-token={token}")),
            };
            assert_eq!(page.element("IsTruncated"), Some(next.is_some().to_string().as_str()));
            let Some(next) = next else { break };
            mark = next;
        }
        assert_eq!(
            (keys, folders),
            (vec!["a-b".into(), "a0".into()], vec!["a/".into(), "b/".into()])
        );
    }
    let after = world.ask("GET /results?list-type=2&start-after=a%2Fc").await;
    assert_eq!(after.elements("Key"), ["a/c d", "a0", "b/x"]);
    let buckets = world.ask("GET /").await;
    assert_eq!(buckets.elements("Name"), ["logs", "results"]);
}

#[tokio::test]
async fn many_are_deleted_and_what_cannot_be_is_named() {
    let world = World::new();
    for key in ["a", "b/c", "b/d"] {
        world.check(&format!("PUT /results/{key}\n\n1"), "200 ").await;
    }
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b/c</Key></Object><Object><Key>none</Key></Object></Delete>";
    let deleted = world.ask(&format!("POST /results?delete\n\n{body}")).await;
    assert_eq!(deleted.elements("Key"), ["a", "b/c", "none"]);
    assert_eq!(world.files(), ["results/b/d"]);
    let denied = world.ask(&format!("POST /logs?delete\n\n{body}")).await;
    assert_eq!(denied.elements("Code"), ["AccessDenied"; 3]);
}

#[tokio::test]
async fn an_upload_in_parts_can_be_listed_copied_into_completed_and_aborted() {
    let world = World::new();
    let begun = world.ask("POST /results/big?uploads").await;
    let id = begun.element("UploadId").expect("an id").to_owned();
    let part = world.ask(&format!("PUT /results/big?partNumber=2&uploadId={id}\n\nend")).await;
    let second = part.header("etag").to_owned();
    let copied = world
        .ask(&format!(
            "PUT /results/big?partNumber=1&uploadId={id}\nx-amz-copy-source: /logs/2024/10/one.log\nx-amz-copy-source-range: bytes=2-5"
        ))
        .await;
    let first = copied.element("ETag").expect("a tag").to_owned();
    let parts = world.ask(&format!("GET /results/big?uploadId={id}&max-parts=1")).await;
    assert_eq!(parts.elements("PartNumber"), ["1"]);
    assert_eq!((parts.element("Size"), parts.element("IsTruncated")), (Some("4"), Some("true")));
    assert_eq!(world.ask("GET /results?uploads").await.elements("Key"), ["big"]);
    let complete = |parts: &str| {
        format!(
            "POST /results/big?uploadId={id}\n\n<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        )
    };
    let named = |number: u32, etag: &str| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let both = format!("{}{}", named(1, &first), named(2, &second));
    world.check(&complete(&both), "400 EntityTooSmall").await;
    world.check(&complete(&named(2, &first)), "400 InvalidPart").await;
    // A client that has waited too long asks again, while the first answer is on its way and after.
    let complete = complete(&named(1, &first));
    let done = futures::join!(world.ask(&complete), world.ask(&complete));
    let again = world.ask(&complete).await;
    for done in [&done.0, &done.1, &again] {
        assert_eq!(done.element("Key"), Some("big"));
        assert_eq!(done.element("ETag"), again.element("ETag"));
    }
    world.check("GET /results/big", "200 line").await;
    let begun = world.ask("POST /results/big?uploads").await;
    let id = begun.element("UploadId").expect("an id").to_owned();
    world.check(&format!("DELETE /results/big?uploadId={id}"), "204 ").await;
    world.check(&format!("GET /results/big?uploadId={id}"), "404 NoSuchUpload").await;
    assert_eq!(world.files(), ["results/big"]);
}

#[tokio::test]
async fn buckets_are_made_asked_for_named_by_hosts_and_removed() {
    let world = World::new();
    world.check("PUT /mine\n\n<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>", "200 ").await;
    world.check("PUT /mine", "200 ").await;
    world.check("HEAD /mine", "200 ").await;
    world.check("PUT /a/b\nHost: mine.s3.localhost:8765\n\nbytes", "200 ").await;
    world.check("GET /mine/a/b\nHost: s3.localhost:8765", "200 bytes").await;
    world.check("GET /a/b\nHost: mine.localhost", "200 bytes").await;
    let location = world.ask("GET /mine?location").await;
    assert!(location.text.contains("LocationConstraint"), "{}", location.text);
    assert_eq!(world.ask("GET /mine?versioning").await.element("Status"), None);
    assert_eq!(world.ask("GET /mine/a/b?tagging").await.element("Key"), None);
    world.check("DELETE /mine/a/b", "204 ").await;
    world.check("DELETE /mine", "204 ").await;
    world.check("HEAD /mine", "404 NoSuchBucket").await;
}

#[tokio::test]
async fn of_clients_that_want_no_object_to_be_there_one_writes() {
    let world = World::new();
    let check = async |condition: &str, winners: usize| {
        let request = format!("PUT /results/lock\n{condition}\n\nmine");
        let asked = (0..20).map(|_| world.ask(&request));
        let answers = futures::future::join_all(asked).await;
        let wrote = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
        let refused =
            answers.iter().filter(|answer| answer.element("Code") == Some("PreconditionFailed"));
        assert_eq!((wrote, refused.count()), (winners, 20 - winners), "{condition}");
    };
    check("If-None-Match: *", 1).await;
    check("If-None-Match: *", 0).await;
    let there = world.ask("HEAD /results/lock").await;
    check(&format!("If-Match: {}", there.header("etag")), 1).await;
}

#[tokio::test]
async fn a_folder_of_logs_that_is_gone_is_not_empty() {
    let world = World::new();
    std::fs::remove_dir_all(world.folder.path().join("logs")).unwrap();
    for request in ["HEAD /logs", "GET /logs", "GET /logs?list-type=2", "GET /logs/2024/10/one.log"]
    {
        world.check(request, "500 InternalError").await;
    }
    let answer = world.ask("GET /logs").await;
    assert!(answer.text.contains("is gone"), "{answer:?}");
}
