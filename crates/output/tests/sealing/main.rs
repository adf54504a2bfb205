//! Sealing, keeping and verifying daily files, from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod keeping;
mod resuming;
mod scene;
mod sealing;
mod verifying;
