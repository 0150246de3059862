//! `backstep local`: the Step Functions API on this machine.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use embedded::{OpenError, Options, RegisterError, StoreChoice, System};
use objects::{DirectoryObjects, ObjectStore};
use order::ItemError;
use order::definition::{SubstitutionError, Substitutions, definitions};
use step_functions_api::Place;

use crate::dispatch::dispatching;
use crate::exit::Outcome;
use crate::server::{Audience, ListenError, Served, Service, listen, serve_until_stopped};
use crate::stop_signal::StopSignal;
use crate::terminal::{Style, Terminal};

/// Where data lies unless `--data-dir` says otherwise: with the project, not with the user.
const DATA_DIR: &str = ".backstep";

/// Serve the Step Functions API on this machine
///
/// One process, without Docker, JVM or network: the Step Functions JSON API, the coordinator, and the workers of the order saga, whose state machines
/// are registered. AWS SDKs and the AWS CLI use it with an endpoint URL and any credentials.
///
/// Every commit is on disk before it is answered. Stopped by Ctrl-C, killed or cut off from power, and started again on the same directory, it continues
/// every execution.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LocalArguments {
    /// The port; 0 takes a free one, and says which
    #[arg(long, default_value_t = 8083)]
    port: u16,

    /// The address to listen on; anything but a loopback address lets other machines in, unauthenticated
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    host: IpAddr,

    /// A name, besides localhost, by which clients may call this server (as in a network of containers); may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Keep data in this directory [default: .backstep in the current directory]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Keep data in memory, and lose it at the end
    #[arg(long, conflicts_with = "data_dir")]
    in_memory: bool,

    /// Where distributed Maps find their buckets: the directories in this one
    #[arg(long, value_name = "DIR")]
    objects_dir: Option<PathBuf>,

    /// The region in ARNs
    #[arg(long, default_value = "us-east-1", value_parser = region)]
    region: String,

    /// The account in ARNs
    #[arg(long, default_value = "123456789012", value_parser = account, value_name = "DIGITS")]
    account: String,
}

