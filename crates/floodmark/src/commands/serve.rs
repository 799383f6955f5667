//! `floodmark serve`: Athena, Glue, STS and S3 on a port of this machine, and the page for browsers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use floodmark_engine::{Engine, EngineOptions, Error, ErrorKind};
use floodmark_server::{
    Announcement, Buckets, GuardOptions, Lookups, PageOptions, ResultMode, Server, ServerOptions,
    Tell, Tls, Token,
};
use tokio::runtime::{Handle, Runtime};

use crate::commands;
use crate::failure;
use crate::render::safe;
use crate::settings::{CatalogKind, Settings};
use crate::shell::talk;
use crate::signals::Signals;

/// Where a server listens unless it is told otherwise.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8765);

/// The folder of the data folder with what a server keeps.
const FOLDER: &str = "server";

/// The folder of the server's folder with the buckets that clients make.
const BUCKETS_FOLDER: &str = "buckets";

/// How long what is under way may take after a server ended.
const LEFT_TIME: Duration = Duration::from_secs(2);

/// Answer Athena's API, and show the page: notebooks and tools ask this machine, and nothing in them changes
///
/// One port is Athena, Glue, STS and S3 for awswrangler, PyAthena, boto3, the AWS CLI and others, over the same catalog as all other
/// commands. `floodmark env` prints what their shell needs, `floodmark run` starts one program with it. The same port shows the logs of
/// `--from` to a browser: timeline, fields and rows, what explains a spike, and the rule that stops it. The address of that page is
/// printed; `floodmark open` opens it over any logs. Only this machine is answered, unless `--listen` and `--token` say otherwise. Ctrl-C
/// ends it.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark serve --from s3://my-logs/AWSLogs/
Example: floodmark serve --listen 0.0.0.0:8765 --token auto --tls-self-signed")]
pub(crate) struct Arguments {
    #[command(flatten)]
    serving: Serving,
}

/// How a server works, whichever command starts it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Serving {
    /// Where it listens, as ADDRESS:PORT; port 0 takes a free one [default: 127.0.0.1:8765, and a free port for `run`]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,

    /// Where logs lie whose tables are to be in the database `logs`: a file, a folder, a glob, or s3://bucket/prefix. May be repeated
    #[arg(long, value_name = "PATH", num_args = 1.., action = clap::ArgAction::Append)]
    pub(crate) from: Vec<String>,

    /// A folder that is a bucket, which is only read, as NAME=FOLDER. May be repeated
    #[arg(long, value_name = "NAME=FOLDER", value_parser = bucket)]
    bucket: Vec<Mapped>,

    /// Ask the real S3 for buckets that are not here [default: where `--from` names a place in S3, or with `--catalog glue`]
    #[arg(long)]
    pass_through: bool,

    /// How results are handed out that a client names no place for: `managed` through Athena's API, `s3` as files of a bucket
    #[arg(long, value_name = "MODE", default_value = "managed")]
    result_mode: Mode,

    /// What clients must know to be answered, or `auto` to make it up; `floodmark env` hands it to them
    #[arg(long, value_name = "TOKEN", env = "FLOODMARK_TOKEN", hide_env_values = true)]
    token: Option<String>,

    /// Speak TLS with a certificate that is made for this machine; `floodmark env` tells clients to trust it
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: bool,

    /// Speak TLS with the certificate in this file, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// A name besides `localhost` by which clients reach it; `*.example.com` for all names below. May be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// How long a client that asks for the state of a query waits for its end; 0 answers at once
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    poll_wait: Duration,

    /// How many queries run at the same time; more wait for their turn
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = at_least_one)]
    concurrent_queries: usize,

    /// How many queries may wait and run together; more are refused
    #[arg(long, value_name = "NUMBER", default_value_t = 2000, value_parser = at_least_one)]
    queued_queries: usize,

    /// Cancel a query after nobody has asked for it this long [default: it runs to its end]
    #[arg(long, value_name = "TIME", value_parser = time)]
    cancel_abandoned: Option<Duration>,

    /// How long a client may keep silent in the middle of a request, or between two, before its connection is closed
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    client_timeout: Duration,

    /// A folder with the files of the page, for those who work on them.
    #[arg(long, value_name = "FOLDER", env = "FLOODMARK_PAGE_FOLDER", hide = true)]
    page_folder: Option<PathBuf>,
}

/// A folder of this machine, and the bucket that it is.
#[derive(Clone, Debug)]
struct Mapped {
    name: String,
    folder: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Managed,
    S3,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let runtimes = Runtimes::start(settings)?;
    let outcome = runtimes.answers.block_on(async {
        let mut signals = Signals::take()?;
        let queries = runtimes.queries.handle();
        let opened = listen(&arguments.serving, ADDRESS, true, settings, queries);
        let server = or_stopped(Box::pin(opened), &mut signals).await?;
        talk(&introduction(server.announcement(), &arguments.serving, settings)?);
        let stopped = async {
            signals.next().await;
        };
        server.run(stopped).await;
        Ok(())
    });
    runtimes.end();
    outcome
}

