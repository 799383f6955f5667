//! The page of `floodmark serve`: its files, who may ask, and what its questions are answered.

use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::logs::{gzip, write};
use crate::program::{answer, repository};
use crate::served::{Reply, Served};

const TOKEN: &str = "a-token-of-the-tests";

/// How often a test asks for something that comes soon before it fails.
const ATTEMPTS: usize = 100_000;

/// A server over the logs at a place.
fn over(place: &Path) -> Served {
    Served::start(&["--from", place.to_str().expect("a path in UTF-8")])
}

/// A server over a sample of a log.
fn over_sample(log: &str) -> Served {
    over(&repository("samples").join(log))
}

/// The token of a server's page.
fn token(served: &Served) -> String {
    let printed = answer(&mut served.command(&["open", "--print-token"]), b"");
    assert_eq!(printed.code, 0, "{}", printed.err);
    printed.out.trim().to_owned()
}

/// Asks a question with the token. The answer comes in one piece, as HTTP/1.0 has it.
fn ask(served: &Served, line: &str, body: &str) -> Reply {
    let (address, token) = (served.address(), token(served));
    let (head, length) = (format!("{line} HTTP/1.0\r\nHost: {address}"), body.len());
    let request = format!(
        "{head}\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    crate::served::reply(&served.send(request.as_bytes()))
}

/// Asks a question that one JSON answers.
fn whole(served: &Served, line: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = ask(served, line, &body);
    (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
}

/// Asks a question that lines of JSON answer; gives them all.
fn lines(served: &Served, name: &str, body: &Value) -> Vec<Value> {
    let reply = ask(served, &format!("POST /_ui/api/{name}"), &body.to_string());
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.head.contains("content-type: application/x-ndjson"), "{}", reply.head);
    reply.body.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The last message with a member.
fn told<'a>(lines: &'a [Value], member: &str) -> &'a Value {
    let found = lines.iter().rev().find_map(|line| line.get(member));
    found.unwrap_or_else(|| panic!("no `{member}` in {lines:?}"))
}

/// Whether every line is accounted for.
fn adds_up(account: &Value) -> bool {
    let number = |name: &str| account[name].as_u64().expect("a number");
    number("lines") > 0
        && number("lines") == number("rows") + number("headers") + number("rejected")
}

#[test]
fn the_files_come_with_what_browsers_need_to_be_safe() {
    let served = Served::start(&[]);
    let secure = [
        "content-security-policy: default-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
    ];
    for (line, status, content_type) in [
        ("GET /_ui/", 200, "text/html"),
        ("HEAD /_ui/", 200, "text/html"),
        ("GET /_ui/?log=nlb", 200, "text/html"),
        ("GET /_ui/app.js", 200, "text/javascript"),
        ("GET /_ui/app.css", 200, "text/css"),
        ("GET /_ui/icon.svg", 200, "image/svg+xml"),
        ("GET /_ui", 303, "text/plain"),
        ("GET /_ui/none.js", 404, "text/plain"),
        ("POST /_ui/app.js", 405, "text/plain"),
        ("GET /_ui/api/start", 401, "application/json"),
        ("GET /_ui/api/none", 401, "application/json"),
        ("GET /_ui/?token=x", 303, "text/plain"),
        ("HEAD /_ui/?token=x", 200, "text/html"),
    ] {
        let reply = served.ask(line, &[], "");
        assert_eq!(reply.status, status, "{line}");
        assert!(reply.head.contains(&format!("content-type: {content_type}")), "{}", reply.head);
        for header in secure {
            assert!(reply.head.contains(header), "{line}: {}", reply.head);
        }
    }
    let page = served.ask("GET /_ui/", &[], "");
    assert!(page.body.contains("<div id=\"page\">"), "{}", page.body);
    assert!(page.head.contains("cache-control: no-cache"), "{}", page.head);
    let tag = page.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
    let again = served.ask("GET /_ui/", &[&format!("If-None-Match: {tag}")], "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(served.ask("GET /_ui/", &["If-None-Match: \"x\""], "").status, 200);
}

