//! Plain HTTP.

use std::time::Duration;

use floodmark_aws::http::{GetOptions, client, get};
use floodmark_aws::{ErrorKind, Result};
use floodmark_testing::http_server::{HttpServer, Reply};

fn server() -> HttpServer {
    HttpServer::start(|request| match request.path.as_str() {
        "/page" if request.headers.get("if-none-match").is_some_and(|etag| etag == "\"1\"") => {
            Reply::new(304, "")
        }
        "/page" => Reply::new(200, "text").header("ETag", "\"1\""),
        "/led" => Reply::new(302, "").header("Location", "/page"),
        "/round" => Reply::new(302, "").header("Location", "/round"),
        _ => Reply::new(404, "none"),
    })
}

async fn fetch(path: &str, redirections: usize, options: GetOptions<'_>) -> Result<(u16, String)> {
    let url = format!("{}{path}", server().endpoint());
    let response = get(&client(redirections)?, &url, &options).await?;
    Ok((response.status, String::from_utf8_lossy(&response.body).into_owned()))
}

#[tokio::test]
async fn a_page_is_fetched_with_its_headers() {
    let server = server();
    let client = client(2).expect("connections can be made");
    let url = format!("{}/led", server.endpoint());
    let found = get(&client, &url, &GetOptions::default()).await.expect("an answer");
    assert_eq!((found.status, found.body.as_slice()), (200, b"text".as_slice()));
    assert!(found.url.ends_with("/page"), "{}", found.url);
    let etag = found.header("etag");
    assert_eq!(etag, Some("\"1\""));
    let again = GetOptions { if_none_match: etag, ..GetOptions::default() };
    let unchanged = get(&client, &url, &again).await.expect("an answer");
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
}

#[tokio::test]
async fn limits_hold() {
    let usual = GetOptions::default;
    assert_eq!(fetch("/none", 2, usual()).await.expect("an answer"), (404, "none".to_owned()));
    // Without redirections the caller sees where it leads.
    assert_eq!(fetch("/led", 0, usual()).await.expect("an answer").0, 302);
    let error = fetch("/round", 2, usual()).await.expect_err("it has no end");
    assert!(error.to_string().contains("leads on more than 2 times"), "{error}");
    let small = GetOptions { bytes_max: 3, ..usual() };
    let error = fetch("/page", 2, small).await.expect_err("it is larger");
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    let client = client(2).expect("connections can be made");
    for url in ["file:///etc/hosts", "nonsense", "ftp://192.0.2.1/"] {
        let error = get(&client, url, &usual()).await.expect_err("it is no page");
        assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{url}");
    }
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    // It takes the connection, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    let options = GetOptions { time_max: Duration::from_millis(50), ..GetOptions::default() };
    let client = client(2).expect("connections can be made");
    let error = get(&client, &url, &options).await.expect_err("there is no answer");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("does not answer within 0.05 seconds"), "{error}");
}
