//! What one event of each log format is: every example of collection 2, at once and byte by byte.

use std::sync::Arc;
use std::time::Duration;

use bartizan_collect::record::{Labels, LinePattern, Recipe};
use bartizan_config::ossec_conf::localfile::LogFormat;

mod reading;
use reading::{Got, Reader, pattern};

/// The examples of a format: what is written, one write an item, and the events with their types.
struct Example {
    recipe: Recipe,
    path: &'static str,
    writes: &'static [&'static str],
    events: &'static [&'static str],
    unfit: u64,
}

impl Example {
    fn new(
        format: LogFormat,
        writes: &'static [&'static str],
        events: &'static [&'static str],
    ) -> Self {
        let recipe = Recipe { format, hostname: "vm.example.org".into(), ..Recipe::default() };
        Self { recipe, path: "/tmp/l/log", writes, events, unfit: 0 }
    }

    fn unfit(self, unfit: u64) -> Self {
        Self { unfit, ..self }
    }

    fn by(mut self, meaning: &str, newline: &str, regex: &str) -> Self {
        self.recipe.pattern = pattern(meaning, newline, regex);
        self
    }

    /// The same events come whether it is written at once, as the example is, or byte by byte.
    #[track_caller]
    fn check(self) {
        let whole = self.writes.concat();
        let single: Vec<Vec<u8>> = whole.bytes().map(|byte| vec![byte]).collect();
        let written: Vec<Vec<u8>> = self.writes.iter().map(|w| w.as_bytes().to_vec()).collect();
        for (how, writes) in
            [("at once", vec![whole.into_bytes()]), ("as given", written), ("in bytes", single)]
        {
            let mut reader = Reader::new(&self.recipe, self.path);
            for write in writes {
                reader.write(&write);
            }
            reader.wait(Duration::from_secs(20));
            let got: Vec<String> = reader.got.iter().map(Got::shown).collect();
            assert_eq!(got, self.events, "{how}");
            assert_eq!(reader.counts().unfit, self.unfit, "unfit, {how}");
        }
    }
}

#[test]
fn line_formats_hand_on_each_line_as_it_is() {
    for format in [
        LogFormat::Syslog,
        LogFormat::Generic,
        LogFormat::Apache,
        LogFormat::Squid,
        LogFormat::Iis,
        LogFormat::SnortFast,
        LogFormat::SyslogPipe,
    ] {
        Example::new(
            format,
            &[
                "Mar  2 10:00:00 h prog: one\n",
                "crlf line\r\n",
                "\n\n",
                "  lead and trail  \n",
                "a\tb\x01c\n",
                "# a comment\n",
                "nul\0inside\n",
                "short",
                " rest\n",
            ],
            &[
                "1:Mar  2 10:00:00 h prog: one",
                "1:crlf line",
                "1:",
                "1:",
                "1:  lead and trail  ",
                "1:a\tb\x01c",
                "1:# a comment",
                "1:nul inside",
                "1:short rest",
            ],
        )
        .check();
    }
}

#[test]
fn bytes_that_are_no_utf8_pass() {
    let mut reader = Reader::new(&Recipe::default(), "/tmp/l/log");
    reader.write(b"bad utf8 \xff\xfe\x80 end\n");
    assert_eq!(reader.got[0].text, b"bad utf8 \xff\xfe\x80 end");
}

const SNORT: &[&str] = &[
    "noise before\n[**] [1:1256:8] WEB-IIS CodeRed v2 root.exe access [**]\n",
    "[Classification: Web Application Attack] [Priority: 1] \n",
    "01/13-15:30:01.123456 10.0.0.1:1234 -> 10.0.0.2:80\n",
    "TCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:60\n",
    "***AP*** Seq: 0x1  Ack: 0x2  Win: 0x3  TcpLen: 20\n\n",
];

#[test]
fn snort_full_joins_three_lines() {
    Example::new(
        LogFormat::SnortFull,
        SNORT,
        &["1:[**] [1:1256:8] WEB-IIS CodeRed v2 root.exe access [**][Classification: Web Application \
           Attack] [Priority: 1] 10.0.0.1:1234 -> 10.0.0.2:80"],
    )
    .check();
}