#[test]
fn no_path_leads_out_of_the_page() {
    let served = Served::start(&[]);
    for path in [
        "/_ui/../Cargo.toml",
        "/_ui/../../../../etc/passwd",
        "/_ui//etc/passwd",
        "/_ui/%2e%2e/Cargo.toml",
        "/_ui/..%2f..%2fetc%2fpasswd",
        "/_ui/..%5c..%5cCargo.toml",
        "/_ui/./app.js",
        "/_ui/app.js/",
        "/_ui/app.js%00",
        "/_ui/.",
    ] {
        let reply = served.ask(&format!("GET {path}"), &[], "");
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
    }
}

#[test]
fn the_files_of_a_folder_take_the_place_of_the_own_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("index.html"), "<p>new</p>").expect("a file");
    let path = folder.path().to_str().expect("a path in UTF-8");
    let served = Served::start(&["--page-folder", path]);
    let page = served.ask("GET /_ui/", &[], "");
    assert_eq!(page.body, "<p>new</p>");
    assert!(page.head.contains("cache-control: no-store"), "{}", page.head);
    assert!(page.head.contains("content-security-policy: default-src 'self'"), "{}", page.head);
    assert_eq!(served.ask("GET /_ui/app.js", &[], "").status, 404);
}

#[test]
fn the_token_of_the_address_becomes_a_cookie() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let served = Served::start_in(home.path(), &[]);
    let token = token(&served);
    let page = format!("{}/_ui/?token={token}", served.url);
    assert!((0..ATTEMPTS).any(|_| served.said().contains(&format!("page: {page}\n"))));

    let line = format!("GET /_ui/?log=nlb&token={token}&search=%3Cb%3E+x");
    let reply = served.ask(&line, &[], "");
    assert_eq!((reply.status, reply.body.as_str()), (303, ""));
    assert!(reply.head.contains("location: /_ui/?log=nlb&search=%3cb%3e+x\r\n"), "{}", reply.head);
    let name = format!("floodmark_{}", served.address().port());
    let cookie = set_cookie(&reply, &name);
    let (pass, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "httponly; samesite=strict; path=/_ui");
    assert!(pass.len() == 64 && !reply.head.contains(&token), "{}", reply.head);

    let status = |headers: &[&str]| {
        let reply = served.ask("GET /_ui/api/schema", headers, "");
        if reply.status != 200 {
            let failure: Value = serde_json::from_str(&reply.body).expect("JSON");
            assert_eq!(failure["error"]["kind"], "AccessDenied");
            assert_eq!(failure["error"]["hint"], "open the address that `floodmark serve` printed");
        }
        reply.status
    };
    assert_eq!(status(&[]), 401);
    assert_eq!(status(&[&format!("Cookie: {name}={pass}")]), 200);
    assert_eq!(status(&[&format!("Cookie: a=b; {name}={pass}; c=d")]), 200);
    assert_eq!(status(&[&format!("Authorization: Bearer {token}")]), 200);
    assert_eq!(status(&[&format!("Cookie: {name}={}", &pass[1..])]), 401);
    assert_eq!(status(&[&format!("Cookie: floodmark_1={pass}")]), 401);
    // One is not the other.
    assert_eq!(status(&[&format!("Cookie: {name}={token}")]), 401);
    assert_eq!(status(&[&format!("Authorization: Bearer {pass}")]), 401);
    assert_eq!(status(&[&format!("X-Amz-Security-Token: {token}")]), 401);
    // A page of another site has no say, whatever it knows.
    let foreign = ["Origin: http://evil.example.org", &format!("Cookie: {name}={pass}")];
    let refused = served.ask("GET /_ui/api/schema", &foreign, "");
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("{\"error\":{"), "{}", refused.body);

    let wrong = served.ask("GET /_ui/?token=0123456789abcdef0123456789abcdef", &[], "");
    assert!(wrong.status == 303 && !wrong.head.contains("set-cookie"), "{}", wrong.head);
    // The AWS API asks for no token as long as none is set.
    assert_eq!(served.ask("GET /no-such-bucket", &[], "").status, 404);

    // A bookmark lets in after a restart.
    drop(served);
    let served = Served::start_in(home.path(), &[]);
    assert_eq!(self::token(&served), token);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = home.path().join("server/page-token");
        let mode = std::fs::metadata(file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_chosen_token_is_that_of_the_page_too() {
    let served = Served::start(&["--token", TOKEN]);
    assert_eq!(token(&served), TOKEN);
    // Whoever comes by the root finds the page, which asks for the token itself.
    let root = served.ask("GET /", &["Accept: text/html"], "");
    assert!(root.status == 303 && root.head.contains("location: /_ui/"), "{}", root.head);
    assert_eq!(served.ask("GET /", &[], "").status, 403);
    assert_eq!(served.ask("GET /_ui/app.js", &[], "").status, 200);
    // The cookie does not give the AWS API away.
    let let_in = served.ask(&format!("GET /_ui/?token={TOKEN}"), &[], "");
    let name = format!("floodmark_{}", served.address().port());
    let cookie = set_cookie(&let_in, &name);
    let pass = cookie.split(';').next().expect("a value");
    assert_ne!(pass, TOKEN);
    assert_eq!(served.ask("GET /", &[&format!("Authorization: Bearer {pass}")], "").status, 403);
    let cookie = format!("Cookie: {name}={pass}");
    assert_eq!(served.ask("GET /_ui/api/schema", &[&cookie], "").status, 200);
    assert_eq!(served.ask("GET /_ui/api/schema", &[], "").status, 401);
    let bearer = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(served.ask("GET /_ui/api/schema", &[&bearer], "").status, 200);
    let start = whole(&served, "GET /_ui/api/start", &Value::Null).1;
    let command = start["token_command"].as_str().expect("a command");
    assert!(command.ends_with(" open --print-token"), "{command}");
}

#[test]
fn questions_are_asked_as_they_are_to_be() {
    let served = over_sample("nlb");
    for (line, status, allowed) in [
        ("GET /_ui/api/sql", 405, Some("POST")),
        ("PUT /_ui/api/look", 405, Some("POST")),
        ("POST /_ui/api/start", 405, Some("GET")),
        ("DELETE /_ui/api/export", 405, Some("GET, POST")),
        ("GET /_ui/api/", 404, None),
        ("GET /_ui/api/none", 404, None),
        ("GET /_ui/api/start/", 404, None),
        ("POST /_ui/api/sql/none", 404, None),
    ] {
        let reply = ask(&served, line, "");
        assert_eq!(reply.status, status, "{line}");
        assert!(reply.body.starts_with("{\"error\":{"), "{line}: {}", reply.body);
        if let Some(allowed) = allowed {
            let head = format!("{}\r\n", reply.head);
            let allow = format!("\r\nallow: {}\r\n", allowed.to_lowercase());
            assert!(head.contains(&allow), "{line}: {head}");
        }
    }
    for body in ["", "{", "[]", "{\"sql\":1}", "\u{0}"] {
        let (status, failure) = (ask(&served, "POST /_ui/api/sql/check", body).status, body);
        assert_eq!(status, 400, "{failure:?}");
    }
    let long = json!({ "sql": "x".repeat(2 << 20) }).to_string();
    let reply = ask(&served, "POST /_ui/api/sql", &long);
    assert_eq!(reply.status, 413, "{}", reply.body);
    assert!(reply.body.contains("\"LimitReached\""), "{}", reply.body);
    let statement = json!({ "sql": format!("SELECT '{}'", "x".repeat(300_000)) });
    let refused = lines(&served, "sql", &statement);
    assert_eq!(told(&refused, "error")["kind"], "LimitReached");
    // It goes on.
    assert_eq!(whole(&served, "GET /_ui/api/start", &Value::Null).0, 200);
}

#[test]
fn the_page_learns_what_there_is() {
    let served = over_sample("nlb");
    let (status, start) = whole(&served, "GET /_ui/api/start", &Value::Null);
    assert_eq!(status, 200);
    assert_eq!(start["logs"][0]["name"], "nlb");
    assert_eq!(start["logs"][0]["objects"], 4);
    assert_eq!(start["logs"][0]["client"], "client_ip");
    assert_eq!(start["ways"][0]["name"], "nacl");
    assert_eq!(start["ways"][0]["targets"], json!(["network"]));
    assert_eq!(start["forms"], json!(["cli", "json", "terraform", "cloudformation"]));
    assert_eq!(start["url"], format!("{}/_ui/api/", served.url));

    let schema = whole(&served, "GET /_ui/api/schema", &Value::Null).1;
    assert_eq!(schema["database"], "default");
    let databases = schema["databases"].as_array().expect("a list");
    let logs = databases.iter().find(|it| it["name"] == "logs").expect("the logs");
    assert_eq!(logs["tables"][0]["kind"], "log");
    let columns = logs["tables"][0]["columns"].as_array().expect("a list");
    let client = columns.iter().find(|it| it["name"] == "client_ip").expect("a column");
    assert_eq!(client["about"], "The client's address.");
    let kinds = |name: &str| {
        let functions = schema["functions"].as_array().expect("a list");
        functions.iter().any(|function| function["name"] == name)
    };
    assert!(kinds("approx_distinct") && kinds("regexp_like") && kinds("row_number"));
    assert!(schema["keywords"].as_array().expect("a list").contains(&json!("SELECT")));
}

#[test]
fn a_statement_gives_its_rows_and_its_account() {
    let served = over_sample("nlb");
    let question = json!({ "sql": "SELECT client_ip, received_bytes, incoming_tls_alert FROM nlb ORDER BY time LIMIT 2", "database": "", "rows_max": 10 });
    let answer = lines(&served, "sql", &question);
    let columns = told(&answer, "columns");
    assert_eq!(columns[1], json!({ "name": "received_bytes", "type": "bigint" }));
    let rows = told(&answer, "rows").as_array().expect("rows");
    assert_eq!((rows.len(), rows[0].as_array().expect("a row").len()), (2, 3));
    let end = told(&answer, "end");
    assert_eq!((&end["rows"], &end["is_cut"]), (&json!(2), &json!(false)));
    assert!(adds_up(&end["account"]), "{end}");

    let all = json!({ "sql": "SELECT * FROM UNNEST(sequence(1, 3000)) AS t(a)", "rows_max": 1200 });
    let answer = lines(&served, "sql", &all);
    let parts = answer.iter().filter_map(|line| line["rows"].as_array());
    let parts: Vec<usize> = parts.map(Vec::len).collect();
    assert_eq!(parts.iter().sum::<usize>(), 1200);
    assert!(parts.iter().all(|part| *part <= 500), "{parts:?}");
    assert_eq!(told(&answer, "end")["is_cut"], true);

    // What the API of Athena may do, the page may as well.
    let made = json!({ "sql": "CREATE TABLE busiest AS SELECT client_ip FROM nlb" });
    let made = lines(&served, "sql", &made);
    assert!(told(&made, "end")["notes"].to_string().contains("rows were written"), "{made:?}");
    let count = lines(&served, "sql", &json!({ "sql": "SELECT count(*) FROM busiest" }));
    assert_ne!(told(&count, "rows")[0][0], "0");
    // But no file of this machine is read.
    let outside = json!({ "sql": "CREATE EXTERNAL TABLE t (a string) LOCATION '/etc/'" });
    assert_eq!(told(&lines(&served, "sql", &outside), "error")["kind"], "AccessDenied");
}

#[test]
fn errors_are_told_with_their_places() {
    let served = over_sample("nlb");
    for (sql, kind, line, column) in [
        ("SELECT client_ip\nFROM nlbx", "NotFound", 2, 6),
        ("SELECT 1,\n  clien FROM nlb", "InvalidQuery", 2, 3),
        ("SELECT\n\n  FROM FROM nlb", "InvalidQuery", 3, 3),
    ] {
        let question = json!({ "sql": sql });
        let error = told(&lines(&served, "sql", &question), "error").clone();
        let (status, checked) = whole(&served, "POST /_ui/api/sql/check", &question);
        assert_eq!((status, &checked["error"]), (200, &error), "{sql}");
        let (status, plan) = whole(&served, "POST /_ui/api/sql/plan", &question);
        assert_eq!((status, &plan["error"]), (200, &error), "{sql}");
        assert_eq!(
            (&error["kind"], &error["line"], &error["column"]),
            (&json!(kind), &json!(line), &json!(column)),
            "{error}"
        );
    }
    let good = json!({ "sql": "SELECT client_ip FROM nlb" });
    let checked = whole(&served, "POST /_ui/api/sql/check", &good).1;
    assert_eq!(checked, json!({ "error": null }));
    let plan = whole(&served, "POST /_ui/api/sql/plan", &good).1;
    assert!(plan["text"].as_str().is_some_and(|text| text.contains("log=nlb")), "{plan}");
    for sql in ["SELECT 1; SELECT 2", "", "-- nothing"] {
        let error = told(&lines(&served, "sql", &json!({ "sql": sql })), "error").clone();
        assert_eq!(error["kind"], "InvalidQuery", "{sql}: {error}");
    }
    let other = json!({ "sql": "SELECT 1", "database": "nowhere" });
    assert_eq!(told(&lines(&served, "sql", &other), "error")["kind"], "NotFound");
    // What goes wrong behind the first rows is told as well.
    let late = "SELECT 10 / (a * 100 + b - 900000) FROM UNNEST(sequence(1, 10000)) AS t(a) CROSS JOIN UNNEST(sequence(1, 100)) AS u(b)";
    let late = lines(&served, "sql", &json!({ "sql": late, "rows_max": 1_000_000 }));
    assert_eq!(told(&late, "error")["message"], "Division by zero");
    assert!(late.iter().all(|line| line.get("end").is_none()));
}

#[test]
fn values_of_logs_are_only_ever_text() {
    let sample = std::fs::read_to_string(repository("samples/alb/2018-07-24-fields.log"));
    let line = sample.expect("a sample").lines().nth(1).expect("a line").to_owned();
    let hostile = "</script><script>alert(1)</script>\u{202e}=HYPERLINK()\u{1}";
    let line = line.replace("curl/7.46.0", hostile);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("alb.log"), format!("{line}\n")).expect("a log");
    let served = over(folder.path());
    let answer = lines(&served, "sql", &json!({ "sql": "SELECT user_agent FROM alb" }));
    assert_eq!(told(&answer, "rows")[0][0], hostile);
    let who = json!({ "addresses": [hostile], "user_agents": [hostile], "at": null });
    assert_eq!(whole(&served, "POST /_ui/api/who", &who).1["addresses"], json!({}));
    let is_refused = lines(&served, "whois", &json!({ "address": hostile }));
    assert_eq!(told(&is_refused, "error")["kind"], "InvalidQuery");
}

