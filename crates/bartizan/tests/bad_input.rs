//! Configurations that are broken, hostile, or no configurations at all: nothing starts, every mistake is told
//! with its place, and it takes neither long nor much room.

mod support;

use std::fs;
use std::process::Output;
use std::time::{Duration, Instant};

use support::Home;

const CONFIG: &str =
    "<ossec_config>\n<rules>\n<include>site_rules.xml</include>\n</rules>\n</ossec_config>\n";
const DECODERS: &str = "<decoder name=\"app\">\n<program_name>^app</program_name>\n</decoder>\n";
const RULES: &str = "<group name=\"app,\">\n\
    <rule id=\"1\" level=\"0\" noalert=\"1\"><category>syslog</category><description>t</description></rule>\n\
    <rule id=\"100\" level=\"3\"><if_sid>1</if_sid><match>a</match><description>A.</description></rule>\n\
    </group>\n";

/// The longest a look at any of them may take; it takes far less than a second on an idle machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that may be said about one of them, in bytes.
const MOST: usize = 2 << 20;

fn home() -> Home {
    let home = Home::empty();
    home.write("etc/ossec.conf", CONFIG.as_bytes());
    home.write("etc/decoder.xml", DECODERS.as_bytes());
    home.write("rules/site_rules.xml", RULES.as_bytes());
    home
}

fn with(name: &str, bytes: impl AsRef<[u8]>) -> Home {
    let home = home();
    home.write(name, bytes.as_ref());
    home
}

#[track_caller]
fn run(home: &Home, args: &[&str]) -> Output {
    let start = Instant::now();
    let output = home.run(args, b"a line\n");
    let taken = start.elapsed();
    assert!(taken < PATIENCE, "{args:?} took {taken:?}");
    let said = output.stdout.len() + output.stderr.len();
    assert!(said < MOST, "{args:?} said {said} bytes");
    output
}

/// `check` finds it, and neither the tester nor the service start; all of them name the places.
#[track_caller]
fn check_refused(home: &Home, places: &[&str]) {
    check_refused_with(home, places, 1);
}

#[track_caller]
fn check_refused_with(home: &Home, places: &[&str], status: i32) {
    for args in [&["logtest", "-t"][..], &["logtest"], &["logtest", "--json"]] {
        check_not_started(home, places, args);
    }
    check_refused_briefly(home, places, status);
}

/// The same for what takes a while: without the tester.
#[track_caller]
fn check_many(home: &Home, places: &[&str]) {
    check_refused_briefly(home, places, 1);
}

#[track_caller]
fn check_refused_briefly(home: &Home, places: &[&str], status: i32) {
    let checked = run(home, &["check"]);
    check_told(home, &checked.stdout, places);
    assert_eq!(checked.status.code(), Some(status), "check");
    check_not_started(home, places, &["run"]);
    for made in ["logs", "queue", "stats"] {
        assert!(!home.path().join(made).exists(), "{made} was made");
    }
}

#[track_caller]
fn check_not_started(home: &Home, places: &[&str], args: &[&str]) {
    let refused = run(home, args);
    check_told(home, &refused.stderr, places);
    assert_eq!(refused.status.code(), Some(2), "{args:?}");
    assert!(refused.stdout.is_empty(), "{args:?}");
}

#[track_caller]
fn check_told(home: &Home, said: &[u8], places: &[&str]) {
    let said = String::from_utf8_lossy(said);
    let root = format!("{}/", home.path().display());
    let start: String = said.chars().take(2000).collect();
    for place in places {
        assert!(said.replace(&root, "").contains(place), "{place} in\n{start}");
    }
    let wild = |c: char| c.is_control() && c != '\n';
    assert!(!said.contains(wild), "a control character in\n{start}");
}

#[test]
fn a_sound_one_is_accepted() {
    let home = home();
    assert_eq!(run(&home, &["check"]).status.code(), Some(0));
    assert_eq!(run(&home, &["logtest", "-t"]).status.code(), Some(0));
}

#[test]
fn an_error_in_any_file_is_enough() {
    check_refused(
        &with("etc/decoder.xml", "<decoder name=\"a\">\n <prematch>(</prematch>\n</decoder>\n"),
        &["etc/decoder.xml:2:12: error[D0019]"],
    );
    check_refused(
        &with("rules/site_rules.xml", RULES.replace("level=\"3\"", "level=\"three\"")),
        &["rules/site_rules.xml:3:23: error[R0012]"],
    );
    check_refused(
        &with(
            "etc/ossec.conf",
            CONFIG.replace("<rules>", "<rulez>").replace("</rules>", "</rulez>"),
        ),
        &["etc/ossec.conf:2:2: error[C0002]"],
    );
    check_refused(
        &with("rules/site_rules.xml", RULES.replace("</group>", "")),
        &["rules/site_rules.xml:1:2: error[X0003]"],
    );
}