#[test]
fn snort_full_puts_a_class_where_none_is() {
    Example::new(
        LogFormat::SnortFull,
        &[
            "[**] [122:1:0] scan [**]\n[Priority: 3] \n01/13-15:30:01.1 10.0.0.1 -> 10.0.0.2\n",
            "[**] [122:2:0] scan [**]\n01/13-15:30:01.1 10.0.0.1 -> 10.0.0.2\n",
        ],
        &[
            "1:[**] [122:1:0] scan [**][Classification: Preprocessor] [Priority: 3] 10.0.0.1 -> 10.0.0.2",
            "1:[**] [122:2:0] scan [**][Classification: Preprocessor] [Priority: 3] 10.0.0.1 -> 10.0.0.2",
        ],
    )
    .check();
}

#[test]
fn multi_line_counts_anew_after_each_record_and_keeps_what_is_incomplete() {
    Example::new(
        LogFormat::MultiLine(3),
        &["a\nb\nc\nd\n", "e\n", "f\ng\n", "\nh\n\n\ni\n\n"],
        &["1:a b c", "1:d e f", "1:g  h", "1:i", "1:"],
    )
    .check();
    Example::new(
        LogFormat::MultiLine(3),
        &["a\nb\nc\nd\n", "e\n", "f\ng\n"],
        &["1:a b c", "1:d e f", "1:g"],
    )
    .check();
    // Empty lines at the start add nothing, later ones a blank.
    Example::new(LogFormat::MultiLine(3), &["\nh\n\n"], &["1:h "]).check();
    Example::new(LogFormat::MultiLine(1), &["a\nb\n"], &["1:a", "1:b"]).check();
    Example::new(LogFormat::MultiLine(0), &["a\nb\n"], &["1:a", "1:b"]).check();
}

#[test]
fn a_multi_line_record_of_any_size_is_cut_and_never_a_crash() {
    let recipe = Recipe { format: LogFormat::MultiLine(3), ..Recipe::default() };
    for length in [3_500, 6_144, 30_000, 65_535, 65_536, 100_000] {
        let mut reader = Reader::new(&recipe, "/l");
        let line = [vec![b'x'; length], b"\n".to_vec()].concat();
        reader.write(&[line.repeat(3), b"1\n2\n3\n".to_vec()].concat());
        let full = 3 * length + 2;
        assert_eq!(reader.got[0].text.len(), full.min(65_536));
        assert_eq!(reader.got[0].is_cut, full > 65_536);
        assert_eq!(reader.got[1].text, b"1 2 3");
        assert_eq!(reader.got.len(), 2);
    }
}

#[test]
fn multi_line_indented_joins_indented_lines() {
    Example::new(
        LogFormat::MultiLineIndented,
        &[
            "2026-01-01 start A\n\tat line1\n   at line2\nsecond B\n\n  orphan\nthird\n",
            "  late continuation\n",
            "partial no newline",
            " rest\n",
        ],
        &[
            "1:2026-01-01 start A \tat line1    at line2",
            "1:second B",
            "1:  orphan",
            "1:third   late continuation",
            "1:partial no newline rest",
        ],
    )
    .check();
}

#[test]
fn mysql_lines_get_a_prefix_and_the_time_they_lack() {
    Example::new(
        LogFormat::MysqlLog,
        &[
            "070823 21:01:30 xx Connect root@localhost\n",
            "\t\t      13 Query\tselect 2\n",
            "070823  1:01:30\t   12 Query select 1\n",
            "2026-01-01T00:00:00.000000Z\t 12 Query\tselect 3\n",
            "2026-01-01  1:00:00 0 [Note] ready\n",
            "\t\t      13 Query\tselect 4\n",
            "no log line\n",
            "070823 21:01:32 partial",
            " rest\n",
        ],
        &[
            "a:MySQL log: 070823 21:01:30 xx Connect root@localhost",
            "a:MySQL log: 070823 21:01:30 13 Query\tselect 2",
            "a:MySQL log: 070823  1:01:30 12 Query select 1",
            "a:MySQL log: 2026-01-01T00:00:00.000000Z 12 Query\tselect 3",
            "a:MySQL log: 2026-01-01  1:00:00 0 [Note] ready",
            "a:MySQL log: 2026-01-01  1:00:00 13 Query\tselect 4",
            "a:MySQL log: 070823 21:01:32 partial rest",
        ],
    )
    .unfit(1)
    .check();
}

