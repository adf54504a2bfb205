//! OSSEC's programs, called by their names through links that `bartizan link` made: options, texts, exit codes.

mod analysisd;
mod control;
mod installed;
mod logtest;
mod makelists;
mod regex;
#[path = "../support/mod.rs"]
mod support;
mod tester_2_8;
