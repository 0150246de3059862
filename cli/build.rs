//! Puts the sample orders into the binary, so that the demo runs from anywhere.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let orders = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../events/orders").canonicalize()?;
    println!("cargo::rerun-if-changed={}", orders.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&orders)?.map(|file| Ok(file?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string())?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("orders.rs"), list)?;
    Ok(())
}