#[test]
fn one_run_tells_the_mistakes_of_all_files() {
    let home = with("etc/decoder.xml", DECODERS.to_owned() + "<decoder>\n</decoder>\n");
    let rules = RULES.replace("<match>a</match>", "<mach>a</mach>").replace("\"3\"", "\"x\"");
    home.write("rules/site_rules.xml", rules.as_bytes());
    let include =
        "<include>missing.xml</include>\n<list>lists/missing</list>\n</rules>\n<globl>\n</globl>";
    home.write("etc/ossec.conf", CONFIG.replace("</rules>", include).as_bytes());
    check_refused(
        &home,
        &[
            "etc/decoder.xml:4:2: error",
            "rules/site_rules.xml:3:23: error",
            "rules/site_rules.xml:3:45: error",
            "etc/ossec.conf:4:10: error",
            "etc/ossec.conf:5:7: error",
            "etc/ossec.conf:7:2: error",
        ],
    );
}

#[test]
fn a_file_that_is_missing_is_named_where_it_is_asked_for() {
    let home = home();
    fs::remove_file(home.path().join("rules/site_rules.xml")).expect("removed");
    check_refused(&home, &["etc/ossec.conf:3:10: error[C0009]", "rules/site_rules.xml"]);
    let home = self::home();
    fs::remove_file(home.path().join("etc/decoder.xml")).expect("removed");
    check_refused(&home, &["etc/decoder.xml"]);
    let home = self::home();
    fs::remove_file(home.path().join("etc/ossec.conf")).expect("removed");
    check_refused_with(&home, &["etc/ossec.conf"], 2);
}

#[test]
fn a_folder_or_a_pipe_is_no_file() {
    for name in ["etc/ossec.conf", "etc/decoder.xml", "rules/site_rules.xml", "lists/one"] {
        for is_pipe in [false, true] {
            let list = "<list>lists/one</list>\n</rules>";
            let home = with("etc/ossec.conf", CONFIG.replace("</rules>", list));
            home.write("lists/one", b"a:b\n");
            let path = home.path().join(name);
            fs::remove_file(&path).expect("removed");
            if is_pipe {
                let mode = nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR;
                nix::unistd::mkfifo(&path, mode).expect("a pipe");
            } else {
                fs::create_dir(&path).expect("a folder");
            }
            let status = if name == "etc/ossec.conf" { 2 } else { 1 };
            check_refused_with(&home, &[name], status);
        }
    }
}

#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let home = home();
    let path = home.path().join("rules/site_rules.xml");
    fs::File::create(&path).and_then(|file| file.set_len(1 << 40)).expect("a file with a hole");
    check_refused(&home, &["rules/site_rules.xml is larger than"]);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    };
    let binary: Vec<u8> = (0..100_000).map(|_| random()).collect();
    let with_nul = |text: &str| text.replacen(">\n", ">\0\n", 1).into_bytes();
    for (name, text) in
        [("etc/ossec.conf", CONFIG), ("etc/decoder.xml", DECODERS), ("rules/site_rules.xml", RULES)]
    {
        check_refused(&with(name, &binary), &[&format!("{name}:")]);
        check_refused(&with(name, with_nul(text)), &[&format!("{name}:1:"), "error[X0018]"]);
        // Without NUL, so that it is read as XML.
        let text: Vec<u8> = binary.iter().map(|&byte| byte.max(1)).collect();
        check_refused(&with(name, [text.as_slice(), b"<"].concat()), &[&format!("{name}:")]);
    }
}

#[test]
fn variables_that_grow_without_bound_are_refused() {
    let bomb: String = (1..30)
        .map(|n| format!("<var name=\"V{n}\">{}</var>\n", format!("$V{}", n - 1).repeat(10)))
        .collect();
    let rules = format!(
        "<var name=\"V0\">xxxxxxxxxx</var>\n{bomb}{}",
        RULES.replace("<match>a", "<match>$V29")
    );
    let start = Instant::now();
    // Whether values of variables are replaced themselves is the dialect's business; the time is not.
    for dialect in ["bartizan", "ossec-4.3", "ossec-2.8"] {
        run(&with("rules/site_rules.xml", &rules), &["check", "--dialect", dialect]);
    }
    assert!(start.elapsed() < PATIENCE);
    let rule = |id: u32| {
        let text = "$V".repeat(8);
        format!(
            "<rule id=\"{id}\" level=\"3\"><match>{text}</match><description>d</description></rule>\n"
        )
    };
    let many: String = (100..20_100).map(rule).collect();
    let rules = format!(
        "<var name=\"V\">{}</var>\n<group name=\"x,\">\n{many}</group>\n",
        "x".repeat(1_000)
    );
    check_refused(&with("rules/site_rules.xml", rules), &["error[X0020]"]);
}