#[test]
fn a_file_has_all_rows_and_no_formula() {
    let served = over_sample("nlb");
    let file = |format: &str, sql: &str| {
        let sql: String = url_encoded(sql);
        ask(&served, &format!("GET /_ui/api/export?format={format}&sql={sql}"), "")
    };
    let formulas = "SELECT * FROM (VALUES ('=1+1', -5, '@x'), ('+1,2', 3, chr(9) || 'y'), ('-a', 0, 'plain'), (NULL, 1, '')) AS t(\"=a\", b, c)";
    let csv = file("csv", formulas);
    assert_eq!(
        csv.body, "'=a,b,c\n'=1+1,-5,'@x\n\"'+1,2\",3,'\ty\n'-a,0,plain\n,1,\"\"\n",
        "{}",
        csv.head
    );
    assert!(csv.head.contains("content-type: text/csv"), "{}", csv.head);
    assert!(
        csv.head.contains("content-disposition: attachment; filename=\"floodmark.csv\""),
        "{}",
        csv.head
    );
    let rows = file("ndjson", "SELECT client_ip FROM nlb").body.lines().count();
    let json: Value =
        serde_json::from_str(&file("json", "SELECT client_ip FROM nlb").body).expect("a list");
    assert!(rows > 10 && json.as_array().expect("a list").len() == rows);
    let parquet = file("parquet", "SELECT client_ip FROM nlb").body;
    assert!(parquet.starts_with("PAR1") && parquet.ends_with("PAR1"));
    // What is too long for an address comes as a form.
    let long = format!("SELECT 1 AS one -- {}", "x".repeat(100_000));
    let form = format!("format=csv&sql={}", url_encoded(&long));
    assert_eq!(ask(&served, "POST /_ui/api/export", &form).body, "one\n1\n");
    let empty = file("csv", "SELECT client_ip FROM nlb WHERE false");
    assert_eq!(empty.body, "client_ip\n");

    for (format, sql, status) in [
        ("csv", "SELECT nothing FROM nlb", 400),
        ("csv", "SELECT 1 FROM nowhere", 404),
        ("xlsx", "SELECT 1", 400),
        ("csv", "CREATE DATABASE made", 400),
        ("csv", "DROP TABLE nlb", 400),
        ("csv", "CREATE TABLE t AS SELECT 1 AS a", 400),
    ] {
        let reply = file(format, sql);
        assert_eq!(reply.status, status, "{sql}: {}", reply.body);
        assert!(reply.body.starts_with("{\"error\":{"), "{sql}: {}", reply.body);
    }
}

