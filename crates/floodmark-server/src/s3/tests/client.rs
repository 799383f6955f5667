//! A client that signs its requests and knows nothing of us, over a port.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, WriteMultipart};
use tokio::net::TcpListener;

use crate::s3::tests::World;

impl World {
    /// Answers at an address of this machine, from now on.
    pub(super) async fn serve(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let s3 = Arc::clone(&self.s3);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let s3 = Arc::clone(&s3);
                let service = service_fn(move |request| {
                    let s3 = Arc::clone(&s3);
                    async move { Ok::<_, Infallible>(s3.answer(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        address
    }

    /// A client of a bucket.
    async fn client(&self, bucket: &str) -> AmazonS3 {
        client(self.serve().await, bucket)
    }
}

/// A client of a bucket at an address.
pub(super) fn client(address: SocketAddr, bucket: &str) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_region("eu-central-1")
        .with_bucket_name(bucket)
        .with_access_key_id("anything")
        .with_secret_access_key("else")
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .build()
        .expect("a client")
}

#[tokio::test]
async fn a_client_writes_reads_lists_copies_and_deletes() {
    let world = World::new();
    let client = world.client("results").await;
    let keys = ["a/b=ä ö+%.csv", "a/c", "d"].map(Path::from);
    for key in &keys {
        client.put(key, "hello world".into()).await.unwrap();
    }
    let read = client.get(&keys[0]).await.unwrap();
    assert_eq!(read.meta.size, 11);
    assert_eq!(read.bytes().await.unwrap(), "hello world");
    assert_eq!(client.get_range(&keys[1], 6..11).await.unwrap(), "world");
    let listed: Vec<_> = client.list(None).try_collect().await.unwrap();
    assert_eq!(
        listed.iter().map(|object| &object.location).collect::<Vec<_>>(),
        [&keys[0], &keys[1], &keys[2]]
    );
    let folders = client.list_with_delimiter(None).await.unwrap();
    assert_eq!(folders.common_prefixes, [Path::from("a")]);
    client.copy(&keys[2], &Path::from("e")).await.unwrap();
    client.delete(&keys[2]).await.unwrap();
    let missing = client.head(&keys[2]).await.unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
    let created = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let there = client.put_opts(&keys[1], "again".into(), created).await.unwrap_err();
    assert!(matches!(there, Error::AlreadyExists { .. }), "{there}");
}

#[tokio::test]
async fn a_client_uploads_in_parts() {
    let world = World::new();
    let client = world.client("results").await;
    let key = Path::from("big");
    let mut upload = WriteMultipart::new(client.put_multipart(&key).await.unwrap());
    let bytes: Bytes = (0..11_u32 << 20).map(|at| (at % 251) as u8).collect();
    for piece in bytes.chunks(1 << 20) {
        upload.write(piece);
    }
    upload.finish().await.unwrap();
    assert!(client.get(&key).await.unwrap().bytes().await.unwrap() == bytes);
    assert_eq!(
        client.get_range(&key, 5_000_000..5_000_003).await.unwrap(),
        bytes[5_000_000..5_000_003]
    );
    assert_eq!(world.files(), ["results/big"]);
}

#[tokio::test]
async fn logs_are_read_and_nothing_else() {
    let world = World::new();
    let client = world.client("logs").await;
    let key = Path::from("2024/10/one.log");
    assert_eq!(client.get(&key).await.unwrap().bytes().await.unwrap(), "a line\n");
    let denied = client.put(&key, "x".into()).await.unwrap_err();
    assert!(denied.to_string().contains("only read"), "{denied}");
    // The client goes on over the same connection, where the bytes that were refused may still lie.
    assert_eq!(client.head(&key).await.unwrap().size, 7);
    assert!(client.delete(&key).await.is_err());
}