#[test]
fn nesting_is_followed_only_so_far() {
    let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
    let rules = format!("<group name=\"x,\">{deep}</group>");
    check_refused(&with("rules/site_rules.xml", rules), &["rules/site_rules.xml:1:", "X0012"]);
    check_refused(&with("etc/ossec.conf", &deep), &["etc/ossec.conf:1:", "X0012"]);
    check_refused(&with("etc/decoder.xml", &deep), &["etc/decoder.xml:1:", "X0012"]);
    let open = "<a>".repeat(1_000_000);
    check_refused(&with("rules/site_rules.xml", open), &["rules/site_rules.xml:1:", "X0012"]);
}

#[test]
fn a_hundred_thousand_rules_below_each_other_are_walked() {
    let child = |id: u32| {
        format!(
            "<rule id=\"{id}\" level=\"3\"><if_sid>{}</if_sid><description>d</description></rule>\n",
            id - 1
        )
    };
    let rules =
        RULES.replace("</group>", &((101..100_100).map(child).collect::<String>() + "</group>"));
    let home = with("rules/site_rules.xml", rules);
    let output = run(&home, &["logtest"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Rule id: '100099'"), "{text}");
}

/// So many mistakes, each in a line of its own.
const MANY: usize = 100_000;

#[test]
fn very_many_mistakes_in_rules_are_counted() {
    let rule = |n: usize| format!("<rule id=\"{n}\" level=\"x\"><mach>a</mach></rule>\n");
    let rules: String = (100..MANY + 100).map(rule).collect();
    let home = with("rules/site_rules.xml", format!("<group name=\"x,\">\n{rules}</group>\n"));
    check_many(&home, &["rules/site_rules.xml:2:23: error[R0012]", "199001 more messages"]);
    let home =
        with("rules/site_rules.xml", format!("<group name=\"x,\">{}", rules.replace('\n', "")));
    check_many(&home, &["rules/site_rules.xml:1:"]);
}

#[test]
fn very_many_mistakes_in_decoders_are_counted() {
    let broken: String = (0..MANY)
        .map(|n| format!("<decoder name=\"d{n}\"><prematch>(</prematch></decoder>\n"))
        .collect();
    check_many(&with("etc/decoder.xml", broken), &["etc/decoder.xml:1:", "more messages"]);
    let orphan = |n: usize| {
        format!("<decoder name=\"d{n}\"><parent>q{n}</parent><prematch>x</prematch></decoder>\n")
    };
    let orphans: String = (0..60_000).map(orphan).collect();
    check_many(&with("etc/decoder.xml", orphans), &["error[D0017]", "59000 more messages"]);
}

#[test]
fn very_many_mistakes_in_the_configuration_are_counted() {
    let options = format!("<global>\n{}</global>\n<rules>", "<nothing>x</nothing>\n".repeat(MANY));
    let home = with("etc/ossec.conf", CONFIG.replace("<rules>", &options));
    check_many(&home, &["etc/ossec.conf:3:2: error[C0003]", "more messages"]);
}

#[test]
fn an_error_after_a_thousand_warnings_is_an_error() {
    let warnings = "<global><md5_whitelist>x</md5_whitelist></global>".to_owned();
    let options = format!(
        "{warnings}<global>\n{}<logall>perhaps</logall>\n</global>\n<rules>",
        "<logall> yes </logall>\n".repeat(2_000)
    );
    let home = with("etc/ossec.conf", CONFIG.replace("<rules>", &options));
    check_many(&home, &["error[C0004]"]);
}

#[test]
fn very_many_files_with_mistakes_are_counted() {
    let home = home();
    let rule = "<rule id=\"100\" level=\"x\"><mach>a</mach></rule>\n".repeat(50);
    let mut includes = String::new();
    for number in 0..1_000 {
        includes += &format!("<include>f{number}.xml</include>\n");
        let text = format!("<group name=\"x,\">\n{rule}</group>\n");
        home.write(&format!("rules/f{number}.xml"), text.as_bytes());
    }
    home.write("etc/ossec.conf", CONFIG.replace("</rules>", &(includes + "</rules>")).as_bytes());
    check_many(&home, &["rules/f0.xml:2:", "more messages are not shown"]);
}
