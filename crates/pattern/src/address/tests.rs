use proptest::prelude::*;

use super::*;

fn list(elements: &[&str], dialect: Dialect) -> AddressList {
    let mut list = AddressList::default();
    for element in elements {
        list.add(element.as_bytes(), dialect).unwrap();
    }
    list
}

/// `answers` are pairs of a value and whether the list accepts it.
#[track_caller]
fn check_in(dialect: Dialect, elements: &[&str], answers: &[(&str, bool)]) {
    let list = list(elements, dialect);
    for &(value, expected) in answers {
        assert_eq!(list.matches(value.as_bytes()), expected, "{elements:?} on {value:?}");
    }
}

#[track_caller]
fn check(elements: &[&str], answers: &[(&str, bool)]) {
    check_in(Dialect::OURS, elements, answers);
    check_in(Dialect::OSSEC_4_3, elements, answers);
}

#[track_caller]
fn check_refused(dialect: Dialect, elements: &[&str]) {
    for element in elements {
        let mut list = AddressList::default();
        assert!(list.add(element.as_bytes(), dialect).is_err(), "{element:?} in {dialect}");
        assert!(list.is_empty());
    }
}

#[test]
fn the_first_entry_that_contains_the_address_decides() {
    check(
        &["10.1.1.1", "10.1.1.2"],
        &[("10.1.1.1", true), ("10.1.1.2", true), ("10.1.1.3", false), ("10.1.1.11", false)],
    );
    check(
        &["!10.1.1.1", "10.1.1.0/24"],
        &[("10.1.1.1", false), ("10.1.1.2", true), ("10.9.1.3", false)],
    );
}

#[test]
fn what_no_entry_contains_is_accepted_if_the_last_one_is_negated() {
    check(
        &["!10.1.1.1", "!10.1.1.2"],
        &[("10.1.1.1", false), ("10.1.1.2", false), ("10.1.1.3", true)],
    );
    check(
        &["10.1.1.0/24", "!10.1.1.1"],
        &[("10.1.1.1", true), ("10.1.1.2", true), ("10.9.1.3", true)],
    );
    check(&["!any"], &[("10.1.1.1", false), ("::1", false)]);
    assert!(!AddressList::default().matches(b"10.1.1.1"));
}

#[test]
fn prefixes_cut_where_they_say() {
    check(&["10.1.1.128/25"], &[("10.1.1.127", false), ("10.1.1.128", true), ("10.1.1.255", true)]);
    check(
        &["172.16.0.0/12"],
        &[("172.15.255.255", false), ("172.16.0.0", true), ("172.32.0.0", false)],
    );
    check(&["10.1.1.77/24"], &[("10.1.1.1", true), ("10.1.2.1", false)]);
    check(&["2001:db8::/127"], &[("2001:db8::0", true), ("2001:db8::2", false)]);
    check(&["fe80::/10"], &[("fe80::1", true), ("febf::1", true), ("fec0::1", false)]);
}

#[test]
fn families_meet_only_in_mapped_addresses_and_in_any() {
    check(&["::1"], &[("::1", true), ("::2", false), ("127.0.0.1", false)]);
    check(&["10.1.0.0/16"], &[("::ffff:10.1.2.3", true), ("::ffff:10.2.2.3", false)]);
    check(&["!2001:db8::/32"], &[("2001:db8::1", false), ("10.1.1.1", true)]);
    check(&["any"], &[("10.1.1.1", true), ("2001:db8::1", true)]);
    check(&["0.0.0.0/0"], &[("2001:db8::1", true), ("1.1.1.1", true)]);
    check(&["::/0"], &[("1.1.1.1", true)]);
}

