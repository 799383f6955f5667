//! The port of `floodmark serve`: who is let in, what hostile clients reach, and the commands around it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::program::{answer, command, run};
use crate::served::{Served, reply, rest, signal};

const TOKEN: &str = "a-token-of-the-tests";

#[test]
fn a_server_says_where_it_is_and_ends_in_good_order() {
    let served = Served::start(&[]);
    let health = served.ask("GET /-/health", &[], "");
    assert_eq!(health.status, 200);
    let health: Value = serde_json::from_str(&health.body).expect("JSON");
    assert_eq!(health, json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }));

    let env = answer(&mut served.command(&["env"]), b"");
    assert_eq!(env.code, 0, "{}", env.err);
    assert!(
        env.out.contains(&format!("export AWS_ENDPOINT_URL='{}'\n", served.url)),
        "{}",
        env.out
    );
    assert!(env.out.contains("export AWS_SECRET_ACCESS_KEY='floodmark'\n"), "{}", env.out);
    assert!(env.out.lines().all(|line| line.starts_with("export ") || line.starts_with("unset ")));

    // A shell takes the lines, and a region that is set stays.
    let told = Command::new("/bin/sh")
        .args([
            "-c",
            "eval \"$(\"$0\" env)\"; echo $AWS_ENDPOINT_URL $AWS_REGION $AWS_DEFAULT_REGION",
        ])
        .arg(env!("CARGO_BIN_EXE_floodmark"))
        .env("FLOODMARK_HOME", served.home())
        .env("AWS_REGION", "eu-west-1")
        .env_remove("AWS_DEFAULT_REGION")
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(told.trim(), format!("{} eu-west-1 eu-west-1", served.url));

    let home = served.home().to_owned();
    assert!(home.join("server/address.json").exists());
    let (code, said) = served.end();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("floodmark --home"), "{said}");
}

#[test]
fn env_says_how_to_start_a_server_if_there_is_none() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().to_str().expect("a path in UTF-8");
    let none = run(&["env", "--home", path]);
    assert_eq!((none.code, none.out.as_str()), (3, ""));
    assert!(none.err.contains("`floodmark serve` starts one"), "{}", none.err);

    // One that was killed leaves its file, and nobody answers there.
    let served = Served::start_in(home.path(), &[]);
    signal("KILL", served.pid());
    drop(served);
    assert!(home.path().join("server/address.json").exists());
    assert_eq!(run(&["env", "--home", path]).code, 3);
    // The next one does not mind.
    let served = Served::start_in(home.path(), &[]);
    assert_eq!(run(&["env", "--home", path]).code, 0);

    let second = run(&["serve", "--listen", "127.0.0.1:0", "--home", path]);
    assert_eq!(second.code, 5);
    assert!(second.err.contains("runs already"), "{}", second.err);
    assert!(second.err.contains(&served.url), "{}", second.err);
    drop(served);
}

#[test]
fn the_server_of_another_folder_is_not_taken_for_ones_own() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().to_str().expect("a path in UTF-8");
    let served = Served::start_in(home.path(), &[]);
    signal("KILL", served.pid());
    drop(served);
    // Where it listened, the server of another folder does by now.
    let other = Served::start(&[]);
    let file = "server/address.json";
    std::fs::copy(other.home().join(file), home.path().join(file)).expect("a copy");
    let none = run(&["env", "--home", path]);
    assert_eq!((none.code, none.out.as_str()), (3, ""));
    let served = Served::start_in(home.path(), &[]);
    let env = answer(&mut served.command(&["env"]), b"");
    assert!(env.out.contains(&format!("'{}'", served.url)), "{}", env.out);
    drop(other);
}