const EXAMPLES: &str = "\
Examples:
  backstep local
  backstep local --in-memory --port 0

  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083
  aws stepfunctions start-execution --endpoint-url http://127.0.0.1:8083 --input file://order.json \\
      --state-machine-arn arn:aws:states:us-east-1:123456789012:stateMachine:order-fulfillment

  boto3.client(\"stepfunctions\", endpoint_url=\"http://127.0.0.1:8083\", region_name=\"us-east-1\")";

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("cannot make the data directory `{}`", directory.display())]
    Directory { directory: PathBuf, source: io::Error },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Definitions(#[from] SubstitutionError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("the catalogue of the order saga cannot be stocked")]
    Catalogue(#[from] ItemError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Serves until a signal comes.
pub(crate) async fn run(arguments: LocalArguments, terminal: &Terminal) -> Result<Outcome, LocalError> {
    // From here on: whoever reads that it serves may tell it to stop.
    let signal = StopSignal::listen()?;
    let listener = listen(SocketAddr::new(arguments.host, arguments.port)).await?;
    let address = listener.local_addr()?;
    let system = open(&arguments).await?;
    let machines = register_orders(&system, &arguments).await?;
    system.begin();
    let place = Place { region: arguments.region.clone(), account: arguments.account.clone() };
    let audience = Audience { beyond_loopback: !address.ip().is_loopback(), names: arguments.allow_host.clone() };
    if audience.beyond_loopback {
        terminal.warn(&format!("{address} lets {audience} start, read and stop executions, without credentials"));
    }
    terminal.print(&banner(&arguments, address, &machines, terminal))?;
    let service = Arc::new(Service { served: Served::Embedded(system), place, audience, stopping: AtomicBool::new(false) });
    Ok(serve_until_stopped(listener, service, signal, terminal).await?)
}

async fn open(arguments: &LocalArguments) -> Result<System, LocalError> {
    let store = match &arguments.data_dir {
        _ if arguments.in_memory => StoreChoice::Memory,
        Some(directory) => StoreChoice::Directory(directory.clone()),
        None => StoreChoice::Directory(default_directory(Path::new(DATA_DIR))?),
    };
    let (region, account) = (arguments.region.clone(), arguments.account.clone());
    let options = Options { region, account, objects: objects(arguments), ..Options::new(store).serving_orders() };
    let (options, states) = dispatching(options).await;
    let system = System::open(options)?;
    states.open(system.coordinator());
    Ok(system)
}

/// Where buckets are: in a directory, if one is named.
fn objects(arguments: &LocalArguments) -> Option<Arc<dyn ObjectStore>> {
    let directory = arguments.objects_dir.as_ref()?;
    Some(Arc::new(DirectoryObjects::new(directory.clone())))
}

/// Makes the default directory, kept out of version control: it was not asked for by name.
fn default_directory(directory: &Path) -> Result<PathBuf, LocalError> {
    let failed = |source| LocalError::Directory { directory: directory.to_owned(), source };
    if !directory.exists() {
        std::fs::create_dir_all(directory).map_err(failed)?;
        std::fs::write(directory.join(".gitignore"), "*\n").map_err(failed)?;
    }
    Ok(directory.to_owned())
}

/// Registers the machines of the order saga. With the durations of the demo, whoever tries things out does not wait for hours until retries are
/// spent; but a review is a person's here, and has an hour.
async fn register_orders(system: &System, arguments: &LocalArguments) -> Result<Vec<String>, LocalError> {
    let LocalArguments { region, account, .. } = arguments;
    let substitutions = Substitutions::demo()?.with("Region", region.as_str()).with("Account", account.as_str());
    let substitutions = substitutions.with("ReviewTimeoutSeconds", 3_600).with("OrderTimeoutSeconds", 86_400);
    let mut names = Vec::new();
    for (name, text) in definitions(&substitutions)? {
        system.register_machine(name, &text).await?;
        names.push(name.to_owned());
    }
    order::stock_catalogue(&*system.ports().ledger, system.ports().now()).await?;
    Ok(names)
}

fn banner(arguments: &LocalArguments, address: SocketAddr, machines: &[String], terminal: &Terminal) -> String {
    let reached =
        if address.ip().is_unspecified() { SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()) } else { address };
    let data = match &arguments.data_dir {
        _ if arguments.in_memory => "in memory: gone when this ends".to_owned(),
        directory => directory.as_deref().unwrap_or(Path::new(DATA_DIR)).display().to_string(),
    };
    let LocalArguments { region, account, .. } = arguments;
    let mut text = format!("{} http://{reached}\n\n", terminal.paint(Style::Bold, "Backstep serves the Step Functions API on"));
    for (what, value) in [
        ("data", data),
        ("ARNs", format!("arn:{}:states:{region}:{account}:...", interpreter::partition_of(region))),
        ("machines", format!("{}, with their workers", machines.join(", "))),
    ] {
        let _ = writeln!(text, "  {}  {value}", terminal.paint(Style::Dim, &format!("{what:8}")));
    }
    let _ =
        writeln!(text, "\nAny credentials will do:\n\n  aws stepfunctions list-state-machines --endpoint-url http://{reached}");
    let _ = writeln!(text, "  boto3.client(\"stepfunctions\", endpoint_url=\"http://{reached}\", region_name=\"{region}\")");
    text.push_str("\nCtrl-C stops it");
    text.push_str(if arguments.in_memory { ".\n" } else { "; started again it continues every execution.\n" });
    text
}

fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [words @ .., number] if words.len() >= 2 && words.iter().all(is_word) && is_number(number) => Ok(text.to_owned()),
        _ => Err("a region looks like `us-east-1`".to_owned()),
    }
}

fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an account has 12 digits".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_accounts_fit_into_arns() {
        for text in ["us-east-1", "ap-southeast-2", "us-gov-west-1"] {
            assert_eq!(region(text), Ok(text.to_owned()));
        }
        for text in ["", "us", "us-east", "us-east-", "US-EAST-1", "us:east-1", "us-1"] {
            assert!(region(text).is_err(), "{text}");
        }
        assert!(account("123456789012").is_ok());
        for text in ["", "12345678901", "1234567890123", "12345678901a"] {
            assert!(account(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_default_directory_is_kept_out_of_version_control_and_one_that_is_there_is_left_alone() {
        let directory = std::env::temp_dir().join(format!("backstep-local-{}", std::process::id()));
        let ignored = directory.join(".gitignore");
        assert_eq!(default_directory(&directory).unwrap(), directory);
        assert_eq!(std::fs::read_to_string(&ignored).unwrap(), "*\n");
        std::fs::remove_file(&ignored).unwrap();
        default_directory(&directory).unwrap();
        assert!(!ignored.exists());
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
