//! How the program is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // At a place that is fixed at build time nothing has to be adjusted when the program starts: that is a quarter of the
    // time of a run over a few rules.
    let target = |what| std::env::var(what).unwrap_or_default();
    let is_gnu_linux = target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu";
    if is_gnu_linux && !target("CARGO_CFG_TARGET_FEATURE").contains("crt-static") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
