//! The settings: each is a flag, an environment variable and a key of the settings file, declared once, here.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Command, ValueEnum};
use etcetera::BaseStrategy;
use floodmark_aws::AwsOptions;
use floodmark_engine::catalog::GlueOptions;
use floodmark_engine::limits::RETRIES_MAX;
use floodmark_engine::{CatalogPlace, EngineOptions, S3Options};
use floodmark_who::dns::DnsOptions;
use floodmark_who::rdap::resolve::{self, RdapOptions};
use floodmark_who::{Who, system_clock};

/// The name of the settings file in the data folder.
pub(crate) const FILE: &str = "settings.toml";

/// The name of the catalog's file in the data folder.
const CATALOG_FILE: &str = "catalog.sqlite";

/// The folder of the data folder with what is known of addresses.
const WHO_FOLDER: &str = "who";

/// How many addresses `--resolve` asks about unless it says otherwise.
const RESOLVED: &str = "100";

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Settings {
    /// The data folder, with the settings file `settings.toml`, the catalog and the shell's history
    #[arg(long, global = true, env = "FLOODMARK_HOME", value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,

    /// How much memory to use, such as `512MiB` or `4GiB`
    #[arg(long, global = true, env = "FLOODMARK_MEMORY", default_value = "1GiB", value_name = "SIZE", value_parser = size)]
    pub(crate) memory: usize,

    /// How many threads compute; 0 means one a core
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_THREADS",
        default_value_t = 0,
        value_name = "NUMBER"
    )]
    pub(crate) threads: usize,

    /// Where sorts and aggregations spill that do not fit into memory [default: the system's temporary folder]
    #[arg(long, global = true, env = "FLOODMARK_SPILL_FOLDER", value_name = "FOLDER")]
    pub(crate) spill_folder: Option<PathBuf>,

    /// Pass over objects and folders that cannot be read, and report them, instead of ending with an error
    #[arg(long, global = true, env = "FLOODMARK_KEEP_GOING")]
    pub(crate) keep_going: bool,

    /// The report after a query, on standard error
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_REPORT",
        default_value = "text",
        value_name = "FORM"
    )]
    pub(crate) report: ReportForm,

    /// Live progress on standard error
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_PROGRESS",
        default_value = "auto",
        value_name = "WHEN"
    )]
    pub(crate) progress: When,

    /// The profile in AWS's configuration files [default: as for every AWS tool]
    #[arg(long, global = true, env = "FLOODMARK_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The region of the buckets [default: each bucket is asked for its own]
    #[arg(long, global = true, env = "FLOODMARK_REGION", value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// The address of something that speaks S3, or any service of AWS that is asked [default: AWS_ENDPOINT_URL]
    #[arg(long, global = true, env = "FLOODMARK_ENDPOINT", value_name = "URL")]
    pub(crate) endpoint: Option<String>,

    /// Send requests without a signature, for public buckets
    #[arg(long, global = true, env = "FLOODMARK_ANONYMOUS")]
    pub(crate) anonymous: bool,

    /// Pay for requests to buckets whose owner does not
    #[arg(long, global = true, env = "FLOODMARK_REQUESTER_PAYS")]
    pub(crate) requester_pays: bool,

    /// Where databases, tables and views are kept: in a file of the data folder, or in the account's Glue Data Catalog
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_CATALOG",
        default_value = "local",
        value_name = "KIND"
    )]
    pub(crate) catalog: CatalogKind,

    /// The database in which names without one are looked up
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_DATABASE",
        default_value = "default",
        value_name = "NAME"
    )]
    pub(crate) database: String,

    /// Let CREATE TABLE AS, INSERT and UNLOAD write to S3, and `block` change rules; without it, nothing is written to AWS
    #[arg(long, global = true, env = "FLOODMARK_APPLY")]
    pub(crate) apply: bool,

    /// Ask the registries whose the largest addresses of the answer are that nobody asked about yet, this many at most
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_RESOLVE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = RESOLVED,
        value_name = "NUMBER"
    )]
    pub(crate) resolve: Option<usize>,

    /// The one RDAP server that is asked whose addresses are [default: the registry in charge of each address]
    #[arg(long, global = true, env = "FLOODMARK_RDAP_ENDPOINT", value_name = "URL")]
    pub(crate) rdap_endpoint: Option<String>,

    /// The folder of the files that say which registry is in charge of which addresses [default: IANA's]
    #[arg(long, global = true, env = "FLOODMARK_RDAP_BOOTSTRAP", value_name = "URL")]
    pub(crate) rdap_bootstrap: Option<String>,

    /// The DNS server that is asked for the names of addresses [default: the system's]
    #[arg(long, global = true, env = "FLOODMARK_NAME_SERVER", value_name = "ADDRESS:PORT")]
    pub(crate) name_server: Option<SocketAddr>,

    /// How often a request to S3 is sent again after a failure that may pass
    #[arg(
        long,
        global = true,
        env = "FLOODMARK_RETRIES",
        default_value_t = RETRIES_MAX,
        value_name = "NUMBER"
    )]
    pub(crate) retries: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogKind {
    /// The file `catalog.sqlite` of the data folder
    Local,
    /// The Glue Data Catalog, which is only read
    Glue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportForm {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// No report
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If it goes to a terminal
    Auto,
    Always,
    Never,
}

impl When {
    /// Whether something is shown on standard error.
    pub(crate) fn is_wanted(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => std::io::stderr().is_terminal(),
        }
    }
}

