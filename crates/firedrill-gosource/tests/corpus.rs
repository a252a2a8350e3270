//! Real services: what their dumps declare and their source registers under constant names has to be found, with the
//! right type.

use firedrill_gosource::{File, read, scan};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("FIREDRILL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    path.is_dir().then_some(path)
}

fn texts(root: &Path) -> Vec<(String, String)> {
    let entries = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .flatten();
    let go = entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "go"));
    go.map(|entry| {
        let path = entry.path();
        let name = path
            .strip_prefix(root)
            .expect("below")
            .to_string_lossy()
            .into_owned();
        (name, std::fs::read_to_string(path).expect("UTF-8"))
    })
    .collect()
}

fn declared(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).expect("a dump");
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .filter_map(|line| line.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect()
}

#[test]
fn exporters_are_read_as_their_dumps_declare() {
    let Some(shared) = shared() else {
        eprintln!("skipped: ../shared is absent");
        return;
    };
    let mut problems = Vec::new();
    for (service, dump, least) in [
        (
            "prometheus__node_exporter",
            "prometheus__node_exporter__e2e-output.prom",
            350,
        ),
        (
            "prometheus-community__windows_exporter",
            "prometheus-community__windows_exporter__e2e-output.prom",
            // Its namespace stands in a package that was not recorded.
            0,
        ),
    ] {
        let root = shared.join("corpus/gosrc").join(service);
        let texts = texts(&root);
        let files: Vec<File<'_>> = texts.iter().map(|(name, text)| read(name, text)).collect();
        let found = scan(&files);
        let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for metric in &found.metrics {
            types.entry(&metric.name).or_default().insert(metric.kind.name());
        }
        let (mut right, mut missing, mut wrong) = (0, Vec::new(), Vec::new());
        for (name, kind) in &declared(&shared.join("corpus/exposition").join(dump)) {
            match types.get(&**name) {
                Some(kinds) if kinds.len() == 1 && kinds.contains(&**kind) => right += 1,
                Some(kinds) if kinds.len() == 1 => wrong.push(format!("{name}: {kinds:?}, not {kind}")),
                // The name is constant, the type is not certain.
                _ if kind != "untyped" && (types.contains_key(&**name) || found.untyped.contains(name)) => {
                    missing.push(name.clone());
                }
                _ => {}
            }
        }
        println!(
            "{service}: {right} right, {} wrong, {} not found, {} dynamic, {} without a type, {} in all",
            wrong.len(),
            missing.len(),
            found.dynamic,
            found.untyped.len(),
            found.metrics.len()
        );
        println!("  not found: {}", missing.join(" "));
        println!("  wrong: {}", wrong.join(" "));
        if !wrong.is_empty() || right < least || right < 19 * missing.len() {
            problems.push(service);
        }
    }
    assert!(problems.is_empty(), "{problems:?}");
}
