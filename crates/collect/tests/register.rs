//! Each row of the register of losses, and each acceptance test, that concerns files, commands and the
//! journal (collection 11 and 12): the tests that show it. A row without one, or with one that is gone, fails.

use std::path::Path;

/// Row, file below the crate, test.
const SHOWN: &[(&str, &str, &str)] = &[
    ("L1", "tests/sources.rs", "an_earlier_run_is_gone_on_with"),
    (
        "L2",
        "tests/following.rs",
        "a_file_that_is_missing_at_the_start_is_read_from_its_start_when_it_comes",
    ),
    (
        "L3",
        "tests/following.rs",
        "a_file_that_was_truncated_and_is_longer_again_is_read_from_its_start",
    ),
    ("L4", "tests/following.rs", "a_truncated_file_is_read_from_its_start"),
    ("L5", "tests/following.rs", "two_rotations_between_two_looks_lose_nothing"),
    (
        "L6",
        "tests/following.rs",
        "a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_start",
    ),
    ("L7", "tests/following.rs", "a_new_file_that_comes_late_is_read_from_its_start"),
    ("L8", "tests/sources.rs", "a_name_with_the_time_changes_with_the_time"),
    ("L9", "tests/losses.rs", "l9_late_lines_in_the_file_of_yesterday_are_read"),
    (
        "L10",
        "tests/sources.rs",
        "a_pattern_is_expanded_again_and_new_files_are_read_from_their_start",
    ),
    ("L11", "../config/tests/options.rs", "localfiles_keep_their_locations_and_formats"),
    (
        "L12",
        "tests/commands.rs",
        "a_command_that_never_ends_holds_nobody_up_and_is_ended_with_its_children",
    ),
    (
        "L12",
        "tests/following.rs",
        "a_named_pipe_is_read_and_neither_silence_nor_an_end_of_its_writer_is_waited_for",
    ),
    ("L13", "tests/records.rs", "line_formats_hand_on_each_line_as_it_is"),
    (
        "L14",
        "tests/records.rs",
        "multi_line_counts_anew_after_each_record_and_keeps_what_is_incomplete",
    ),
    ("L15", "tests/records.rs", "a_multi_line_record_of_any_size_is_cut_and_never_a_crash"),
    ("L16", "tests/records.rs", "audit_events_of_many_records_are_whole"),
    ("L16", "tests/records.rs", "bad_audit_lines_stop_nothing_and_nodes_are_known"),
    ("L17", "tests/records.rs", "a_long_transaction_keeps_its_request_and_its_findings"),
    ("L17", "tests/records.rs", "a_transaction_without_an_end_takes_no_others_with_it_for_long"),
    ("L18", "tests/records.rs", "mysql_lines_get_a_prefix_and_the_time_they_lack"),
    ("L18", "tests/records.rs", "postgresql_joins_lines_that_begin_with_a_tab"),
    ("L18", "tests/records.rs", "mssql_joins_undated_lines"),
    ("L18", "tests/records.rs", "djb_multilog_lines_get_a_header_unless_they_have_one"),
    ("L19", "tests/records.rs", "bad_lines_of_nmapg_are_counted_and_good_ones_after_them_read"),
    ("L20", "tests/records.rs", "ossecalert_reads_every_alert_and_waits_for_its_end"),
    ("L21", "src/line.rs", "the_limit_cuts_once_and_the_next_line_is_whole"),
    ("L22", "src/command/output.rs", "a_full_command_gives_one_event"),
    ("L22", "tests/commands.rs", "an_output_that_became_empty_is_an_event"),
    ("L25", "src/file.rs", "after_a_read_error_reading_goes_on_at_the_same_byte"),
    ("L33", "src/export/tests.rs", "the_program_is_the_first_name_that_is_there"),
    ("L34", "tests/journal.rs", "a_restart_goes_on_behind_the_last_entry"),
    ("L35", "tests/journal.rs", "a_cursor_that_is_gone_is_a_loss_that_is_told"),
    ("L36", "tests/sources.rs", "one_busy_file_does_not_hold_up_the_others"),
    ("L37", "tests/sources.rs", "the_sleep_ends_when_a_file_grows"),
    ("L39", "tests/losses.rs", "l39_a_clock_that_is_set_back_stops_no_command"),
    ("D1", "tests/sources.rs", "a_file_with_two_names_is_read_once_under_the_first"),
    (
        "D2",
        "tests/journal.rs",
        "the_blocks_of_the_journal_become_one_reader_and_what_is_odd_is_told",
    ),
    (
        "D3",
        "tests/following.rs",
        "a_link_that_is_turned_to_an_old_file_gives_only_what_is_new_in_it",
    ),
    ("D4", "tests/following.rs", "a_line_in_three_pieces_is_one_line"),
    ("R1", "tests/rotation.rs", "renaming_loses_and_doubles_nothing_and_keeps_the_order"),
    ("R2", "tests/records.rs", "interleaved_audit_events_are_kept_apart"),
    ("F1", "tests/records_properties.rs", "how_the_bytes_are_cut_into_pieces_does_not_matter"),
    ("F2", "tests/records.rs", "a_long_line_cannot_forge_an_event"),
    ("F3", "src/export/tests.rs", "binary_fields_keep_their_newlines_in_one_event"),
    ("F6", "tests/losses.rs", "f6_an_unreadable_file_that_comes_back_was_not_truncated"),
    ("S3", "tests/following.rs", "lines_that_are_not_of_the_format_are_told_once_a_minute"),
    ("S5", "tests/losses.rs", "s5_commands_have_none_of_our_files"),
    ("T1", "tests/rotation.rs", "several_renames_between_two_polls_lose_and_double_nothing"),
    (
        "T2",
        "tests/rotation.rs",
        "copytruncate_doubles_nothing_and_loses_only_what_is_truncated_unread",
    ),
    (
        "T3",
        "../bartizan/tests/run/torture.rs",
        "a_log_that_is_rotated_while_the_program_is_killed_loses_no_line_and_doubles_none",
    ),
    ("T4", "tests/losses.rs", "t4_a_log_that_comes_back_late_is_read_whole"),
    (
        "T5",
        "tests/following.rs",
        "a_line_without_newline_comes_after_a_while_and_its_rest_is_marked",
    ),
    ("T6", "tests/following.rs", "odd_bytes_pass_and_long_lines_are_cut_once"),
    ("T7", "tests/records.rs", "multi_line_indented_joins_indented_lines"),
    ("T7", "tests/records_properties.rs", "every_line_is_in_one_event_or_counted"),
    ("T8", "tests/sources.rs", "one_busy_file_does_not_hold_up_the_others"),
    ("T9", "tests/losses.rs", "t9_what_hangs_or_floods_beside_a_log_delays_none_of_its_lines"),
    ("T14", "tests/journal.rs", "entries_before_the_start_are_not_handed_on_and_later_ones_once"),
    (
        "T14",
        "tests/journal.rs",
        "a_cursor_that_is_refused_is_given_up_and_old_entries_do_not_come_again",
    ),
    (
        "T15",
        "../config/tests/options.rs",
        "t15_every_option_of_wazuh_is_read_and_only_other_systems_are_warned_about",
    ),
];