impl Settings {
    pub(crate) fn engine_options(&self) -> EngineOptions {
        let s3 = S3Options {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            anonymous: self.anonymous,
            requester_pays: self.requester_pays,
            retries: Some(self.retries),
        };
        let home = self.home().ok();
        EngineOptions {
            memory: self.memory,
            threads: self.threads,
            keep_going: self.keep_going,
            spill_folder: self.spill_folder.clone(),
            catalog: match (self.catalog, &home) {
                (CatalogKind::Glue, _) => {
                    CatalogPlace::Glue(GlueOptions { s3: s3.clone(), ..GlueOptions::default() })
                }
                (CatalogKind::Local, Some(home)) => CatalogPlace::File(home.join(CATALOG_FILE)),
                (CatalogKind::Local, None) => CatalogPlace::Memory,
            },
            prepared_file: home.as_ref().map(|home| home.join(CATALOG_FILE)),
            tables_folder: home.as_ref().map(|home| home.join("tables")),
            apply: self.apply,
            buckets: Arc::default(),
            has_s3: true,
            only_buckets: false,
            who_folder: home.as_ref().map(|home| home.join(WHO_FOLDER)),
            s3,
        }
    }

    /// What is known of addresses on this machine.
    pub(crate) fn who(&self) -> anyhow::Result<Who> {
        Ok(Who::open(&self.who_folder()?, system_clock))
    }

    /// How registries are asked.
    pub(crate) fn rdap_options(&self) -> anyhow::Result<RdapOptions> {
        let server = |text: &Option<String>| {
            let server = text.as_deref().map(resolve::server).transpose();
            server.map_err(floodmark_engine::Error::from)
        };
        let (endpoint, bootstrap) = (server(&self.rdap_endpoint)?, server(&self.rdap_bootstrap)?);
        Ok(RdapOptions { endpoint, bootstrap, ..RdapOptions::default() })
    }

    /// How the DNS is asked.
    pub(crate) fn dns_options(&self) -> DnsOptions {
        DnsOptions { server: self.name_server, ..DnsOptions::default() }
    }

    /// How AWS is reached, beside S3.
    pub(crate) fn aws_options(&self) -> AwsOptions {
        AwsOptions {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            retries: Some(self.retries),
        }
    }

    /// The folder of what is known of addresses.
    pub(crate) fn who_folder(&self) -> anyhow::Result<PathBuf> {
        Ok(self.home()?.join(WHO_FOLDER))
    }

    /// The data folder.
    pub(crate) fn home(&self) -> anyhow::Result<PathBuf> {
        match &self.home {
            Some(home) => Ok(home.clone()),
            None => default_home(),
        }
    }
}

/// The platform's place for an application's data.
fn default_home() -> anyhow::Result<PathBuf> {
    let platform = etcetera::choose_base_strategy()
        .context("the platform's data folder is not known: set FLOODMARK_HOME")?;
    Ok(platform.data_dir().join("floodmark"))
}

/// The same command with the defaults of the settings file.
///
/// A key is a flag's name. Flags and environment variables come before the file.
pub(crate) fn with_file(command: Command, home: Option<PathBuf>) -> anyhow::Result<Command> {
    let Some(home) = home.map_or_else(|| default_home().ok(), Some) else { return Ok(command) };
    let path = home.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(command),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
        }
    };
    let table: toml::Table =
        text.parse().with_context(|| format!("`{}` is no settings file", path.display()))?;
    let mut command = command;
    for (key, value) in table {
        let value = plain(&value)
            .with_context(|| format!("`{key}` in `{}` is no single value", path.display()))?;
        let id = key.replace('-', "_");
        if id == "home" || !command.get_arguments().any(|argument| argument.get_id() == id.as_str())
        {
            bail!("`{key}` in `{}` is no setting: {}", path.display(), keys(&command));
        }
        command = command.mut_arg(&id, |argument| argument.default_value(value));
    }
    Ok(command)
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(boolean) => Some(boolean.to_string()),
        _ => None,
    }
}

fn keys(command: &Command) -> String {
    let names = command.get_arguments().filter_map(|argument| argument.get_long());
    let names: Vec<_> =
        names.filter(|name| !matches!(*name, "home" | "help" | "version")).collect();
    format!("the settings are {}", names.join(", "))
}

/// Where the settings file lies that these arguments mean, before they are read in full.
pub(crate) fn home_of(arguments: &[std::ffi::OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next() {
        if argument == "--home" {
            return arguments.next().map(|home| Path::new(home.as_ref()).to_owned());
        }
        if let Some(home) = argument.strip_prefix("--home=") {
            return Some(Path::new(home).to_owned());
        }
    }
    std::env::var_os("FLOODMARK_HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// A size such as `512MiB`, `4GiB` or `1000000`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit: usize = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        other => return Err(format!("`{other}` is no unit of size: write KiB, MiB or GiB")),
    };
    let number: usize =
        digits.trim().parse().map_err(|_| format!("`{text}` is no size: write `512MiB`"))?;
    let size = number.checked_mul(unit).ok_or_else(|| format!("`{text}` is too large"))?;
    if size < 64 << 20 { Err("less than 64MiB does not suffice".to_owned()) } else { Ok(size) }
}