#[cfg(unix)]
#[test]
fn others_do_not_enter_the_folder_of_the_server() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("a folder").permissions().mode() & 0o777
    };
    let served = Served::start(&[]);
    assert_eq!(mode(&served.home().join("server")), 0o700);
    // One that an older server made is closed.
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("server/results");
    std::fs::create_dir_all(&folder).expect("a folder");
    for path in [home.path().join("server"), folder.clone()] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("it is ours");
    }
    let _served = Served::start_in(home.path(), &[]);
    assert_eq!(mode(&home.path().join("server")), 0o700);
    assert_eq!(mode(&folder), 0o700);
}

#[test]
fn a_refusal_before_the_body_ends_the_connection() {
    let served = Served::start(&["--token", TOKEN]);
    let announced = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    let target = "X-Amz-Target: AmazonAthena.ListWorkGroups\r\n";
    let encoded = format!("X-Amz-Security-Token: {TOKEN}\r\nContent-Encoding: gzip\r\n{target}");
    for (headers, status) in [(String::new(), 403), (target.to_owned(), 403), (encoded, 415)] {
        // The client does not send the body then, and would go on with its next request.
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\n{headers}{announced}\r\nGET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        );
        let answers = served.send(request.as_bytes());
        let refused = reply(&answers);
        assert_eq!(refused.status, status, "{answers}");
        assert!(refused.head.contains("connection: close"), "{answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    }
}

#[test]
fn a_value_of_another_type_is_refused_in_the_words_of_aws() {
    let served = Served::start(&[]);
    for (action, input, message) in [
        (
            "GetQueryResults",
            json!({ "QueryExecutionId": "x", "MaxResults": "1, expected a map" }),
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            "GetQueryResults",
            json!({ "QueryExecutionId": "x", "MaxResults": true }),
            "TRUE_VALUE can not be converted to an Integer",
        ),
        (
            "GetQueryExecution",
            json!({ "QueryExecutionId": 1 }),
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            "GetQueryExecution",
            json!({ "QueryExecutionId": ["x"] }),
            "Start of list found where not expected",
        ),
        (
            "GetQueryExecution",
            json!({ "QueryExecutionId": {} }),
            "Start of structure or map found where not expected.",
        ),
    ] {
        let (status, refused) = served.call(&format!("AmazonAthena.{action}"), &input);
        assert_eq!(status, 400);
        assert_eq!(
            refused,
            json!({ "__type": "SerializationException", "Message": message }),
            "{input}"
        );
    }
}

#[test]
fn what_cannot_be_listened_to_is_told_with_a_way_out() {
    let served = Served::start(&[]);
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path().to_str().expect("a path in UTF-8");
    let taken = run(&["serve", "--home", home, "--listen", &served.address().to_string()]);
    assert_eq!(taken.code, 5);
    assert!(taken.err.contains("--listen 127.0.0.1:0"), "{}", taken.err);
    let check = |arguments: &[&str], expect: &str| {
        let all: Vec<&str> = ["serve", "--home", home].iter().chain(arguments).copied().collect();
        let failed = run(&all);
        assert_eq!(failed.code, 2, "{}", failed.err);
        assert!(failed.err.contains(expect), "{arguments:?}: {}", failed.err);
    };
    check(&["--listen", "0.0.0.0:0"], "--token auto");
    check(&["--listen", "example.com:1"], "is no address");
    check(&["--listen", "127.0.0.1:0", "--token", "short"], "a token has 16");
    check(&["--listen", "127.0.0.1:0", "--poll-wait", "5"], "is no time");
    check(&["--listen", "127.0.0.1:0", "--bucket", "logs"], "is no bucket and folder");
    check(&["--listen", "127.0.0.1:0", "--bucket", "logs=/no/such/folder"], "/no/such/folder");
    let (certificate, key) = (format!("{home}/c.pem"), format!("{home}/k.pem"));
    std::fs::write(&certificate, "no certificate").expect("a file to write");
    std::fs::write(&key, "no key").expect("a file to write");
    let tls = ["--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
    check(&tls, "are no certificate and its key");
}

/// Asks with these headers for the list of buckets, and for an action of Athena.
fn statuses(served: &Served, headers: &[&str]) -> [u16; 2] {
    let s3 = served.ask("GET /no-such-bucket", headers, "");
    let target = "X-Amz-Target: AmazonAthena.NoSuchAction";
    let with: Vec<&str> = headers.iter().copied().chain([target]).collect();
    let athena = served.ask("POST /", &with, "{}");
    [s3.status, athena.status]
}

#[test]
fn pages_of_the_web_are_kept_out() {
    let served =
        Served::start(&["--allow-host", "Logs.example.com", "--allow-host", "*.example.net"]);
    let port = served.address().port();
    let is_let_in = |headers: &[String], expect: bool| {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        for status in statuses(&served, &headers) {
            assert_eq!(status != 403, expect, "{headers:?} gave {status}");
        }
    };
    for host in [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1",
        "[::1]:8765",
        "bucket.s3.localhost",
        "logs.example.com:443",
        "a.b.example.net",
    ] {
        is_let_in(&[format!("Host: {host}")], true);
    }
    for host in [
        "evil.example.org",
        "localhost.example.org",
        "example.net",
        "notexample.net",
        "logs.example.com.example.org",
        "192.0.2.1",
        "",
        "a b",
        "localhost@example.org",
    ] {
        is_let_in(&[format!("Host: {host}")], false);
    }
    is_let_in(&["Host: localhost".to_owned(), "Host: localhost".to_owned()], false);
    for (origin, expect) in [
        (format!("http://localhost:{port}"), true),
        (format!("http://127.0.0.1:{port}"), true),
        (format!("https://logs.example.com:{port}"), true),
        ("http://localhost:1".to_owned(), false),
        ("http://localhost".to_owned(), false),
        (format!("http://evil.example.org:{port}"), false),
        ("null".to_owned(), false),
        (String::new(), false),
        (format!("file://localhost:{port}"), false),
    ] {
        is_let_in(&[format!("Origin: {origin}")], expect);
    }
    // What is embedded comes without an origin.
    is_let_in(
        &["Sec-Fetch-Site: cross-site".to_owned(), "Sec-Fetch-Mode: no-cors".to_owned()],
        false,
    );
    is_let_in(
        &["Sec-Fetch-Site: cross-site".to_owned(), "Sec-Fetch-Mode: navigate".to_owned()],
        true,
    );
    is_let_in(&["Sec-Fetch-Site: same-origin".to_owned(), "Sec-Fetch-Mode: cors".to_owned()], true);

    // What is said of a hostile name holds no markup.
    let refused = served.ask("GET /bucket", &["Host: evil&quot;.example.org"], "");
    assert_eq!(refused.status, 403);
    assert!(!refused.body.contains("evil&quot;"), "{}", refused.body);
    // An address in the first line counts as well as the header.
    let absolute = served.ask("GET http://evil.example.org/bucket", &[], "");
    assert_eq!(absolute.status, 403);
}

#[test]
fn a_token_lets_in_and_is_never_told() {
    let served = Served::start(&["--token", TOKEN]);
    let scope = "20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00";
    let signed = |key: &str| format!("Authorization: AWS4-HMAC-SHA256 Credential={key}/{scope}");
    for (headers, expect) in [
        (vec![], false),
        (vec![signed("AKIDEXAMPLE")], false),
        (vec![signed(&TOKEN[1..])], false),
        (vec!["Authorization: Bearer nothing".to_owned()], false),
        (vec![format!("Authorization: Basic {TOKEN}")], false),
        (vec![signed(TOKEN)], true),
        (vec![format!("Authorization: Bearer {TOKEN}")], true),
        (vec![signed("AKIDEXAMPLE"), format!("X-Amz-Security-Token: {TOKEN}")], true),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        for status in statuses(&served, &headers) {
            assert_eq!(status != 403, expect, "{headers:?} gave {status}");
        }
    }
    for (query, expect) in [
        (format!("X-Amz-Security-Token={TOKEN}"), true),
        (format!("X-Amz-Credential={TOKEN}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"), true),
        (format!("token={TOKEN}"), false),
    ] {
        let status = served.ask(&format!("GET /no-such-bucket/key?{query}"), &[], "").status;
        assert_eq!(status != 403, expect, "{query}");
    }

    // Each service says it in its own words.
    let (status, refusal) = served.call("AmazonAthena.ListWorkGroups", &json!({}));
    assert_eq!((status, &refusal["__type"]), (403, &json!("UnrecognizedClientException")));
    let s3 = served.ask("GET /bucket/key", &[], "");
    assert!(s3.body.contains("<Code>AccessDenied</Code>"), "{}", s3.body);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let sts = served.ask("POST /", &[form], "Action=GetCallerIdentity&Version=2011-06-15");
    assert!(sts.body.contains("<Code>InvalidClientTokenId</Code>"), "{}", sts.body);
    assert_eq!(served.ask("GET /-/health", &[], "").status, 200);
    // The files of the page are no secret; what it asks is.
    assert_eq!(served.ask("GET /", &["Accept: text/html"], "").status, 303);

    // Clients get it, and nobody else reads it.
    let env = answer(&mut served.command(&["env"]), b"");
    assert!(env.out.contains(&format!("export AWS_SESSION_TOKEN='{TOKEN}'")), "{}", env.out);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = served.home().join("server/address.json");
        let mode = std::fs::metadata(file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (_, said) = served.end();
    assert!(!said.contains(TOKEN), "{said}");
}

#[test]
fn a_token_can_be_made_up() {
    let served = Served::start(&["--token", "auto"]);
    let env = answer(&mut served.command(&["env"]), b"");
    let token = env.out.lines().find_map(|line| line.strip_prefix("export AWS_SESSION_TOKEN='"));
    let token = token.expect("a token").trim_end_matches('\'').to_owned();
    assert_eq!(token.len(), 32);
    assert_eq!(statuses(&served, &[])[1], 403);
    let given = format!("X-Amz-Security-Token: {token}");
    assert_ne!(statuses(&served, &[&given])[1], 403);
}

#[test]
fn each_service_is_found_without_being_named() {
    let served = Served::start(&[]);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let who = served.ask("POST /", &[form], "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(who.status, 200, "{}", who.body);
    assert!(who.body.contains("<Account>000000000000</Account>"), "{}", who.body);
    let other = served.ask("POST /", &[form], "Action=AssumeRole%3Cx%3E&Version=2011-06-15");
    assert_eq!(other.status, 400);
    assert!(other.body.contains("AssumeRole&lt;x&gt; of STS is not supported"), "{}", other.body);

    let signed = |service: &str| {
        format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    };
    let settings = served.ask("POST /GetDataLakeSettings", &[&signed("lakeformation")], "{}");
    let settings: Value = serde_json::from_str(&settings.body).expect("JSON");
    assert_eq!(settings["DataLakeSettings"]["DataLakeAdmins"], json!([]));
    for unknown in ["sqs", "athena", "glue", "kms"] {
        let reply = served.ask("POST /", &[&signed(unknown)], "{}");
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (400, "{\"__type\":\"UnknownOperationException\"}")
        );
    }
    let (status, unknown) = served.call("DynamoDB_20120810.ListTables", &json!({}));
    assert_eq!((status, unknown), (400, json!({ "__type": "UnknownOperationException" })));

    let compressed = served.ask(
        "POST /",
        &["X-Amz-Target: AmazonAthena.ListWorkGroups", "Content-Encoding: gzip"],
        "{}",
    );
    assert_eq!(compressed.status, 415, "{}", compressed.body);

    let page = served.ask("GET /", &["Accept: text/html,application/xhtml+xml"], "");
    assert_eq!(page.status, 303);
    assert!(page.head.contains("\r\nlocation: /_ui/\r\n"), "{}", page.head);
    assert_eq!(served.ask("GET /_ui/nothing", &[], "").status, 404);

    // Every answer has an id, each another.
    let id = |line: &str| {
        let head = served.ask(line, &[], "").head;
        let id = head.lines().find_map(|line| line.strip_prefix("x-amzn-requestid: "));
        id.expect("an id").to_owned()
    };
    assert_ne!(id("GET /-/health"), id("GET /-/health"));
    assert_eq!(id("GET /no-such-bucket/key").len(), 36);
}

#[test]
fn what_is_not_supported_is_told_once_and_safely() {
    let served = Served::start(&[]);
    for _ in 0..3 {
        let target = "X-Amz-Target: AWSGlue.NoSuchAction\u{9b}31m";
        let agent = format!("User-Agent: a-client\u{9b}2J {}", "x".repeat(5_000));
        let reply = served.ask("POST /", &[target, &agent], "{}");
        assert_eq!(reply.status, 400, "{reply:?}");
        served.call("AWSGlue.NoSuchAction", &json!({}));
    }
    let (_, said) = served.end();
    assert_eq!(said.matches("Glue's NoSuchAction is not supported").count(), 1, "{said}");
    assert!(!said.contains('\u{9b}') && !said.contains('\u{1b}'), "{said:?}");
    assert!(said.lines().all(|line| line.len() < 1_000), "{said}");
}

#[test]
fn no_path_leads_out_of_the_buckets() {
    let logs = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(logs.path().join("mapped")).expect("a folder");
    std::fs::write(logs.path().join("secret.txt"), "the secret").expect("a file to write");
    let mapped = format!("logs={}", logs.path().join("mapped").display());
    let served = Served::start(&["--bucket", &mapped]);
    for path in [
        "/logs/../secret.txt",
        "/logs/../../secret.txt",
        "/../secret.txt",
        "/logs/%2e%2e/secret.txt",
        "/logs/%2E%2E%2Fsecret.txt",
        "/logs%2f..%2fsecret.txt",
        "/logs/..%5csecret.txt",
        "/logs/./../secret.txt",
        "/logs//../secret.txt",
        "/logs/%00/../secret.txt",
        "/logs/..;/secret.txt",
        "/logs/%252e%252e/secret.txt",
        "/../../../../../../etc/passwd",
        "//etc/passwd",
        "/logs//etc/passwd",
        "/-/../logs/../secret.txt",
        "/_ui/../../secret.txt",
    ] {
        let reply = served.ask(&format!("GET {path}"), &[], "");
        assert!((400..=501).contains(&reply.status), "{path}: {reply:?}");
        assert!(!reply.body.contains("the secret") && !reply.body.contains("root:"), "{path}");
        served.ask(&format!("PUT {path}"), &[], "overwritten");
        served.ask(&format!("DELETE {path}"), &[], "");
    }
    let kept = std::fs::read_to_string(logs.path().join("secret.txt")).expect("it is there");
    assert_eq!(kept, "the secret");
    assert_eq!(served.ask("GET /-/health", &[], "").status, 200);
}

#[test]
fn rubbish_is_refused_and_the_server_goes_on() {
    let served = Served::start(&[]);
    // Not HTTP at all.
    for rubbish in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = served.connect();
        let _ = stream.write_all(rubbish);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let answer = rest(&mut stream);
        assert!(answer.is_empty() || reply(&answer).status >= 400, "{rubbish:?}: {answer}");
    }
    // A good request, with rubbish right behind it.
    let answers = served.send(
        b"GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n\x01\x02 rubbish\r\n\r\n",
    );
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 400").count(), 1, "{answers}");
    // A body whose length is told in two ways would be two requests to somebody.
    let smuggled = served.send(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonAthena.X\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /-/health HTTP/1.1\r\nHost: evil.example.org\r\nConnection: close\r\n\r\n",
    );
    assert!(!smuggled.contains("\"status\":\"ok\""), "{smuggled}");

    // Too much of everything.
    let long = format!("X-Long: {}", "x".repeat(100_000));
    assert_eq!(served.ask("GET /-/health", &[&long], "").status, 431);
    let many: Vec<String> = (0..500).map(|number| format!("X-{number}: x")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(served.ask("GET /-/health", &many, "").status, 431);
    let path = format!("GET /{}", "x".repeat(100_000));
    assert!(served.ask(&path, &[], "").status >= 400);
    let body = "x".repeat(5 << 20);
    let target = "X-Amz-Target: AmazonAthena.StartQueryExecution";
    assert_eq!(served.ask("POST /", &[target], &body).status, 413);
    // As much without saying it before.
    let mut chunked = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\n{target}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n",
        body.len()
    );
    chunked.push_str(&body);
    chunked.push_str("\r\n0\r\n\r\n");
    assert_eq!(reply(&served.send(chunked.as_bytes())).status, 413);

    assert_eq!(served.ask("GET /-/health", &[], "").status, 200);
    let (code, said) = served.end();
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("defect"), "{said}");
}

#[test]
fn clients_that_fall_silent_or_go_are_let_go() {
    let served = Served::start(&["--client-timeout", "200ms"]);
    let target = "X-Amz-Target: AmazonAthena.ListWorkGroups";
    for beginning in [
        String::new(),
        "GET /-/health HTT".to_owned(),
        "GET /-/health HTTP/1.1\r\nHost: local".to_owned(),
        format!("POST / HTTP/1.1\r\nHost: localhost\r\n{target}\r\nContent-Length: 100\r\n\r\n{{"),
        "PUT /a-bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx".to_owned(),
        "GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
    ] {
        let mut stream = served.connect();
        stream.write_all(beginning.as_bytes()).expect("the server takes it");
        // It comes to an end by itself.
        let answer = rest(&mut stream);
        assert!(
            !answer.contains(" 200 ") || beginning.ends_with("\r\n\r\n"),
            "{beginning}: {answer}"
        );
        // And one that does not wait for that.
        let mut stream = served.connect();
        stream.write_all(beginning.as_bytes()).expect("the server takes it");
        drop(stream);
    }
    assert_eq!(served.ask("GET /-/health", &[], "").status, 200);
    assert!(!served.said().contains("defect"), "{}", served.said());
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let served = Served::start(&[]);
    let idle: Vec<_> = (0..200).map(|_| served.connect()).collect();
    assert_eq!(served.ask("GET /-/health", &[], "").status, 200);
    // The end does not wait for them.
    let (code, said) = served.end();
    assert_eq!(code, 0, "{said}");
    drop(idle);
}

#[test]
fn tls_is_trusted_by_those_who_are_told() {
    let served = Served::start(&["--tls-self-signed", "--token", TOKEN]);
    assert!(served.url.starts_with("https://127.0.0.1:"), "{}", served.url);
    // Without TLS, the port says what it speaks.
    let plain = served.ask("GET /-/health", &[], "");
    assert_eq!(plain.status, 400);
    assert!(plain.body.contains(&served.url), "{}", plain.body);
    let env = answer(&mut served.command(&["env"]), b"");
    assert_eq!(env.code, 0, "{}", env.err);
    assert!(env.out.contains("export AWS_CA_BUNDLE='"), "{}", env.out);
    // Half a handshake.
    let _ = served.connect().write_all(b"\x16\x03\x01\x02\x00\x01");

    let Some(python) = floodmark_testing::python::interpreter() else { return };
    let script = "\
import os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ['AWS_CA_BUNDLE'])
context.verify_flags |= ssl.VERIFY_X509_STRICT
url = os.environ['AWS_ENDPOINT_URL']
for url in (url, url.replace('127.0.0.1', 'localhost')):
    print(urllib.request.urlopen(url + '/-/health', context=context).status)
import boto3
print(boto3.client('sts').get_caller_identity()['Account'])
";
    let python = python.to_str().expect("a path in UTF-8");
    let home = served.home().to_str().expect("a path in UTF-8").to_owned();
    let arguments =
        ["run", "--home", &home, "--tls-self-signed", "--token", TOKEN, "--", python, "-c", script];
    let trusted = run(&arguments);
    assert_eq!(trusted.out, "200\n200\n000000000000\n", "{}", trusted.err);
    assert_eq!(trusted.code, 0);
}

/// Only there are all addresses of the loopback this machine's without being set up.
#[cfg(target_os = "linux")]
#[test]
fn a_second_server_with_tls_leaves_the_first_its_certificate() {
    let served = Served::start(&["--tls-self-signed"]);
    let env = answer(&mut served.command(&["env"]), b"");
    let file = env.out.lines().find_map(|line| line.strip_prefix("export AWS_CA_BUNDLE='"));
    let file = file.expect("a certificate").trim_end_matches('\'');
    let trusted = std::fs::read_to_string(file).expect("it is there");
    let show = "cat \"$AWS_CA_BUNDLE\"";
    let second = answer(
        &mut served.command(&[
            "run",
            "--listen",
            "127.0.0.2:0",
            "--tls-self-signed",
            "--",
            "/bin/sh",
            "-c",
            show,
        ]),
        b"",
    );
    assert_eq!(second.code, 0, "{}", second.err);
    assert!(second.out.starts_with("-----BEGIN CERTIFICATE"), "{}", second.out);
    assert_ne!(second.out, trusted);
    assert_eq!(std::fs::read_to_string(file).expect("it is there"), trusted);
}

#[test]
fn a_program_runs_with_a_server_of_its_own() {
    let script = "echo \"$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID [$AWS_PROFILE] $1\"; exit 7";
    let mut command = command(&["run", "--", "/bin/sh", "-c", script, "sh", "--from"]);
    let told =
        answer(command.env("AWS_PROFILE", "real").env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), b"");
    assert_eq!(told.code, 7, "{}", told.err);
    assert!(told.out.starts_with("http://127.0.0.1:"), "{}", told.out);
    assert!(told.out.ends_with(" floodmark [] --from\n"), "{}", told.out);
    assert_eq!(told.err, "", "it says nothing of itself");

    assert_eq!(run(&["run", "--", "/bin/sh", "-c", "exit 0"]).code, 0);
    assert_eq!(run(&["run", "--", "/bin/sh", "-c", "kill -KILL $$"]).code, 137);
    assert_eq!(run(&["run"]).code, 2);
    let none = run(&["run", "--", "floodmark-has-no-such-program"]);
    assert_eq!(none.code, 3);
    assert!(none.err.contains("there is no program"), "{}", none.err);
}

#[test]
fn programs_run_at_the_same_time_over_one_data_folder() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let start = || {
        let mut command = command(&["run", "--", "/bin/sh", "-c", "echo ran"]);
        command.env("FLOODMARK_HOME", home.path()).spawn().expect("the program starts")
    };
    let children: Vec<_> = (0..8).map(|_| start()).collect();
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(0), &b"ran\n"[..]),
            "{said}"
        );
    }
}

#[test]
fn a_program_gets_the_signals_of_its_server() {
    for (name, code) in [("TERM", 9), ("INT", 10)] {
        let script = "trap 'kill $!; exit 9' TERM; trap 'kill $!; exit 10' INT; echo ready; sleep 600 > /dev/null 2>&1 & wait";
        let mut child = command(&["run", "--", "/bin/sh", "-c", script])
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
        signal(name, child.id());
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(code));
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("the end");
        assert_eq!(rest, "");
    }
}