#[test]
fn postgresql_joins_lines_that_begin_with_a_tab() {
    Example::new(
        LogFormat::PostgresqlLog,
        &[
            "\tlost\n[2007-08-31 19:17:33.186 ADT] 192.168.2.99:db_name LOG: select\n\t  a,b\n\tfrom t\n",
            "2007-08-31 19:17:33 UTC x\n",
            "\tcontinued in next poll\n",
        ],
        &[
            "b:[2007-08-31 19:17:33.186 ADT] 192.168.2.99:db_name LOG: select \t  a,b \tfrom t",
            "b:2007-08-31 19:17:33 UTC x \tcontinued in next poll",
        ],
    )
    .unfit(1)
    .check();
}

#[test]
fn mssql_joins_undated_lines() {
    Example::new(
        LogFormat::MssqlLog,
        &[
            "2009-03-25 04:47:30.01 Server   x\n continued\n\nmore lines here\n",
            "in a later poll\n",
            "2009-03-25 04:47:31.01 Server   y\n",
        ],
        &[
            "1:2009-03-25 04:47:30.01 Server   x  continued more lines here in a later poll",
            "1:2009-03-25 04:47:31.01 Server   y",
        ],
    )
    .check();
}

#[test]
fn djb_multilog_lines_get_a_header_unless_they_have_one() {
    let example = Example::new(
        LogFormat::DjbMultilog,
        &[
            "@40000000463246020c2ca16c hello world\n",
            "@40000000463246020c2ca16c Mar  2 10:00:00 host prog[1]: msg that is long enough\n",
            "@4000 short\n",
        ],
        &[
            "a:Apr 27 18:50:32 vm qmail: hello world",
            "a:Mar  2 10:00:00 host prog[1]: msg that is long enough",
        ],
    );
    Example { path: "/tmp/l/dj/qmail/current", ..example }.unfit(1).check();
}

#[test]
fn nmapg_lists_open_ports() {
    Example::new(
        LogFormat::Nmapg,
        &[
            "# Nmap 7.93 scan\nHost: 192.168.2.1 (gw)\tStatus: Up\n",
            "Host: 192.168.2.1 (gw)\tPorts: 22/open/tcp//ssh///, 25/closed/tcp//smtp///, \
             80/open/tcp//http///\tIgnored State: closed (997)\n",
            "Host: 192.168.2.2 ()\tPorts: 25/closed/tcp//smtp///\n\n",
        ],
        &[
            "3:Host: 192.168.2.1 (gw), open ports: 22(tcp) 80(tcp)",
            "3:Host: 192.168.2.2 (), open ports:",
        ],
    )
    .check();
}

#[test]
fn bad_lines_of_nmapg_are_counted_and_good_ones_after_them_read() {
    let mut reader = Reader::new(&Recipe { format: LogFormat::Nmapg, ..Recipe::default() }, "/l");
    reader.write("bad line\n".repeat(12).as_bytes());
    reader.write(b"Host: 10.0.0.1 ()\tPorts: 22/open/tcp//ssh///\n");
    assert_eq!(reader.shown(), ["3:Host: 10.0.0.1 (), open ports: 22(tcp)"]);
    assert_eq!(reader.counts().unfit, 12);
}

#[test]
fn audit_joins_records_by_their_serial() {
    Example::new(
        LogFormat::Audit,
        &[
            "type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e\n\
             type=CWD msg=audit(1364481363.243:24287):  cwd=\"/home/x\"\n",
            "type=PATH msg=audit(1364481363.243:24287): item=0\n",
        ],
        &["1:type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e \
           type=CWD msg=audit(1364481363.243:24287):  cwd=\"/home/x\" \
           type=PATH msg=audit(1364481363.243:24287): item=0"],
    )
    .check();
}

#[test]
fn interleaved_audit_events_are_kept_apart() {
    Example::new(
        LogFormat::Audit,
        &[
            "type=A msg=audit(1.0:24290): 1\ntype=B msg=audit(1.0:24): 2\n",
            "type=A msg=audit(1.0:24290): 3\n",
            "type=EOE msg=audit(1.0:24): \n",
        ],
        &[
            "1:type=B msg=audit(1.0:24): 2 type=EOE msg=audit(1.0:24): ",
            "1:type=A msg=audit(1.0:24290): 1 type=A msg=audit(1.0:24290): 3",
        ],
    )
    .check();
}

