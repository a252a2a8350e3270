//! What the tests over recorded data share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The folder with recorded data beside the workspace, if it is there.
pub(crate) fn shared() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path =
        std::env::var_os("FIREDRILL_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no recorded data at {}", path.display());
    None
}

/// The text of a file.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = firedrill_yaml::decode(&bytes).map_err(|error| error.to_string())?;
    Ok(text.into_owned())
}

/// The rows of a CSV file by column name.
pub(crate) fn csv(path: &Path) -> Vec<HashMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("the table is there");
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let record = records.last_mut().expect("never empty");
        let field = record.last_mut().expect("never empty");
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => records.push(vec![String::new()]),
            _ => field.push(c),
        }
    }
    let mut records = records.into_iter().filter(|record| record.len() > 1);
    let header = records.next().unwrap_or_default();
    records
        .map(|record| header.iter().cloned().zip(record).collect())
        .collect()
}

/// Prints how many were checked and the first differences.
pub(crate) fn report(what: &str, checked: usize, problems: &[String]) {
    println!("{what}: {checked} checked, {} differ", problems.len());
    for problem in problems.iter().take(20) {
        println!("  {problem}");
    }
}
