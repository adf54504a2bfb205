use proptest::prelude::*;

use super::*;

/// Messages as text, with `~` for cut and `…` for incomplete; `!` where the stream made no sense.
fn messages(chunks: &[&[u8]]) -> Vec<String> {
    let mut splitter = Splitter::default();
    let mut got = Vec::new();
    let mut sink = |frame: Frame<'_>| {
        let mut text = String::from_utf8_lossy(frame.bytes).into_owned();
        text.push_str(if frame.is_cut { "~" } else { "" });
        text.push_str(if frame.is_incomplete { "…" } else { "" });
        got.push(text);
    };
    for chunk in chunks {
        if splitter.feed(chunk, &mut sink).is_err() {
            got.push("!".to_owned());
            return got;
        }
    }
    splitter.finish(&mut sink);
    got
}

#[track_caller]
fn check(stream: &[u8], expected: &[&str]) {
    assert_eq!(messages(&[stream]), expected, "at once");
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(messages(&bytes), expected, "byte by byte");
}

#[test]
fn every_line_of_a_segment_is_a_message() {
    check(b"<13>one\n", &["<13>one"]);
    check(b"<13>a\n<13>b\n<13>c\n<13>d\n", &["<13>a", "<13>b", "<13>c", "<13>d"]);
}

#[test]
fn a_carriage_return_goes_at_the_end_only() {
    check(b"<13>crlf\r\n<13>a\rb\n", &["<13>crlf", "<13>a\rb"]);
}

#[test]
fn the_last_line_needs_no_line_feed() {
    check(b"<13>one\n<13>two", &["<13>one", "<13>two…"]);
    check(b"9 <13>abcd", &["<13>abcd…"]);
    check(b"12", &["12…"]);
}

#[test]
fn a_nul_ends_a_message_as_a_line_feed_does() {
    check(b"<13>nul\0x\n<13>second\n", &["<13>nul", "x", "<13>second"]);
    check(b"<13>a\0\n<13>b\n\0", &["<13>a", "<13>b"]);
}

#[test]
fn counted_messages_hold_exactly_their_bytes() {
    check(b"8 <13>abcd8 <13>efgh", &["<13>abcd", "<13>efgh"]);
    check(b"9 <13>a\nb\nc2 x\n", &["<13>a\nb\nc", "x"]);
}

#[test]
fn both_framings_may_be_mixed() {
    check(
        b"<13>one\n8 <13>abcd<13>two\n8 <13>efgh\n<13>three\n",
        &["<13>one", "<13>abcd", "<13>two", "<13>efgh", "<13>three"],
    );
}

#[test]
fn text_that_begins_with_a_number_is_text_where_nobody_counts() {
    check(b"2015-04-16 21:51:02 one\n", &["2015-04-16 21:51:02 one"]);
    check(b"1140804070.368 x\n1234567 y\n", &["1140804070.368 x", "1234567 y"]);
    check(b"0 zero\n", &["0 zero"]);
}

#[test]
fn a_bad_count_ends_a_connection_that_counts() {
    check(b"8 <13>abcd7<13>efg\n", &["<13>abcd", "!"]);
    check(b"8 <13>abcd1234567 <13>efg\n", &["<13>abcd", "!"]);
}

/// Lengths of the messages, whether they were cut, and how many bytes were skipped.
fn lengths(stream: &[u8], chunk: usize) -> (Vec<(usize, bool)>, u64) {
    let mut splitter = Splitter::default();
    let mut got = Vec::new();
    for part in stream.chunks(chunk) {
        let mut sink = |frame: Frame<'_>| got.push((frame.bytes.len(), frame.is_cut));
        splitter.feed(part, &mut sink).unwrap();
    }
    (got, splitter.skipped_bytes())
}

#[test]
fn a_message_that_is_too_long_is_cut_once_and_the_next_one_is_whole() {
    for length in [KEPT_BYTES - 1, KEPT_BYTES, KEPT_BYTES + 1, 10 * KEPT_BYTES / 7, 900_000] {
        let expected = [(length.min(KEPT_BYTES), length > KEPT_BYTES), (4, false)];
        let skipped = length.saturating_sub(KEPT_BYTES) as u64;
        let text = "x".repeat(length);
        for stream in [format!("{text}\nnext\n"), format!("{length} {text}4 next")] {
            for chunk in [1000, 65_536, 1 << 20] {
                let got = lengths(stream.as_bytes(), chunk);
                assert_eq!(got, (expected.to_vec(), skipped), "{length} bytes by {chunk}");
            }
        }
    }
}

#[test]
fn what_waits_is_bounded() {
    let mut splitter = Splitter::default();
    for _ in 0..100 {
        splitter.feed(&[b'x'; 65_536], &mut |_| {}).unwrap();
        assert!(splitter.pending.capacity() <= 2 * KEPT_BYTES);
    }
}

proptest! {
    #[test]
    fn how_the_stream_is_cut_into_segments_does_not_matter(
        pieces in proptest::collection::vec(
            prop::sample::select(vec![
                &b"<13>a line\n"[..], b"8 <13>abcd", b"\n", b"\r\n", b"\0", b"12", b" ", b"7", b"x", b"\xff<",
                b"3 a\nb", b"2015-04-16 x\n",
            ]),
            0..30,
        ),
        cuts in proptest::collection::vec(0usize..200, 0..6),
    ) {
        let stream = pieces.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
        prop_assert_eq!(messages(&chunks), messages(&[&stream]));
    }

    #[test]
    fn mixed_messages_arrive_each_once_and_in_order(
        texts in proptest::collection::vec(("[a-z <>0-9]{1,40}", any::<bool>()), 0..20),
        chunk in 1usize..50,
    ) {
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (text, is_counted) in texts {
            let message = format!("<13>{text}");
            stream.extend(if is_counted { format!("{} {message}", message.len()) } else { format!("{message}\n") }.bytes());
            expected.push(message);
        }
        let chunks: Vec<&[u8]> = stream.chunks(chunk).collect();
        prop_assert_eq!(messages(&chunks), expected);
    }
}
