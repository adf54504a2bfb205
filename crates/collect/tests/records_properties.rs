//! Whatever is written, in whatever pieces: the same events come, and nothing is lost in silence.

use std::time::Duration;

use bartizan_collect::record::Recipe;
use bartizan_config::ossec_conf::localfile::LogFormat;
use proptest::prelude::*;

mod reading;
use reading::{Got, Reader, pattern};

/// Every way to make records.
fn recipes() -> Vec<Recipe> {
    let formats = LogFormat::all().filter(|f| !f.is_command() && !f.is_foreign());
    let mut recipes: Vec<Recipe> =
        formats.map(|format| Recipe { format, ..Recipe::default() }).collect();
    for meaning in ["start", "end", "all"] {
        let pattern = pattern(meaning, "wspace", "m[1-3]");
        let format = LogFormat::MultiLineRegex;
        recipes.push(Recipe { format, pattern, ..Recipe::default() });
    }
    recipes
}

/// Pieces that lines of the formats are made of.
const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\t\t      ",
    "m1",
    "m2",
    "text",
    "\0",
    "{",
    "}",
    "\u{e4}",
    "[**] [1:2:3] x [**]",
    "[Classification: x] [Priority: 1] ",
    "01/13-15:30:01.1 a -> b",
    "070823 21:01:30 ",
    "070823  1:01:30\t",
    "[2007-08-31 19:17:33.186 ADT] 10.0.0.1:x ",
    "2009-03-25 04:47:30.01 ",
    "@40000000463246020c2ca16c ",
    "Host: 10.0.0.1 (x)\tPorts: 1/open/tcp",
    "type=A msg=audit(1.0:7): ",
    "type=EOE msg=audit(1.0:7): ",
    "type=A msg=audit(1.0:8): ",
    "--a1-A--",
    "--a1-B--",
    "--a1-C--",
    "--a1-Z--",
    "--b1-A--",
    "** Alert 1.0: - x,",
    "2017 Nov 11 00:00:01 a->/l",
    "Rule: 5 (level 3) -> 'x'",
    "Src IP: 1.1.1.1",
    "User: x",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..PIECES.len(), 0..60)
        .prop_map(|pieces| pieces.into_iter().flat_map(|at| PIECES[at].bytes()).collect())
}

fn read(recipe: &Recipe, chunks: &[&[u8]]) -> (Vec<Got>, u64) {
    let mut reader = Reader::new(recipe, "/l/p/current");
    for chunk in chunks {
        reader.write(chunk);
    }
    reader.flush();
    (reader.got.clone(), reader.counts().unfit)
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_into_pieces_does_not_matter(
        bytes in bytes(),
        cuts in proptest::collection::vec(0usize..600, 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
        for recipe in recipes() {
            let (whole, pieces) = (read(&recipe, &[&bytes]), read(&recipe, &chunks));
            prop_assert_eq!(whole, pieces, "{}", recipe.format);
        }
    }

    /// Each line has a mark, which is in exactly one event, or the line was counted.
    #[test]
    fn every_line_is_in_one_event_or_counted(lines in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        for recipe in recipes() {
            let mut reader = Reader::new(&recipe, "/l/p/current");
            for (number, &piece) in lines.iter().enumerate() {
                // The alerts of OSSEC leave names of fields out, snort the second line's text.
                let piece = PIECES[piece].replace(['\r', '\n', '\0'], "");
                reader.write(format!("{piece} <{number}>\n").as_bytes());
                let handed_on = reader.got.iter().map(|got| got.end).max().unwrap_or_default();
                let held = reader.records.held_from().unwrap_or(u64::MAX);
                prop_assert!(reader.got.iter().all(|got| got.start <= got.end || got.end <= held));
                prop_assert!(handed_on <= reader.lines.consumed());
            }
            reader.wait(Duration::from_secs(20));
            prop_assert_eq!(reader.records.held_from(), None, "{} is done", recipe.format);
            let all: Vec<String> = reader.got.iter().map(Got::shown).collect();
            let all = all.join("\n");
            let counts = reader.counts();
            let mut missing = 0;
            for number in 0..lines.len() {
                let times = all.matches(&format!("<{number}>")).count();
                prop_assert!(times <= 1, "{}: line {number} {times} times", recipe.format);
                missing += u64::from(times == 0);
            }
            let rewritten = matches!(
                recipe.format,
                LogFormat::SnortFull | LogFormat::Ossecalert | LogFormat::Nmapg
            );
            if !rewritten {
                prop_assert_eq!(missing, counts.unfit - unfit_json(&recipe, &reader) + counts.left_out,
                    "{}", recipe.format);
            }
        }
    }

    /// Stopped at any byte and started again where it says, nothing is missing.
    #[test]
    fn a_restart_at_the_place_that_is_told_loses_nothing(bytes in bytes(), stop in 0usize..600) {
        let stop = stop.min(bytes.len());
        for recipe in recipes() {
            let mut reader = Reader::new(&recipe, "/l/p/current");
            reader.write(&bytes[..stop]);
            let place = reader.records.held_from().unwrap_or(reader.lines.consumed());
            let place = usize::try_from(place).unwrap();
            prop_assert!(place <= stop);
            // What was handed on, and what comes after the restart, is what comes without one.
            let mut got: Vec<Vec<u8>> = reader.got.iter().map(|g| g.text.clone()).collect();
            got.extend(read(&recipe, &[&bytes[place..]]).0.into_iter().map(|got| got.text));
            let whole = read(&recipe, &[&bytes]).0;
            let is_same = match recipe.format {
                // Times of earlier lines, events that are interleaved, and records that a line begins
                // which is no longer seen: some come twice, or in another order, or without their time.
                LogFormat::MysqlLog | LogFormat::Audit => got.len() >= whole.len(),
                _ => got.len() == whole.len() && got.iter().zip(&whole).all(|(a, b)| *a == b.text),
            };
            prop_assert!(is_same, "{}: {:?}", recipe.format, got.iter().map(|t| String::from_utf8_lossy(t)).collect::<Vec<_>>());
        }
    }
}

/// Lines that are no JSON are handed on and counted.
fn unfit_json(recipe: &Recipe, reader: &Reader) -> u64 {
    if recipe.format == LogFormat::Json { reader.counts().unfit } else { 0 }
}
