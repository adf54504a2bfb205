use proptest::prelude::*;

use super::*;

fn list(text: &str) -> List {
    List::from_text(text.as_bytes(), Dialect::OURS)
}

#[track_caller]
fn check(text: &str, dialect: Dialect, expected: &[(&str, &str)]) {
    let list = List::from_text(text.as_bytes(), dialect);
    let got: Vec<_> = list
        .iter()
        .map(|(k, v)| (String::from_utf8_lossy(k).into_owned(), String::from_utf8_lossy(v).into()))
        .collect();
    let expected: Vec<(String, String)> =
        expected.iter().map(|&(k, v)| (k.into(), v.into())).collect();
    assert_eq!(got, expected, "{text:?}");
}

#[test]
fn a_line_is_split_at_its_first_colon_and_nothing_is_trimmed() {
    check(
        "a:1\n b : 2\nno colon\n::1:x\nlast:",
        Dialect::OURS,
        &[("a", "1"), (" b ", " 2"), ("", ":1:x"), ("last", "")],
    );
}

#[test]
fn comments_and_carriage_returns_belong_to_the_text_only_in_2_8() {
    let text = "### all\n\na:1 ### note\r\n  ### b:2\nc:3\r\n";
    check(text, Dialect::OURS, &[("a", "1"), ("c", "3")]);
    check(text, Dialect::ossec_2_8(), &[("a", "1 ### note\r"), ("  ### b", "2"), ("c", "3\r")]);
}

#[test]
fn the_first_of_equal_keys_is_found() {
    let list = list("a:1\nb:2\na:3\n");
    assert_eq!(list.len(), 3);
    assert_eq!(list.get(b"a"), Some(&b"1"[..]));
    assert_eq!(list.get(b"b"), Some(&b"2"[..]));
    assert_eq!(list.get(b"A"), None);
    assert_eq!(list.get(b""), None);
}

#[test]
fn an_empty_list_has_no_key() {
    for list in [List::default(), list("\n"), list("")] {
        assert!(list.is_empty());
        assert_eq!(list.get(b""), None);
        assert_eq!(list.get_by_address(b"10.1.1.1"), None);
    }
}

#[test]
fn an_address_is_found_by_its_longest_dotted_prefix() {
    let list = list("10.:net\n10.1.:sub\n10.1.2.3:host\n10.9:no dot\n");
    for (address, expected) in [
        ("10.1.2.3", Some("host")),
        ("10.1.2.4", Some("sub")),
        ("10.2.2.4", Some("net")),
        ("10.9.1.1", Some("net")),
        ("10", None),
        ("11.1.2.3", None),
        ("110.1.2.3", None),
        ("::1", None),
    ] {
        let got = list.get_by_address(address.as_bytes());
        assert_eq!(got, expected.map(str::as_bytes), "{address}");
    }
}

#[test]
fn a_long_field_full_of_dots_costs_no_more_than_the_longest_key() {
    let list = list("10.:net\n");
    let field = b"10.".repeat(300_000);
    assert_eq!(list.get_by_address(&field), Some(&b"net"[..]));
}

/// Computed by hand: hash("a") = 5381 * 33 ^ 97 = 177604, so table 196 (177604 mod 256), slot 693 mod 2 = 1.
#[test]
fn one_entry_is_written_byte_by_byte_as_the_format_says() {
    let file = list("a:xyz\n").to_cdb().unwrap();
    let record = [1, 0, 0, 0, 3, 0, 0, 0, b'a', b'x', b'y', b'z'];
    assert_eq!(file.len(), 2048 + record.len() + 16);
    assert_eq!(file[2048..2060], record);
    assert_eq!(file[2060..2068], [0; 8], "slot 0 is free");
    assert_eq!(file[2068..2072], 177_604u32.to_le_bytes());
    assert_eq!(file[2072..2076], 2048u32.to_le_bytes());
    for table in 0..256usize {
        let position = if table <= 196 { 2060u32 } else { 2076 };
        let slots = u32::from(table == 196) * 2;
        let at = table * 8;
        assert_eq!(file[at..at + 4], position.to_le_bytes(), "table {table}");
        assert_eq!(file[at + 4..at + 8], slots.to_le_bytes(), "table {table}");
    }
}