#[test]
fn a_file_that_fails_does_not_end_as_if_it_were_whole() {
    let served = Served::start(&[]);
    let bearer = format!("Authorization: Bearer {}", token(&served));
    let whole = |number: u32| {
        let sql = format!(
            "SELECT 10 / (a * 100 + b - {number}) FROM UNNEST(sequence(1, 10000)) AS t(a) CROSS JOIN UNNEST(sequence(1, 100)) AS u(b)"
        );
        let line = format!("GET /_ui/api/export?format=csv&sql={}", url_encoded(&sql));
        let reply = served.ask(&line, &[&bearer], "");
        assert_eq!(reply.status, 200);
        assert!(reply.head.contains("transfer-encoding: chunked"), "{}", reply.head);
        reply.body.ends_with("\r\n0\r\n\r\n")
    };
    assert!(whole(9_000_000));
    assert!(!whole(900_000));
}

#[test]
fn who_goes_away_stops_the_work() {
    let served = Served::start(&[]);
    let sql = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS t(a) CROSS JOIN UNNEST(sequence(1, 10000)) AS u(b) CROSS JOIN UNNEST(sequence(1, 10000)) AS v(c) WHERE a * b * c % 7 = 3";
    let body = json!({ "sql": sql }).to_string();
    let mut stream = served.connect();
    let request = format!(
        "POST /_ui/api/sql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        served.address(),
        token(&served),
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    // It works, and says how far it is.
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&read).contains("\"progress\"") {
        let count = stream.read(&mut piece).expect("the server answers");
        assert!(count > 0, "{}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..count]);
    }
    drop(stream);
    let is_stopped = (0..ATTEMPTS).any(|_| {
        served.ask("GET /-/health", &[], "");
        served.said().contains("`sql` of the page was stopped")
    });
    assert!(is_stopped, "{}", served.said());
    let (code, said) = served.end();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_view_is_looked_at_and_explained() {
    let served = over_sample("vpc_flow");
    let view = json!({ "log": "vpc_flow", "span": null, "during": null, "before": null, "filters": [], "search": "", "measure": "" });
    let want = json!({ "timeline": { "bins": 60 }, "rows": { "sort": null, "count": 10 } });
    let looked = lines(&served, "look", &json!({ "view": view, "want": want }));
    let end = told(&looked, "end");
    assert!(adds_up(&end["account"]), "{end}");
    assert_eq!((&end["state"], &end["source"]), (&json!("exact"), &json!("logs")));
    assert_eq!(told(&looked, "timeline")["total"], end["rows"].as_f64().expect("a number"));
    assert_eq!(told(&looked, "rows")["rows"].as_array().expect("rows").len(), 10);
    let again = lines(&served, "look", &json!({ "view": view, "want": want }));
    assert_eq!(told(&again, "end")["source"], "kept");
    assert_eq!(told(&again, "timeline"), told(&looked, "timeline"));

    let explained = lines(&served, "explain", &json!({ "view": view, "measure": null }));
    assert_eq!(told(&explained, "answer")["log"], "vpc_flow");
    assert!(adds_up(&told(&explained, "end")["account"]), "{explained:?}");
}

#[test]
fn an_address_is_known_and_blocked() {
    let served = over_sample("nlb");
    let view = json!({ "log": "nlb", "span": null, "during": null, "before": null, "filters": [], "search": "", "measure": "" });
    let mut of_client = view.clone();
    of_client["filters"] = json!([{ "field": "client_ip", "op": "is", "values": ["192.0.2.10"] }]);
    let whois = json!({ "address": "192.0.2.10", "view": of_client, "resolve": true });
    let whois = lines(&served, "whois", &whois);
    let parts = told(&whois, "card")["parts"].as_array().expect("parts");
    assert!(parts.iter().any(|part| part["text"] == "documentation, 192.0.2.0/24"), "{parts:?}");
    assert_eq!(told(&whois, "traffic")["roles"][0]["column"], "client_ip");
    assert!(told(&whois, "end")["notes"].to_string().contains("nobody was asked"), "{whois:?}");

    let block = json!({
        "way": "nacl", "targets": ["192.0.2.10", "198.51.100.0/24"], "direction": "inbound", "acl_id": null,
        "scope": "regional", "expires": "24h", "count_only": false, "bystanders": null, "view": of_client,
    });
    let blocked = lines(&served, "block", &block);
    let rule = told(&blocked, "rule");
    assert_eq!(rule["targets"], json!(["192.0.2.10/32", "198.51.100.0/24"]));
    for form in ["cli", "json", "terraform", "cloudformation"] {
        let written = &rule["forms"][form];
        assert!(written["apply"].as_str().is_some_and(|text| text.contains("192.0.2.10/32")));
        assert!(written["undo"].is_string(), "{form}: {written}");
    }
    assert!(rule["notes"][0].as_str().is_some_and(|note| note.contains("stands for")), "{rule}");
    let test = told(&blocked, "test");
    assert!(!test["sentences"].as_array().expect("sentences").is_empty(), "{test}");
    assert!(!test["statements"].as_array().expect("statements").is_empty(), "{test}");
    let own = json!({ "way": "nacl", "targets": ["10.0.0.0/8"], "scope": "regional" });
    let own = lines(&served, "block", &own);
    assert_eq!(told(&own, "rule")["refusals"][0]["reason"], "own-ranges");
    for (way, target) in [("waf-geo", "192.0.2.1"), ("nothing", "192.0.2.1"), ("nacl", "<b>")] {
        let wrong = json!({ "way": way, "targets": [target], "scope": "regional" });
        assert_eq!(told(&lines(&served, "block", &wrong), "error")["kind"], "InvalidQuery");
    }
    for log in ["nothing", "", "nlb; DROP"] {
        let view = json!({ "log": log });
        for (name, body) in [
            ("look", json!({ "view": view, "want": {} })),
            ("explain", json!({ "view": view })),
            ("whois", json!({ "address": "192.0.2.1", "view": view })),
        ] {
            assert_eq!(told(&lines(&served, name, &body), "error")["kind"], "NotFound", "{name}");
        }
    }
}

#[test]
fn what_could_not_be_read_is_told_with_every_answer() {
    let sample = std::fs::read_to_string(repository("samples/nlb/22-fields.log"));
    let line = sample.expect("a sample").lines().next().expect("a line").to_owned();
    let many = (0..5_000).map(|number| line.replace("www", &format!("d{number}")) + "\n");
    let cut = gzip(&many.collect::<String>());
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("a.log"), format!("{line}\nnot a log line\n").as_bytes());
    write(&folder.path().join("b.log.gz"), &cut[..cut.len() / 2]);
    let served = over(folder.path());
    let view = json!({ "log": "nlb" });
    let whois = json!({ "address": "192.0.2.10", "view": view });
    let block = json!({ "way": "nacl", "targets": ["192.0.2.10"], "view": view });
    for (name, question) in [("whois", whois), ("block", block)] {
        let answer = lines(&served, name, &question);
        let notes = told(&answer, "end")["notes"].to_string();
        assert!(notes.contains("no row"), "{name}: {notes}");
        assert!(notes.contains("b.log.gz` is truncated or damaged"), "{name}: {notes}");
    }
    let explained = lines(&served, "explain", &json!({ "view": view }));
    if let Some(end) = explained.iter().find_map(|line| line.get("end")) {
        assert!(adds_up(&end["account"]), "{end}");
        assert_eq!(end["account"]["troubles"].as_array().expect("a list").len(), 1, "{end}");
    }
}

#[test]
fn a_page_that_is_loaded_again_lists_nothing_anew() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sample = repository("samples/nlb/22-fields.log");
    std::fs::copy(&sample, folder.path().join("a.log")).expect("a log");
    let served = over(folder.path());
    let objects = |line: &str| whole(&served, line, &Value::Null).1["logs"][0]["objects"].clone();
    assert_eq!(objects("GET /_ui/api/start"), 1);
    std::fs::copy(&sample, folder.path().join("b.log")).expect("a log");
    assert_eq!(objects("GET /_ui/api/start"), 1);
    assert_eq!(objects("GET /_ui/api/start?anew=1"), 2);
    assert_eq!(objects("GET /_ui/api/start"), 2);
}