#[test]
fn bad_audit_lines_stop_nothing_and_nodes_are_known() {
    Example::new(
        LogFormat::Audit,
        &[
            "no audit\ntype=X msg=audit(broken: x\n",
            "node=h1 type=A msg=audit(1.0:7): a\nnode=h2 type=A msg=audit(1.0:7): b\n",
            "node=h1 type=B msg=audit(1.0:7): c\n",
        ],
        &[
            "1:node=h1 type=A msg=audit(1.0:7): a node=h1 type=B msg=audit(1.0:7): c",
            "1:node=h2 type=A msg=audit(1.0:7): b",
        ],
    )
    .unfit(2)
    .check();
}

#[test]
fn audit_events_of_many_records_are_whole() {
    let mut reader = Reader::new(&Recipe { format: LogFormat::Audit, ..Recipe::default() }, "/l");
    for item in 0..200 {
        reader.write(format!("type=PATH msg=audit(1.0:9): item={item}\n").as_bytes());
    }
    reader.write(format!("type=X msg=audit(1.0:10): {}\n", "y".repeat(7_000)).as_bytes());
    reader.wait(Duration::from_secs(2));
    assert_eq!(reader.got.len(), 2);
    let text = String::from_utf8_lossy(&reader.got[0].text);
    assert_eq!(text.matches("type=PATH").count(), 200);
    assert!(reader.got[1].text.len() > 7_000);
}

const TRANSACTION: &str = "--abcd1234-A--\n[10/Oct/2026:10:00:00 +0000] id 1.2.3.4 1 5.6.7.8 80\n\
    --abcd1234-B--\nGET /?a=1 HTTP/1.1\nHost: x\n\n--abcd1234-H--\nMessage: Warning.\n\n--abcd1234-Z--\n\n";

#[test]
fn modsec_audit_joins_a_transaction() {
    Example::new(
        LogFormat::ModsecAudit,
        &["outside\n", TRANSACTION],
        &["1:--abcd1234-A-- [10/Oct/2026:10:00:00 +0000] id 1.2.3.4 1 5.6.7.8 80 --abcd1234-B-- \
           GET /?a=1 HTTP/1.1 Host: x  --abcd1234-H-- Message: Warning.  --abcd1234-Z--"],
    )
    .unfit(1)
    .check();
}

#[test]
fn a_long_transaction_keeps_its_request_and_its_findings() {
    let mut reader =
        Reader::new(&Recipe { format: LogFormat::ModsecAudit, ..Recipe::default() }, "/l");
    let body = "x=1&--ffff-Z--\n--ffff-Z--\n".repeat(10_000);
    reader.write(
        format!(
            "--a1-A--\n[time] id\n--a1-B--\nPOST / HTTP/1.1\n\n--a1-C--\n{body}\
             --a1-H--\nMessage: found\n--a1-Z--\n{TRANSACTION}"
        )
        .as_bytes(),
    );
    let first = String::from_utf8_lossy(&reader.got[0].text).into_owned();
    assert!(first.starts_with("--a1-A-- [time] id --a1-B-- POST / HTTP/1.1"), "{first}");
    assert!(first.ends_with("--a1-H-- Message: found --a1-Z--"));
    assert!(first.len() <= 65_536 && first.len() > 60_000);
    assert!(reader.got[0].is_cut && !reader.got[1].is_cut);
    assert_eq!(reader.got.len(), 2);
}

#[test]
fn a_transaction_without_an_end_takes_no_others_with_it_for_long() {
    let mut reader =
        Reader::new(&Recipe { format: LogFormat::ModsecAudit, ..Recipe::default() }, "/l");
    reader.write(b"--a1-A--\nnever closed\n");
    reader.wait(Duration::from_secs(10));
    reader.write(TRANSACTION.as_bytes());
    assert_eq!(reader.shown()[0], "1:--a1-A-- never closed");
    assert!(reader.shown()[1].starts_with("1:--abcd1234-A-- "));
}

