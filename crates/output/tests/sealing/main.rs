//! Sealing, keeping and verifying daily files, from outside.

#![expect(clippy::unwrap_used, reason = "tests")]

mod keeping;
mod resuming;
mod scene;
mod sealing;
mod verifying;
