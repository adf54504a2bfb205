//! Which files `<rules>` stands for.

use std::path::Path;

use bartizan_base::{Diagnostic, Dialect, Source};
use bartizan_config::ossec_conf::{self, files::ResolvedFiles};

/// A home with empty files of these names.
fn home(files: &[&str]) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    for file in files {
        let path = home.path().join(file);
        std::fs::create_dir_all(path.parent().expect("below the home")).expect("a folder");
        std::fs::write(path, "").expect("a file");
    }
    home
}

fn resolve_in(dialect: Dialect, config: &str, home: &Path) -> (ResolvedFiles, Vec<Diagnostic>) {
    let source = Source::new("ossec.conf", format!("<ossec_config>{config}</ossec_config>"));
    let (configuration, mut diagnostics) = ossec_conf::read(&source, dialect);
    let files = configuration.expect("well-formed").rules.files(home, dialect, &mut diagnostics);
    (files, diagnostics)
}

fn resolve(config: &str, home: &Path) -> (ResolvedFiles, Vec<Diagnostic>) {
    resolve_in(Dialect::OURS, &format!("<rules>{config}</rules>"), home)
}

fn rules(files: &ResolvedFiles) -> Vec<String> {
    files.rule_files.iter().map(|file| file.name.display().to_string()).collect()
}

fn decoders(files: &ResolvedFiles) -> Vec<String> {
    files.decoder_files.iter().map(|file| file.name.display().to_string()).collect()
}

/// Messages as `code line:column "text under the carets"`.
fn told(diagnostics: &[Diagnostic]) -> Vec<String> {
    let show = |d: &Diagnostic| match &d.place {
        None => d.code.to_owned(),
        Some(place) => {
            let at = place.position();
            let meant =
                String::from_utf8_lossy(&place.source.text[place.span.clone()]).into_owned();
            format!("{} {}:{} {meant}", d.code, at.line, at.column)
        }
    };
    diagnostics.iter().map(show).collect()
}

const STOCK: [&str; 4] =
    ["etc/decoder.xml", "rules/rules_config.xml", "rules/b_rules.xml", "rules/a_rules.xml"];

