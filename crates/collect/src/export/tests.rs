use proptest::prelude::*;

use super::*;

fn text(name: &str, value: &str) -> Vec<u8> {
    format!("{name}={value}\n").into_bytes()
}

fn binary(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"\n", &(value.len() as u64).to_le_bytes(), value, b"\n"].concat()
}

fn lines_of(chunks: &[&[u8]]) -> Result<Vec<String>, Malformed> {
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    let mut parser = Parser::default();
    let (mut got, mut line) = (Vec::new(), Vec::new());
    for chunk in chunks {
        parser.feed(chunk, &mut |entry| {
            if write_line(entry, b"here", &zone, &mut line) {
                got.push(String::from_utf8_lossy(&line).into_owned());
            }
        })?;
    }
    Ok(got)
}

#[track_caller]
fn check(fields: &[Vec<u8>], expected: &[&str]) {
    let bytes = [fields.concat(), b"\n".to_vec()].concat();
    assert_eq!(lines_of(&[&bytes]).unwrap(), expected);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(lines_of(&single).unwrap(), expected, "byte by byte");
}

/// 2026-11-25 04:14:22.5 UTC.
fn time() -> Vec<u8> {
    text("__REALTIME_TIMESTAMP", "1795580062500000")
}

#[test]
fn an_entry_becomes_the_line_a_syslog_daemon_writes() {
    check(
        &[
            text("__CURSOR", "s=1;i=2"),
            time(),
            text("_SOURCE_REALTIME_TIMESTAMP", "1795580061000000"),
            text("PRIORITY", "6"),
            text("_HOSTNAME", "web01"),
            text("SYSLOG_IDENTIFIER", "sshd"),
            text("SYSLOG_PID", "12"),
            text("_PID", "13"),
            text("MESSAGE", "Failed password for root = from 10.0.0.9"),
        ],
        &["2026-11-25T06:14:21+02:00 web01 sshd[12]: Failed password for root = from 10.0.0.9"],
    );
}

#[test]
fn the_program_is_the_first_name_that_is_there() {
    let line = |fields: &[Vec<u8>], program: &str| {
        let all = [&[time(), text("MESSAGE", "m")], fields].concat();
        check(&all, &[&format!("2026-11-25T06:14:22+02:00 here {program}: m")]);
    };
    line(&[text("_COMM", "cron"), text("_EXE", "/usr/sbin/crond"), text("_PID", "7")], "cron[7]");
    line(&[text("_EXE", "/usr/sbin/crond")], "crond");
    line(&[text("_SYSTEMD_UNIT", "my.app.service")], "my.app");
    line(&[text("_TRANSPORT", "kernel")], "kernel");
    line(&[text("SYSLOG_IDENTIFIER", "my prog: x")], "my_prog__x");
    line(&[], "unknown");
    line(&[text("SYSLOG_PID", "1] x")], "unknown");
}

#[test]
fn binary_fields_keep_their_newlines_in_one_event() {
    check(
        &[time(), binary("MESSAGE", b"a\nNov 25 10:00:00 h sshd[1]: forged\n"), text("A", "b")],
        &["2026-11-25T06:14:22+02:00 here unknown: a\nNov 25 10:00:00 h sshd[1]: forged"],
    );
    check(
        &[
            time(),
            binary("_HOSTNAME", b"web\x07"),
            binary("MESSAGE", b"x\0y=\xff"),
            binary("E", b""),
        ],
        &["2026-11-25T06:14:22+02:00 web_ unknown: x y=\u{fffd}"],
    );
}

#[test]
fn the_first_of_several_messages_counts_and_empty_ones_are_skipped() {
    check(
        &[time(), text("MESSAGE", "first"), text("MESSAGE", "second")],
        &["2026-11-25T06:14:22+02:00 here unknown: first"],
    );
    check(&[time(), text("MESSAGE", "")], &[]);
    check(&[time(), binary("MESSAGE", b"\n")], &[]);
    check(&[time()], &[]);
}

#[test]
fn a_large_field_is_cut_and_the_next_entry_is_whole() {
    let entry = [time(), text("BIG", &"y".repeat(300_000)), text("MESSAGE", "next")].concat();
    let big = [time(), binary("MESSAGE", &vec![b'x'; 1 << 20])].concat();
    let bytes = [big, b"\n".to_vec(), entry, b"\n".to_vec()].concat();
    let chunks: Vec<&[u8]> = bytes.chunks(4096).collect();
    let lines = lines_of(&chunks).unwrap();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].len() < limits::EVENT_BYTES + 100);
    assert!(lines[1].ends_with("unknown: next"));
}

#[test]
fn what_is_not_the_format_is_noticed() {
    assert_eq!(lines_of(&[b"NAME\n\xff\xff\xff\xff\xff\xff\xff\xff"]), Err(Malformed));
    assert_eq!(lines_of(&[b"NAME\n\x01\0\0\0\0\0\0\0ab"]), Err(Malformed));
}

#[test]
fn time_zones_with_minutes_are_written_with_them() {
    let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(-(3 * 3600 + 1800)).unwrap());
    let mut out = Vec::new();
    write_time(1_795_580_062_000_000, &zone, &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "2026-11-25T00:44:22-03:30");
}

/// A field: its name, its value, and whether it is written in binary.
fn fields() -> impl Strategy<Value = Vec<(usize, Vec<u8>, bool)>> {
    let value = proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'='), any::<u8>()], 0..20);
    proptest::collection::vec((0..FIELDS.len() + 2, value, any::<bool>()), 1..8)
}

proptest! {
    #[test]
    fn what_is_written_is_read_however_it_is_cut(
        entries in proptest::collection::vec(fields(), 1..5),
        size in 1usize..40,
    ) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for fields in &entries {
            let mut values: [Option<Vec<u8>>; FIELDS.len()] = Default::default();
            for (field, value, as_binary) in fields {
                let name = FIELDS.get(*field).map_or("OTHER", |f| std::str::from_utf8(f.0).unwrap());
                if *as_binary || value.contains(&b'\n') {
                    bytes.extend(binary(name, value));
                } else {
                    bytes.extend([name.as_bytes(), b"=", value, b"\n"].concat());
                }
                if let Some(first) = values.get_mut(*field) {
                    first.get_or_insert_with(|| value.clone());
                }
            }
            bytes.push(b'\n');
            expected.push(values);
        }
        let mut parser = Parser::default();
        let mut got = Vec::new();
        for chunk in bytes.chunks(size) {
            parser.feed(chunk, &mut |entry| {
                got.push(FIELDS.map(|(_, field)| entry.get(field).map(<[u8]>::to_vec)));
            }).unwrap();
        }
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(chunks in proptest::collection::vec(proptest::collection::vec(
        prop_oneof![Just(b'\n'), Just(b'='), Just(b'A'), Just(0u8), any::<u8>()], 0..60), 0..6)) {
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let _ = lines_of(&chunks);
    }
}