/// A server that opens its logs, unless it is told to end before.
pub(crate) async fn or_stopped(
    opened: impl Future<Output = anyhow::Result<Server>>,
    signals: &mut Signals,
) -> anyhow::Result<Server> {
    tokio::select! {
        server = opened => server,
        _ = signals.next() => Err(Error::new(ErrorKind::Cancelled, "stopped").into()),
    }
}

/// The threads of a server: queries compute on their own, so that answers do not wait for them.
pub(crate) struct Runtimes {
    pub(crate) answers: Runtime,
    pub(crate) queries: Runtime,
}

impl Runtimes {
    pub(crate) fn start(settings: &Settings) -> anyhow::Result<Self> {
        let mut answers = tokio::runtime::Builder::new_multi_thread();
        let answers = answers.worker_threads(2).thread_name("floodmark-answers").enable_all();
        Ok(Self { answers: answers.build()?, queries: commands::runtime(settings)? })
    }

    pub(crate) fn end(self) {
        self.queries.shutdown_timeout(LEFT_TIME);
        self.answers.shutdown_timeout(LEFT_TIME);
    }
}

/// Starts to listen, at an address unless the arguments name another.
pub(crate) async fn listen(
    serving: &Serving,
    address: SocketAddr,
    is_announced: bool,
    settings: &Settings,
    queries: &Handle,
) -> anyhow::Result<Server> {
    // A place in S3 that is named is meant.
    let has_s3 = serving.pass_through
        || settings.catalog == CatalogKind::Glue
        || serving.from.iter().any(|place| {
            ["s3://", "s3a://", "s3n://"].iter().any(|scheme| place.starts_with(scheme))
        });
    let options = ServerOptions {
        address: serving.listen.unwrap_or(address),
        folder: folder(settings)?,
        from: serving.from.clone(),
        guard: GuardOptions { hosts: serving.allow_host.clone(), token: token(serving)? },
        tls: match (&serving.tls_cert, &serving.tls_key) {
            (Some(certificate), Some(key)) => {
                Tls::Files { certificate: certificate.clone(), key: key.clone() }
            }
            _ if serving.tls_self_signed => Tls::SelfSigned,
            _ => Tls::Off,
        },
        silence: serving.client_timeout,
        result_mode: match serving.result_mode {
            Mode::Managed => ResultMode::Managed,
            Mode::S3 => ResultMode::S3,
        },
        pass_through: has_s3,
        poll_wait: serving.poll_wait,
        concurrent_queries: serving.concurrent_queries,
        queued_queries: serving.queued_queries,
        cancel_abandoned: serving.cancel_abandoned,
        page: PageOptions {
            folder: serving.page_folder.clone(),
            token_command: token_command(serving, is_announced, settings),
            // Queries have as much again.
            kept_bytes_max: settings.memory,
            lookups: match settings.resolve {
                Some(_) => {
                    Some(Lookups { rdap: settings.rdap_options()?, dns: settings.dns_options() })
                }
                None => None,
            },
        },
        is_announced,
        tell: Tell::new(|line| talk(&format!("note: {}\n", safe(line)))),
    };
    if !options.address.ip().is_loopback()
        && options.tls == Tls::Off
        && options.guard.token.is_some()
    {
        failure::warn(
            "without TLS, whoever listens on the network reads the token and all answers",
            Some("`--tls-self-signed`, or `--tls-cert FILE --tls-key FILE`"),
        );
    }
    let buckets = Arc::new(buckets(serving, &options.folder)?);
    let engine = Engine::new(EngineOptions {
        buckets: Arc::clone(&buckets),
        has_s3,
        // Whoever reaches the port must not reach the files of this machine.
        only_buckets: true,
        ..settings.engine_options()
    })?;
    let server = Server::open(Arc::new(engine), buckets, queries.clone(), options).await?;
    if settings.endpoint.is_none() && leads_to(server.announcement()) {
        failure::warn(
            "AWS_ENDPOINT_URL leads to this server itself, which reads logs in S3 through it",
            Some("start it in a shell without AWS_ENDPOINT_URL"),
        );
    }
    Ok(server)
}

/// The folder with what a server keeps.
pub(crate) fn folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    Ok(settings.home()?.join(FOLDER))
}

/// The buckets of this machine: the mapped ones, and our own in the server's folder.
fn buckets(serving: &Serving, folder: &Path) -> anyhow::Result<Buckets> {
    let mut buckets = Buckets::new(Some(folder.join(BUCKETS_FOLDER)));
    for mapped in &serving.bucket {
        buckets.map(&mapped.name, mapped.folder.clone()).map_err(|error| {
            let own = Error::invalid_query(error.to_string());
            match error.hint_text() {
                Some(hint) => own.hint(hint),
                None => own,
            }
        })?;
    }
    Ok(buckets)
}

