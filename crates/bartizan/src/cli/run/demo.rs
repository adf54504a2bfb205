//! `bartizan run --demo`: a bundled attack, played at a human pace.
use std::sync::atomic::AtomicBool;

pub(super) fn run(
    _args: &super::RunArgs,
    _site: crate::cli::site::Site,
    _stop: &AtomicBool,
) -> anyhow::Result<u8> {
    anyhow::bail!("not yet")
}
