//! CDB lists: any bytes as a compiled list and as a text; what is written is read back the same.

#![no_main]

use bartizan_base::Dialect;
use bartizan_fuzz::dialects;
use bartizan_pattern::cdb::List;
use libfuzzer_sys::fuzz_target;

/// Everything a list holds can be looked up, and survives being written.
fn check(list: &List) {
    for (key, _) in list.iter() {
        assert!(list.get(key).is_some(), "{key:?}");
        let _ = list.get_by_address(key);
    }
    let written = list.to_cdb().expect("a list that was read is small enough to write");
    let again = List::from_cdb(written).expect("what was written can be read");
    assert_eq!(list.iter().collect::<Vec<_>>(), again.iter().collect::<Vec<_>>());
}

fuzz_target!(|data: &[u8]| {
    if let Ok(list) = List::from_cdb(data.to_vec()) {
        check(&list);
    }
    for dialect in dialects() {
        check(&List::from_text(data, dialect));
    }
    let _ = List::from_text(data, Dialect::OURS).get_by_address(b"10.0.0.1");
});