/// The lookup as the format defines it, through the hash tables.
fn find_in_file<'a>(file: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let hash = cdb_hash(key) as usize;
    let (table, slots) = (number(hash % 256 * 8), number(hash % 256 * 8 + 4));
    for probe in 0..slots {
        let slot = table + (hash / 256 + probe) % slots * 8;
        let at = number(slot + 4);
        if at == 0 {
            return None;
        }
        let (key_end, len) = (at + 8 + number(at), number(at + 4));
        if number(slot) == hash && &file[at + 8..key_end] == key {
            return Some(&file[key_end..key_end + len]);
        }
    }
    None
}

#[test]
fn a_damaged_file_is_refused() {
    let file = list("a:xyz\nb:1\n").to_cdb().unwrap();
    assert_eq!(List::from_cdb(Vec::new()).unwrap_err(), CdbError::Header(0));
    assert_eq!(List::from_cdb(file[..2047].to_vec()).unwrap_err(), CdbError::Header(2047));
    for len in 2048..file.len() {
        assert!(List::from_cdb(file[..len].to_vec()).is_err(), "{len} bytes");
    }
    let mut long_key = file.clone();
    long_key[2051] = 0x7f;
    assert!(matches!(List::from_cdb(long_key), Err(CdbError::CutOff { .. })));
}

fn entries() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    let byte = prop_oneof![Just(b'a'), Just(b'.'), Just(b'1'), 0x20..0x7fu8, 0x80..=0xffu8];
    let key = proptest::collection::vec(byte.clone(), 0..6)
        .prop_map(|key| key.into_iter().filter(|&b| b != b':' && b != b'#').collect());
    let value = proptest::collection::vec(byte, 0..6)
        .prop_map(|value| value.into_iter().filter(|&b| b != b'#').collect());
    proptest::collection::vec((key, value), 0..60)
}

proptest! {
    #[test]
    fn text_and_compiled_form_answer_like_a_map_of_first_entries(entries in entries(), other: Vec<u8>) {
        let mut text = Vec::new();
        let mut first = std::collections::BTreeMap::new();
        for (key, value) in &entries {
            text.extend_from_slice(key);
            text.push(b':');
            text.extend_from_slice(value);
            text.push(b'\n');
            first.entry(key.clone()).or_insert(value.clone());
        }
        let list = List::from_text(&text, Dialect::OURS);
        let file = list.to_cdb().unwrap();
        let read = List::from_cdb(file.clone()).unwrap();
        prop_assert!(list.iter().eq(entries.iter().map(|(k, v)| (k.as_slice(), v.as_slice()))));
        prop_assert!(read.iter().eq(list.iter()));
        prop_assert_eq!(read.to_cdb().unwrap(), file.clone());
        for key in first.keys().chain([&other]) {
            let expected = first.get(key).map(Vec::as_slice);
            prop_assert_eq!(list.get(key), expected);
            prop_assert_eq!(read.get(key), expected);
            prop_assert_eq!(find_in_file(&file, key), expected);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        entries in entries(),
        wounds in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..8),
        cut: u16,
    ) {
        let text: Vec<u8> = entries.iter().flat_map(|(k, v)| [k, &b":"[..], v, b"\n"].concat()).collect();
        let mut file = List::from_text(&text, Dialect::OURS).to_cdb().unwrap();
        for (at, byte) in wounds {
            let at = at as usize % file.len();
            file[at] = byte;
        }
        if cut % 4 == 0 {
            file.truncate(cut as usize % file.len());
        }
        if let Ok(list) = List::from_cdb(file) {
            for (key, _) in list.iter() {
                prop_assert!(list.get(key).is_some());
                let _ = list.get_by_address(key);
            }
        }
    }
}