#[test]
fn files_come_in_the_order_of_the_configuration() {
    let home = home(&STOCK);
    let (files, said) =
        resolve("<include>rules_config.xml</include>\n<rule>rules/b_rules.xml</rule>", home.path());
    assert_eq!(rules(&files), ["rules/rules_config.xml", "rules/b_rules.xml"]);
    assert_eq!(decoders(&files), ["etc/decoder.xml"]);
    assert_eq!(files.rule_files[0].path, home.path().join("rules/rules_config.xml"));
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn a_directory_gives_its_files_sorted_and_none_that_is_named_already() {
    let home =
        home(&["etc/decoder.xml", "r/20.xml", "r/10.xml", "r/x.txt", "r/5.xml.bak", "r/30.xml"]);
    let (files, said) = resolve("<include>r/20.xml</include><rule_dir>r</rule_dir>", home.path());
    assert_eq!(rules(&files), ["r/20.xml", "r/10.xml", "r/30.xml"]);
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn every_pattern_of_every_directory_counts() {
    let home = home(&["etc/decoder.xml", "r/a.rul", "r/a.xml", "s/b.rul", "s/b.xml", "s/c.xml"]);
    let (files, _) = resolve(
        "<rule_dir pattern='.rul$'>r</rule_dir><rule_dir pattern='^s/b|.txt$'>s</rule_dir>",
        home.path(),
    );
    assert_eq!(rules(&files), ["r/a.rul", "s/b.rul", "s/b.xml"]);
}

#[test]
fn several_sections_are_joined() {
    let home = home(&STOCK);
    let (files, said) = resolve_in(
        Dialect::OURS,
        "<rules><include>a_rules.xml</include></rules><rules><include>b_rules.xml</include></rules>",
        home.path(),
    );
    assert_eq!(rules(&files), ["rules/a_rules.xml", "rules/b_rules.xml"]);
    assert_eq!(told(&said), ["C0107 1:61 rules"]);
}

#[test]
fn decoders_that_are_named_replace_the_usual_ones() {
    let home =
        home(&["etc/decoder.xml", "etc/local_decoder.xml", "d/2.xml", "d/1.xml", "etc/x.xml"]);
    let (files, _) = resolve("", home.path());
    assert_eq!(decoders(&files), ["etc/decoder.xml", "etc/local_decoder.xml"]);
    assert_eq!(
        files.decoder_files.iter().map(|f| f.may_be_empty).collect::<Vec<_>>(),
        [false, true]
    );
    let (files, _) =
        resolve("<decoder>etc/x.xml</decoder><decoder_dir>d</decoder_dir>", home.path());
    assert_eq!(decoders(&files), ["etc/x.xml", "d/1.xml", "d/2.xml"]);
}

#[test]
fn missing_files_are_told_where_they_are_named() {
    let home = home(&["rules/sshd_rules.xml"]);
    let (files, said) = resolve(
        "\n<include>sshd_rulse.xml</include>\n<decoder>etc/none.xml</decoder>\n<rule_dir>none</rule_dir>",
        home.path(),
    );
    assert!(rules(&files).is_empty());
    assert_eq!(
        told(&said),
        ["C0009 3:10 etc/none.xml", "C0009 2:10 sshd_rulse.xml", "C0108 4:11 none"]
    );
    assert_eq!(said[1].help.as_deref(), Some("did you mean `sshd_rules.xml`?"));
    let (_, said) = resolve("", home.path());
    assert_eq!(told(&said), ["C0009"], "the usual decoder file is missing");
}

#[test]
fn a_file_named_twice_is_loaded_once_and_refused_in_the_dialect() {
    let home = home(&STOCK);
    let config =
        "<rules><include>a_rules.xml</include><include>rules/a_rules.xml</include></rules>";
    for (dialect, is_error) in [(Dialect::OURS, false), (Dialect::OSSEC_4_3, true)] {
        let (files, said) = resolve_in(dialect, config, home.path());
        assert_eq!(rules(&files), ["rules/a_rules.xml"]);
        assert_eq!(told(&said), ["C0011 1:61 rules/a_rules.xml"]);
        assert_eq!(said[0].is_error(), is_error);
    }
}

#[test]
fn a_pattern_that_does_not_compile_is_pointed_at() {
    let home = home(&STOCK);
    let (_, said) = resolve("<rule_dir pattern=\"(\">rules</rule_dir>", home.path());
    assert_eq!(told(&said), ["C0010 1:41 ("]);
    assert!(said[0].is_error());
}

#[test]
fn lists_have_the_name_that_rules_use() {
    let home = home(&["etc/decoder.xml", "rules/ips", "lists/users.cdb"]);
    let (files, said) =
        resolve("<list>ips.cdb</list><list>lists/users</list><list>nets</list>", home.path());
    let names: Vec<_> = files.lists.iter().map(|l| String::from_utf8_lossy(&l.name)).collect();
    assert_eq!(names, ["rules/ips", "lists/users", "rules/nets"]);
    assert_eq!(files.lists[1].compiled, home.path().join("lists/users.cdb"));
    assert_eq!(told(&said), ["C0009 1:72 nets"]);
    assert!(!said[0].is_error());
}

#[test]
fn a_path_from_the_root_is_below_the_home() {
    let home = home(&["etc/decoder.xml", "rules/a_rules.xml"]);
    let (files, said) = resolve("<include>/rules/a_rules.xml</include>", home.path());
    assert_eq!(files.rule_files[0].path, home.path().join("rules/a_rules.xml"));
    assert!(said.is_empty());
    let outside = tempfile::NamedTempFile::new().unwrap();
    let config = format!("<include>{}</include>", outside.path().display());
    let (files, _) = resolve(&config, home.path());
    assert_eq!(files.rule_files[0].path, outside.path());
    let (files, _) =
        resolve_in(Dialect::OSSEC_4_3, &format!("<rules>{config}</rules>"), home.path());
    assert!(files.rule_files.is_empty());
}

#[test]
fn a_ruleset_of_wazuh_is_sorted_by_name() {
    let home = home(&[
        "ruleset/rules/0020-b.xml",
        "ruleset/rules/0010-a.xml",
        "ruleset/rules/0030-c.xml",
        "ruleset/decoders/0005-d.xml",
        "etc/rules/local_rules.xml",
        "etc/decoders/0001-x.xml",
    ]);
    let config = "<ruleset><decoder_dir>ruleset/decoders</decoder_dir>\
        <rule_dir>ruleset/rules</rule_dir><rule_exclude>0030-c.xml</rule_exclude>\
        <decoder_dir>etc/decoders</decoder_dir><rule_dir>etc/rules</rule_dir></ruleset>";
    let (files, said) = resolve_in(Dialect::OURS, config, home.path());
    assert_eq!(
        rules(&files),
        ["ruleset/rules/0010-a.xml", "ruleset/rules/0020-b.xml", "etc/rules/local_rules.xml"]
    );
    assert_eq!(decoders(&files), ["etc/decoders/0001-x.xml", "ruleset/decoders/0005-d.xml"]);
    assert!(said.is_empty(), "{said:?}");
    let (files, _) = resolve_in(Dialect::OURS, "<ruleset></ruleset>", home.path());
    assert_eq!(rules(&files).len(), 3);
}