#[test]
fn ossecalert_reads_every_alert_and_waits_for_its_end() {
    Example::new(
        LogFormat::Ossecalert,
        &[
            "** Alert 1510376401.0: - syslog,sshd,\n2017 Nov 11 00:00:01 (web01) \
             10.0.0.5->/var/log/auth.log\nRule: 5710 (level 5) -> 'Attempt to login using a \
             non-existent user'\nSrc IP: 1.2.3.4\nUser: bob\nMar  2 10:00:00 h sshd[1]: Invalid ",
            "user bob from 1.2.3.4\n\n",
            "** Alert 1510376402.9: mail  - local,\n2017 Nov 11 00:00:02 web01->/l\n\
             Rule: 1002 (level 2) -> 'Unknown problem'\nSrc IP: (none)\nUser: (none)\na\nb\n\n",
            "** Alert 1510376403.9: - local,\n2017 Nov 11 00:00:02 web01->/l\n\
             Rule: 1002 (level 2) -> 'It's'\nSrc IP: 1.1.1.1\nSrc Port: 22\nDst IP: 2.2.2.2\nSrc IP: x\n\n",
            "** Alert of no use\nx\n\nnoise\n",
        ],
        &[
            "1:ossec: Alert Level: 5; Rule: 5710 - Attempt to login using a non-existent user; \
             Location: (web01) 10.0.0.5->/var/log/auth.log; srcip: 1.2.3.4; user: bob;  \
             Mar  2 10:00:00 h sshd[1]: Invalid user bob from 1.2.3.4",
            "1:ossec: Alert Level: 2; Rule: 1002 - Unknown problem; Location: web01->/l;  a\nb\n",
            "1:ossec: Alert Level: 2; Rule: 1002 - It's; Location: web01->/l; srcip: 1.1.1.1;  Src IP: x",
        ],
    )
    .unfit(2)
    .check();
}

#[test]
fn json_objects_stay_as_written_and_other_lines_are_counted() {
    Example::new(
        LogFormat::Json,
        &["{\"a\": 1.50, \"b\":[]}\n", "no json\n", "{}\n"],
        &["1:{\"a\": 1.50, \"b\":[]}", "1:no json", "1:{}"],
    )
    .unfit(1)
    .check();
}

#[test]
fn labels_are_added_to_json_objects() {
    let mut example = Example::new(
        LogFormat::Json,
        &["{ \"a\": 1.50 }\n", "no json\n", "{}\n"],
        &[
            r#"1:{"a": 1.50,"@source":"m \"x\"","host":{"site":"z","rack":"2"}}"#,
            "1:no json",
            r#"1:{"@source":"m \"x\"","host":{"site":"z","rack":"2"}}"#,
        ],
    );
    let labels =
        [("@source", "m \"x\""), ("host.site", "a"), ("host.rack", "2"), ("host.site", "z")];
    example.recipe.labels = Labels::new(labels);
    example.unfit(1).check();
}

#[test]
fn a_pattern_tells_where_records_begin() {
    Example::new(
        LogFormat::MultiLineRegex,
        &["tail of one\n[1] a\nb\n", "c\n[2] d\n"],
        &["1:tail of one", "1:[1] a b c", "1:[2] d"],
    )
    .by("start", "wspace", "^\\[")
    .check();
}

#[test]
fn a_pattern_tells_where_records_end() {
    Example::new(
        LogFormat::MultiLineRegex,
        &["a\nb", "\nEND\nc\nend\nEND\nd\n"],
        &["1:a\nb\nEND", "1:c\nend\nEND", "1:d"],
    )
    .by("end", "no-replace", "END$")
    .check();
}

#[test]
fn a_pattern_tells_when_a_record_is_whole() {
    Example::new(
        LogFormat::MultiLineRegex,
        &["<a>\nx\n", "</a>\n<b>\r\n</b>\n"],
        &["1:<a>\tx\t</a>", "1:<b>\t</b>"],
    )
    .by("all", "tab", "^<(\\w)>.*</\\1>$")
    .check();
    Example::new(LogFormat::MultiLineRegex, &["(1\n2\n", "3)\n"], &["1:(123)"])
        .by("all", "none", "\\)$")
        .check();
}

