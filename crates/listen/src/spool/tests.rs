use super::*;
use crate::notice::Event;

const EARLIER: u16 = 9;

fn append(spool: &mut Spool, text: &[u8]) -> Result<(), Full> {
    let event = Event { text, priority: Some(13), is_cut: false, is_incomplete: false };
    spool.append(&Record { listener: 1, location: b"10.0.0.1", event })
}

fn open(folder: &tempfile::TempDir) -> Spool {
    Spool::open(&folder.path().join("syslog"), 1 << 20).unwrap()
}

fn write(spool: &mut Spool, numbers: std::ops::Range<u32>) {
    for number in numbers {
        append(spool, number.to_string().as_bytes()).unwrap();
    }
    spool.flush(3).unwrap();
}

/// Reads everything: the texts, and the last mark.
fn read_all(spool: &mut Spool) -> (Vec<String>, Mark) {
    let (mut texts, mut mark) = (Vec::new(), Mark::default());
    let mut bytes = Vec::new();
    while let Some(reading) = spool.read(&mut bytes, EARLIER) {
        texts.extend(
            record::all(&bytes).map(|r| String::from_utf8_lossy(r.event.text).into_owned()),
        );
        mark = reading.mark;
        bytes.clear();
    }
    (texts, mark)
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join("syslog")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| number_of(path).is_some()).collect();
    paths.sort();
    paths
}

#[test]
fn what_is_written_is_read_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    write(&mut spool, 0..100);
    assert!(spool.unread_bytes() > 0);
    assert_eq!(read_all(&mut spool).0, numbers(0..100));
    write(&mut spool, 100..150);
    assert_eq!(read_all(&mut spool).0, numbers(100..150));
    assert_eq!(spool.unread_bytes(), 0);
}

#[test]
fn counts_tell_what_was_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    append(&mut spool, b"x").unwrap();
    append(&mut spool, b"y").unwrap();
    assert_eq!(spool.flush(3).unwrap(), [0, 2, 0]);
    let reading = spool.read(&mut Vec::new(), EARLIER).unwrap();
    assert_eq!((reading.read, reading.earlier), (vec![0, 2, 0], 0));
}

#[test]
fn what_was_not_committed_comes_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    write(&mut spool, 0..10);
    let (_, mark) = read_all(&mut spool);
    spool.commit(mark);
    write(&mut spool, 10..20);
    read_all(&mut spool);
    write(&mut spool, 20..30);
    drop(spool);
    let mut spool = open(&folder);
    let mut bytes = Vec::new();
    let reading = spool.read(&mut bytes, EARLIER).unwrap();
    assert_eq!(reading.earlier, 20);
    assert!(record::all(&bytes).all(|record| record.listener == EARLIER));
    write(&mut spool, 30..40);
    let (texts, mark) = read_all(&mut spool);
    assert_eq!(texts, numbers(30..40));
    spool.commit(mark);
    drop(spool);
    assert_eq!(read_all(&mut open(&folder)).0, numbers(0..0));
}

#[test]
fn a_commit_in_the_middle_of_a_file_is_where_reading_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    write(&mut spool, 0..10);
    let (_, mark) = read_all(&mut spool);
    write(&mut spool, 10..20);
    spool.commit(mark);
    drop(spool);
    let mut spool = open(&folder);
    assert_eq!(read_all(&mut spool).0, numbers(10..20));
}

#[test]
fn files_that_are_done_with_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    for round in 0..40 {
        append(&mut spool, &[b'x'; 20_000]).unwrap();
        spool.flush(3).unwrap();
        if round == 20 {
            assert!(files(&folder).len() > 5);
            let (_, mark) = read_all(&mut spool);
            append(&mut spool, b"y").unwrap();
            spool.flush(3).unwrap();
            spool.commit(mark);
            assert_eq!(files(&folder).len(), 1);
        }
    }
    let (_, mark) = read_all(&mut spool);
    spool.commit(mark);
    assert_eq!(files(&folder).len(), 0);
    write(&mut spool, 0..1);
    assert_eq!(read_all(&mut spool).0, numbers(0..1));
}

#[test]
fn the_limit_refuses_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    let taken = (0..200).take_while(|_| append(&mut spool, &[b'x'; 10_000]).is_ok()).count();
    assert_eq!(taken, (1 << 20) / (10_000 + 8 + 10 + FRAME_BYTES));
    spool.flush(3).unwrap();
    assert_eq!(append(&mut spool, &[b'x'; 10_000]), Err(Full));
    let (texts, mark) = read_all(&mut spool);
    assert_eq!(texts.len(), taken);
    spool.commit(mark);
    assert_eq!(append(&mut spool, &[b'x'; 10_000]), Ok(()));
}

#[test]
fn a_record_that_was_torn_by_a_kill_is_left_out_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    write(&mut spool, 0..10);
    drop(spool);
    let file = OpenOptions::new().write(true).open(&files(&folder)[0]).unwrap();
    for torn in 1..20 {
        let length = file.metadata().unwrap().len();
        file.set_len(length - 1).unwrap();
        let mut spool = open(&folder);
        let (mut texts, mut damaged) = (0, 0);
        let mut bytes = Vec::new();
        while let Some(reading) = spool.read(&mut bytes, EARLIER) {
            texts += reading.earlier;
            damaged += reading.damaged_earlier;
        }
        assert_eq!((texts, damaged), (9, 0), "{torn} bytes are missing");
    }
}

#[test]
fn damage_is_counted_and_does_not_spread_to_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    write(&mut spool, 0..10);
    let path = files(&folder)[0].clone();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let (mut read, mut damaged) = (0, 0);
    while let Some(reading) = spool.read(&mut Vec::new(), EARLIER) {
        read += reading.read.iter().sum::<u64>();
        damaged += reading.damaged.iter().sum::<u64>();
    }
    assert_eq!((read + damaged, damaged > 0), (10, true));
    write(&mut spool, 10..20);
    assert_eq!(read_all(&mut spool).0, numbers(10..20));
    drop(spool);
    let mut spool = open(&folder);
    let mut damaged = 0;
    let (mut bytes, mut texts) = (Vec::new(), Vec::new());
    while let Some(reading) = spool.read(&mut bytes, EARLIER) {
        damaged += reading.damaged_earlier;
    }
    texts.extend(record::all(&bytes).map(|r| String::from_utf8_lossy(r.event.text).into_owned()));
    assert_eq!(damaged, 1);
    assert!(texts.starts_with(&numbers(0..4)), "{texts:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_whole_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder);
    write(&mut spool, 0..10);
    spool.writer = Some(OpenOptions::new().write(true).open("/dev/full").unwrap());
    append(&mut spool, b"lost").unwrap();
    let (counts, _) = spool.flush(3).unwrap_err();
    assert_eq!(counts, [0, 1, 0]);
    spool.writer = Some(OpenOptions::new().append(true).open(&files(&folder)[0]).unwrap());
    write(&mut spool, 10..20);
    assert_eq!(read_all(&mut spool).0, numbers(0..20));
}

#[test]
fn a_folder_that_cannot_be_used_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("syslog"), "").unwrap();
    assert!(Spool::open(&folder.path().join("syslog"), 1 << 20).is_err());
}