#[test]
fn hints_name_what_the_page_has() {
    let served = over_sample("nlb");
    let view = json!({ "log": "nlb", "during": [0, 60_000], "before": [60_000, 120_000] });
    let failed = lines(&served, "explain", &json!({ "view": view }));
    let hint = told(&failed, "error")["hint"].to_string();
    assert!(hint.contains("a selection") && !hint.contains("--"), "{hint}");
    let who = whole(&served, "POST /_ui/api/who", &json!({})).1["missing"].to_string();
    assert!(!who.contains("--resolve"), "{who}");
}

#[test]
fn names_are_known_without_asking_anybody() {
    let served = Served::start(&[]);
    let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let question =
        json!({ "addresses": ["10.0.0.1", "nothing"], "user_agents": [bot, "x"], "at": null });
    let known = whole(&served, "POST /_ui/api/who", &question).1;
    assert_eq!(known["addresses"]["10.0.0.1"]["network"], "private use");
    assert_eq!(known["user_agents"], json!({ bot: "Googlebot · search engine" }));
    let missing = known["missing"].as_array().expect("a list");
    assert!(missing.iter().any(|part| part["what"] == "countries"), "{missing:?}");
    let many = json!({ "addresses": vec!["10.0.0.1"; 3_000] });
    assert_eq!(whole(&served, "POST /_ui/api/who", &many).1["error"]["kind"], "LimitReached");
}

/// The value of a cookie that is set, with its attributes.
fn set_cookie(reply: &Reply, name: &str) -> String {
    let start = format!("set-cookie: {name}=");
    let found = reply.head.lines().find_map(|line| line.strip_prefix(&start));
    found.unwrap_or_else(|| panic!("no `{name}` in {}", reply.head)).to_owned()
}

/// A text as it stands in an address.
fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