#[test]
fn the_prefix_of_a_mapped_entry_counts_from_96() {
    check(&["::ffff:10.1.0.0/112"], &[("10.1.2.3", true), ("10.2.2.3", false)]);
    check(&["::ffff:10.1.2.3"], &[("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("::1", false)]);
    check_refused(Dialect::OSSEC_4_3, &["::ffff:10.1.0.0/95", "::ffff:10.1.0.0/129"]);
}

#[test]
fn a_value_that_is_no_address_is_refused_by_negated_lists_too() {
    for elements in [["!10.1.0.0/16"], ["any"], ["0.0.0.0/0"]] {
        check(
            &elements,
            &[("notip", false), ("", false), ("300.1.1.1", false), ("10.1.1.1.1", false)],
        );
    }
    check(&["10.1.1.1"], &[("10.1.1.1/24", true), ("10.1.1.1/33", false), ("10.1.1.1x", false)]);
}

#[test]
fn the_old_inet_style_and_a_trailing_blank_are_tolerated() {
    check(&["10.1.1"], &[("10.1.0.1", true), ("10.1.1.0", false)]);
    check(&["10.0.0.0/8 "], &[("10.9.9.9", true), ("11.0.0.1", false)]);
    check(&["0x0a.1"], &[("10.0.0.1", true)]);
    assert!(oddity(b"10.1.1").is_some() && oddity(b"!10.0.0.0/8 ").is_some());
    assert_eq!(oddity(b"!10.0.0.0/8"), None);
    assert_eq!(oddity(b"any"), None);
    assert_eq!(oddity(b"2001:db8::/32"), None);
}

#[test]
fn what_is_no_network_is_refused() {
    let wrong = [
        "localhost",
        "",
        "!",
        "10.1.1.1,10.1.1.2",
        "10.1.1.1|10.1.1.2",
        "10.0.0.0/255.0.0.0",
        "10.1.1.1/33",
        "2001:db8::/129",
        "! 10.1.1.1",
        "BBB",
        "10.1.1.256",
        "10.256.1",
        "10..1.1",
        "fe80::1%",
    ];
    check_refused(Dialect::OURS, &wrong);
    check_refused(Dialect::OSSEC_4_3, &wrong);
}

#[test]
fn a_slash_without_a_number_means_everything_only_in_the_dialects() {
    let odd = ["10.1.1.1/", "10.1.1.1/abc"];
    check_refused(Dialect::OURS, &odd);
    for element in odd {
        check_in(Dialect::OSSEC_4_3, &[element], &[("8.8.8.8", true), ("::1", true)]);
        assert!(oddity(element.as_bytes()).is_some());
    }
    check_in(Dialect::ossec_2_8(), &["10.1.1.1/"], &[("8.8.8.8", true)]);
    check_refused(Dialect::ossec_2_8(), &["10.1.1.1/abc"]);
}

#[test]
fn a_list_of_2_8_refuses_after_a_negation_and_accepts_at_its_end() {
    let d = Dialect::ossec_2_8();
    let answers = [("10.1.1.1", false), ("10.1.1.2", false), ("10.9.1.3", true)];
    check_in(d, &["!10.1.1.1", "10.1.1.0/24"], &answers);
    check_in(d, &["10.1.1.0/24", "!10.1.1.1"], &[("10.1.1.1", true), ("10.9.1.3", true)]);
    check_in(d, &["!10.1.0.0/16"], &[("notip", true), ("10.1.1.1", false), ("::1", true)]);
    check_in(d, &["any"], &[("notip", true), ("300.1.1.1", true)]);
    check_in(d, &["255.255.255.255"], &[("notip", true)]);
    check_in(d, &["10.0.0.1"], &[("10.1", true)]);
}

#[test]
fn entries_of_2_8_are_ipv4_with_prefix_or_mask() {
    let d = Dialect::ossec_2_8();
    check_in(d, &["10.0.0.0/255.0.0.0"], &[("10.9.9.9", true), ("11.0.0.1", false)]);
    check_in(d, &["0.0.0.0/0"], &[("10.9.9.9", true), ("notip", true)]);
    check_refused(d, &["10.1.1", "0.0.0.0", "10.0.0.0/8 ", "2001:db8::/32", "10.1.1.1/33"]);
}

#[test]
fn addresses_are_told_from_other_words() {
    for yes in ["10.1.1.1", "::1", "::ffff:1.2.3.4", "fe80::1%eth0"] {
        assert!(is_address(yes.as_bytes()), "{yes}");
    }
    for no in ["", "host", "1.2.3.4.5", "1.2.3.4 ", ":", "256.1.1.1", "1.2.3.", ".1"] {
        assert!(!is_address(no.as_bytes()), "{no}");
    }
}

proptest! {
    #[test]
    fn four_numbers_read_as_the_standard_library_reads_them(bits: u32) {
        let text = std::net::Ipv4Addr::from_bits(bits).to_string();
        prop_assert_eq!(dotted_quad(text.as_bytes()), Some(bits));
    }

    #[test]
    fn a_network_contains_what_shares_its_prefix(net: u32, value: u32, length in 1u32..=32) {
        let mut list = AddressList::default();
        let element = format!("{}/{length}", std::net::Ipv4Addr::from_bits(net));
        list.add(element.as_bytes(), Dialect::OURS).unwrap();
        let value_text = std::net::Ipv4Addr::from_bits(value).to_string();
        let shared = (net ^ value).leading_zeros() >= length;
        prop_assert_eq!(list.matches(value_text.as_bytes()), shared);
    }

    #[test]
    fn no_bytes_make_it_panic(element: Vec<u8>, value: Vec<u8>) {
        for dialect in [Dialect::OURS, Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
            let mut list = AddressList::default();
            let _ = list.add(&element, dialect);
            let _ = list.matches(&value);
        }
        let _ = oddity(&element);
    }
}