fn token(serving: &Serving) -> anyhow::Result<Option<Token>> {
    Ok(match serving.token.as_deref() {
        None | Some("") => None,
        Some("auto") => Some(Token::generate()),
        Some(token) => Some(token.parse()?),
    })
}

/// The command that prints the token of the page. A server that nobody finds has a token of its own only if its user gave it one.
fn token_command(serving: &Serving, is_announced: bool, settings: &Settings) -> String {
    match &serving.token {
        Some(token) if !token.is_empty() && !is_announced => "printenv FLOODMARK_TOKEN".to_owned(),
        _ => format!("floodmark{} open --print-token", home_option(settings)),
    }
}

/// The option that names the data folder, if one is named, as a shell reads it.
fn home_option(settings: &Settings) -> String {
    match &settings.home {
        Some(home) => format!(" --home {}", quoted(home)),
        None => String::new(),
    }
}

/// Whether the user's own tools, and this process among them, ask the server for all services of AWS.
fn leads_to(server: &Announcement) -> bool {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
    endpoint.trim_end_matches('/') == server.url
        || endpoint
            .trim_end_matches('/')
            .ends_with(&format!("//localhost:{}", server.address.port()))
}

/// What the person who starts a server has to know.
fn introduction(
    server: &Announcement,
    serving: &Serving,
    settings: &Settings,
) -> anyhow::Result<String> {
    let home = home_option(settings);
    let catalog = match settings.catalog {
        CatalogKind::Local => settings.home()?.join("catalog.sqlite").display().to_string(),
        CatalogKind::Glue => "the account's Glue Data Catalog, which is only read".to_owned(),
    };
    let buckets: String = (serving.bucket.iter())
        .map(|Mapped { name, folder }| {
            format!("bucket {}: {}, only read\n", safe(name), safe(&folder.display().to_string()))
        })
        .collect();
    let certificate = server
        .certificate
        .as_ref()
        .map(|file| format!("certificate for clients: {}\n", safe(&file.display().to_string())));
    let token = server.token.as_ref().map(|_| "clients need the token, which `env` gives them\n");
    // A token that was chosen is shown to nobody.
    let page = match &server.token {
        None => server.page(),
        Some(_) => format!(
            "{}/_ui/?token=TOKEN, which `floodmark{home} open --print-token` prints",
            server.url
        ),
    };
    Ok(format!(
        "Floodmark listens at {}\n\
         page: {}\n\
         catalog: {}\n\
         {buckets}{}{}\
         in the shell of a notebook or tool: eval \"$(floodmark{} env)\"\n\
         Ctrl-C ends it\n",
        server.url,
        safe(&page),
        safe(&catalog),
        certificate.unwrap_or_default(),
        token.unwrap_or_default(),
        safe(&home),
    ))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |character: char| character.is_alphanumeric() || "/._-".contains(character);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// A bucket's name and its folder.
fn bucket(text: &str) -> Result<Mapped, String> {
    match text.split_once('=') {
        Some((name, folder)) if !name.is_empty() && !folder.is_empty() => {
            Ok(Mapped { name: name.to_owned(), folder: PathBuf::from(folder) })
        }
        _ => Err(format!("`{text}` is no bucket and folder: write `my-logs=/data/logs`")),
    }
}

/// An address and port, a port of this machine, or `localhost` with a port.
fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = local.parse() {
        return Ok(SocketAddr::new(ADDRESS.ip(), port));
    }
    text.parse().map_err(|_| {
        format!("`{text}` is no address with a port: write `127.0.0.1:8765`, or a port alone")
    })
}

/// A time such as `5s`, `500ms`, `2m` or `1h`.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit_ms: u64 = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" if digits == "0" => 1,
        _ => return Err(format!("`{text}` is no time: write `5s`, `500ms`, `2m` or `1h`")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{text}` is no time: write `5s`"))?;
    let ms = number.checked_mul(unit_ms).filter(|ms| *ms <= TIME_MS_MAX);
    ms.map(Duration::from_millis).ok_or_else(|| format!("`{text}` is longer than a day"))
}

/// The longest time that can be set, in milliseconds: a day.
const TIME_MS_MAX: u64 = 86_400_000;

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is no number from 1")),
        Ok(number) => Ok(number),
    }
}

/// A failure of a program that a server was started for.
pub(crate) fn not_started(program: &str, error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Error::not_found(format!("there is no program `{program}`"))
            .hint("it is looked up as in a shell, in the folders of PATH");
    }
    Error::invalid_query(format!("cannot start `{program}`: {error}")).because(error)
}
