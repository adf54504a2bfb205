use super::*;

const DAY: i64 = 86_400;
/// 2025-12-01, a Monday.
const MONDAY: i64 = 1_764_547_200;

fn statistics(dialect: Dialect) -> Statistics {
    let options = StatisticsOptions { at_least: 10, percent: 5, ..StatisticsOptions::default() };
    let mut statistics = Statistics::new(options, dialect);
    statistics.keep_journals();
    statistics
}

#[test]
fn what_nobody_takes_is_not_kept() {
    let mut statistics = Statistics::new(StatisticsOptions::default(), Dialect::OURS);
    for day in 0..3 {
        events(&mut statistics, MONDAY + day * DAY, 5);
    }
    assert!(!statistics.has_fresh());
}

fn file(path: &str) -> AverageFile {
    AverageFile::all().find(|file| file.path() == path).expect("a file of that name")
}

/// Counts `count` events at `time`; the alerts there were.
fn events(statistics: &mut Statistics, time: i64, count: u32) -> Vec<String> {
    let time = Timestamp(time);
    if statistics.is_new_hour(time, 0) {
        statistics.turn(time, 0, std::iter::empty());
    }
    (0..count).filter_map(|_| statistics.count()).map(|excess| excess.sentence()).collect()
}

#[test]
fn an_hour_far_above_its_average_is_told_once() {
    let mut statistics = statistics(Dialect::OURS);
    statistics.load(file("hourly-average/24"), b"3");
    statistics.load(file("hourly-average/8"), b" 2\n");
    assert_eq!(
        events(&mut statistics, MONDAY + 8 * 3_600, 50),
        ["The average number of logs between 8:00 and 9:00 is 2. We reached 13."]
    );
}

#[test]
fn weekdays_are_compared_with_themselves_by_default_only() {
    for (dialect, expected) in [(Dialect::OURS, 1), (Dialect::OSSEC_4_3, 0)] {
        let mut statistics = statistics(dialect);
        for week in 0..4 {
            let monday = MONDAY + week * 7 * DAY;
            assert!(events(&mut statistics, monday, 30).is_empty(), "week {week}");
            events(&mut statistics, monday + DAY, 500);
            statistics.alerts_today = 0;
        }
        // Over all days the hour has hundreds, on Mondays it has far less.
        let alerts = events(&mut statistics, MONDAY + 28 * DAY, 100);
        assert_eq!(alerts.len(), expected, "{dialect}: {alerts:?}");
        assert!(alerts.iter().all(|text| text.contains(" on Monday is ")));
    }
}

#[test]
fn a_day_that_begins_in_the_same_hour_is_noticed() {
    let mut statistics = statistics(Dialect::OSSEC_4_3);
    events(&mut statistics, MONDAY, 1);
    events(&mut statistics, MONDAY + DAY, 1);
    let totals = statistics.take_totals();
    assert_eq!(totals.len(), 1);
    assert_eq!(totals[0].day, Timestamp(MONDAY));
    assert!(totals[0].text.ends_with(b"Total events for day:1\n"));
    assert!(statistics.take_changed().contains(&file("hourly-average/0")));
    assert_eq!(statistics.text(file("hourly-average/0")), "21");
}

#[test]
fn an_hour_never_goes_back_unless_the_clock_does_for_good() {
    let mut statistics = statistics(Dialect::OURS);
    events(&mut statistics, MONDAY + DAY, 1);
    events(&mut statistics, MONDAY + DAY - 3_600, 1);
    assert!(!statistics.has_fresh());
    events(&mut statistics, MONDAY - DAY, 1);
    assert_eq!(statistics.take_totals().len(), 1);
    assert!(statistics.take_changed().is_empty());
}

#[test]
fn numbers_of_files_are_read_as_far_as_they_go() {
    for (text, expected) in
        [("12abc", 12), ("x", 0), ("", 0), ("-5", 0), ("\n +7 ", 7), ("99999999999999", u32::MAX)]
    {
        assert_eq!(averages::number(text.as_bytes()), expected, "{text:?}");
    }
}
