//! The pages under `docs/lints`, made from the registry of lints.

use firedrill_lint::{Lint, lints};
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// All generated files: path below the root of the repository, and text.
pub fn files() -> Vec<(PathBuf, String)> {
    let folder = Path::new("docs/lints");
    let mut files = vec![(folder.join("README.md"), index())];
    files.extend(
        lints()
            .iter()
            .map(|lint| (folder.join(format!("{}.md", lint.code)), page(lint))),
    );
    files
}

/// Writes them all, and removes pages of lints that are gone.
///
/// # Errors
/// When the disk refuses.
pub fn write_all(root: &Path) -> io::Result<()> {
    let files = files();
    for (path, text) in &files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    for entry in std::fs::read_dir(root.join("docs/lints"))? {
        let name = entry?.file_name();
        let relative = Path::new("docs/lints").join(&name);
        if !files.iter().any(|(path, _)| *path == relative) {
            std::fs::remove_file(root.join(relative))?;
        }
    }
    Ok(())
}

fn page(lint: &Lint) -> String {
    format!(
        "# {} {}\n\n{}: {}.\n\nSince {} · at worst: {}\n\n{}\n",
        lint.code,
        lint.name,
        lint.category.title(),
        lint.summary,
        lint.since,
        lint.severity,
        lint.page.trim()
    )
}

fn index() -> String {
    let mut text = String::from(
        "# Lints\n\nMade by `cargo run -p xtask -- gen` from the pages beside each lint. `firedrill explain FD101` shows \
         the same on the terminal.\n",
    );
    let mut category = None;
    for lint in lints() {
        if category != Some(lint.category) {
            category = Some(lint.category);
            let title = lint.category.title();
            let _ = write!(
                text,
                "\n## {title}\n\n| code | name | at worst | finds |\n|---|---|---|---|\n"
            );
        }
        let code = lint.code;
        let _ = writeln!(
            text,
            "| [{code}]({code}.md) | {} | {} | {} |",
            lint.name, lint.severity, lint.summary
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_pages_are_fresh() {
        let root = crate::workspace();
        for (path, expected) in files() {
            let found = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
            assert!(
                found == expected,
                "{} is stale: run `cargo run -p xtask -- gen`",
                path.display()
            );
        }
        let count = std::fs::read_dir(root.join("docs/lints"))
            .expect("docs/lints")
            .count();
        assert_eq!(count, files().len(), "a page of a lint that is gone");
    }
}