#[test]
fn a_record_that_nothing_comes_for_is_handed_on_in_time() {
    let after = |format, written: &str, seconds: u64, pattern: Option<Arc<LinePattern>>| {
        let recipe = Recipe { format, pattern, ..Recipe::default() };
        let mut reader = Reader::new(&recipe, "/l");
        reader.write(written.as_bytes());
        reader.wait(Duration::from_millis(seconds * 1000 - 100));
        assert_eq!(reader.got.len(), 0, "{format} waits");
        reader.wait(Duration::from_millis(100));
        assert_eq!(reader.got.len(), 1, "{format} waits no longer");
    };
    let dated = "2009-03-25 04:47:30.01 Server   x\n";
    after(LogFormat::MultiLine(3), "a\n", 5, None);
    after(LogFormat::MultiLineIndented, "a\n", 5, None);
    after(LogFormat::PostgresqlLog, dated, 5, None);
    after(LogFormat::MssqlLog, dated, 5, None);
    after(LogFormat::SnortFull, SNORT[0], 5, None);
    after(LogFormat::Audit, "type=A msg=audit(1.0:7): a\n", 2, None);
    after(LogFormat::ModsecAudit, "--a1-A--\n", 10, None);
    after(LogFormat::MultiLineRegex, "a\n", 5, pattern("start", "none", "^x"));
}

#[test]
fn the_rest_of_a_line_that_came_too_late_is_never_taken_for_a_line() {
    for (format, first, forged) in [
        (LogFormat::MysqlLog, "070823 21:01:30 xx Query sel", "070823 21:01:31 INJECT\n"),
        (
            LogFormat::PostgresqlLog,
            "[2007-08-31 19:17:33.186 ADT] sel",
            "[2007-08-31 19:17:33.186 ADT] INJECT it\n",
        ),
        (LogFormat::Audit, "type=A msg=audit(1.0:7): a", "type=A msg=audit(1.0:8): INJECT\n"),
    ] {
        let mut reader = Reader::new(&Recipe { format, ..Recipe::default() }, "/l");
        reader.write(first.as_bytes());
        reader.flush();
        reader.write(forged.as_bytes());
        reader.wait(Duration::from_secs(20));
        assert_eq!(reader.got.len(), 1, "{format}: {:?}", reader.shown());
        assert!(reader.got[0].is_incomplete);
        assert_eq!(reader.counts().unfit, 1);
    }
}

#[test]
fn a_long_line_cannot_forge_an_event() {
    for format in
        [LogFormat::MysqlLog, LogFormat::PostgresqlLog, LogFormat::MssqlLog, LogFormat::DjbMultilog]
    {
        for length in [5_887, 11_774, 65_536, 65_537, 131_072] {
            let mut reader = Reader::new(&Recipe { format, ..Recipe::default() }, "/l/p/current");
            let start = match format {
                LogFormat::MysqlLog => "070823 21:01:30 xx Query ",
                LogFormat::PostgresqlLog => "[2007-08-31 19:17:33.186 ADT] x ",
                LogFormat::MssqlLog => "2007-08-31 19:17:33.186 x ",
                _ => "@40000000463246020c2ca16c ",
            };
            let filler = "x".repeat(length - start.len());
            let line = format!("{start}{filler}{start}INJECT\n");
            for part in line.as_bytes().chunks(4096) {
                reader.write(part);
            }
            reader.wait(Duration::from_secs(20));
            assert_eq!(reader.got.len(), 1, "{format} {length}");
        }
    }
}

#[test]
fn records_say_where_to_go_on_after_them() {
    let mut reader =
        Reader::new(&Recipe { format: LogFormat::MultiLineIndented, ..Recipe::default() }, "/l");
    reader.write(b"a\n b\nc\n");
    assert_eq!((reader.got[0].start, reader.got[0].end), (0, 5));
    assert_eq!(reader.records.held_from(), Some(5));
    reader.flush();
    assert_eq!((reader.got[1].start, reader.got[1].end), (5, 7));
    assert_eq!(reader.records.held_from(), None);
}

#[test]
fn an_audit_event_that_ends_does_not_consume_one_that_began_before_it() {
    let mut reader = Reader::new(&Recipe { format: LogFormat::Audit, ..Recipe::default() }, "/l");
    let a = "type=A msg=audit(1.0:1): a\n";
    let b = "type=EOE msg=audit(1.0:2): \n";
    reader.write([a, b].concat().as_bytes());
    assert_eq!((reader.got[0].end, reader.records.held_from()), (0, Some(0)));
    reader.wait(Duration::from_secs(2));
    assert_eq!(reader.got[1].end, a.len() as u64, "its own end; the later one was handed on");
}