/// Rows that need no test here, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("L23", "there is no queue between reading and analysis"),
    ("L24", "the same"),
    ("L32", "journalctl follows rotation"),
    ("L38", "the program raises its limit; a file beyond it is told as one that cannot be opened"),
    ("F5", "there is no keep-alive"),
    ("S4", "about the syslog listener"),
    ("T10", "there is no queue"),
];

/// Rows about the syslog listener.
const LISTENER: &[&str] =
    &["L26", "L27", "L28", "L29", "L30", "L31", "R3", "F4", "S1", "S2", "T11", "T12", "T13", "T16"];

#[test]
fn every_row_is_shown_by_a_test_that_exists() {
    let rows = (1..=39).map(|n| format!("L{n}"));
    let rows = rows.chain((1..=4).map(|n| format!("D{n}"))).chain((1..=3).map(|n| format!("R{n}")));
    let rows = rows.chain((1..=6).map(|n| format!("F{n}"))).chain((1..=5).map(|n| format!("S{n}")));
    for row in rows.chain((1..=16).map(|n| format!("T{n}"))) {
        let is_shown = SHOWN.iter().any(|(known, _, _)| *known == row);
        let is_elsewhere = ELSEWHERE.iter().any(|(known, _)| *known == row);
        assert!(is_shown || is_elsewhere || LISTENER.contains(&row.as_str()), "{row} has no test");
    }
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (row, file, test) in SHOWN {
        let text = std::fs::read_to_string(crate_folder.join(file)).unwrap_or_default();
        let at = text.find(&format!("fn {test}("));
        let is_test = at.and_then(|at| text.get(..at)?.rsplit("#[test]").next().map(str::trim));
        assert_eq!(is_test, Some(""), "{row}: {test} in {file}");
    }
}
