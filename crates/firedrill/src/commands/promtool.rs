//! The drop-in for promtool.

use super::complain;
use crate::Exit;
use std::ffi::OsString;

pub(crate) fn run(_args: &[OsString]) -> Exit {
    complain("not wired yet");
    Exit::Unusable
}
