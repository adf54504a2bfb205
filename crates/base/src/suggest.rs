//! "Did you mean …?"

/// The nearest of `known` to `wrong`, if it is near enough to be what was meant: at most a third of the
/// letters changed (one change always counts), a swap of two neighbours being one change. Of very many known
/// names only the first `KNOWN` are looked at.
#[must_use]
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut measure = Measure::from(wrong);
    let mut allowed = (measure.from.len() / 3).max(1);
    let mut found = None;
    for name in known.into_iter().take(KNOWN) {
        if let Some(distance) = measure.to(name, allowed) {
            found = Some(name);
            match distance.checked_sub(1) {
                // Only a nearer one is of interest now.
                Some(less) => allowed = less,
                None => break,
            }
        }
    }
    found
}

/// A generated file can have a hundred thousand names, and as many mistakes.
const KNOWN: usize = 5_000;

/// Number of insertions, deletions, replacements and swaps of neighbours between two words (optimal string
/// alignment), whatever the case of letters.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let longer = a.chars().count().max(b.chars().count());
    Measure::from(a).to(b, longer).unwrap_or(longer)
}

/// Longest word that is compared, in characters.
const WORD: usize = 256;

/// Distances from one word to others, without new memory for each.
struct Measure {
    from: Vec<char>,
    to: Vec<char>,
    before: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl Measure {
    fn from(word: &str) -> Self {
        let from = lower(word).collect();
        Self { from, to: Vec::new(), before: Vec::new(), last: Vec::new(), row: Vec::new() }
    }

    /// The distance to `word`, unless it is more than `allowed`.
    fn to(&mut self, word: &str, allowed: usize) -> Option<usize> {
        self.to.clear();
        self.to.extend(lower(word));
        let (a, b) = (self.from.as_slice(), self.to.as_slice());
        if a.len().abs_diff(b.len()) > allowed || a.len().max(b.len()) > WORD {
            return None;
        }
        let alike = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let (a, b) = (a.get(alike..)?, b.get(alike..)?);
        let (before, last, row) = (&mut self.before, &mut self.last, &mut self.row);
        last.clear();
        last.extend(0..=b.len());
        before.clone_from(last);
        for (i, &ca) in a.iter().enumerate() {
            row.clear();
            row.push(i + 1);
            for (j, &cb) in b.iter().enumerate() {
                let mut best =
                    (last[j] + usize::from(ca != cb)).min(last[j + 1] + 1).min(row[j] + 1);
                if i > 0 && j > 0 && ca == b[j - 1] && a[i - 1] == cb {
                    best = best.min(before[j - 1] + 1);
                }
                row.push(best);
            }
            // A swap looks two rows back.
            let least = |row: &[usize]| row.iter().copied().min().unwrap_or(0);
            if least(row) > allowed && least(last) >= allowed {
                return None;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, row);
        }
        last.last().copied().filter(|&distance| distance <= allowed)
    }
}

fn lower(word: &str) -> impl Iterator<Item = char> + '_ {
    word.chars().map(|c| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_option_finds_the_one_that_was_meant() {
        let known = ["email_to", "email_from", "email_notification"];
        assert_eq!(nearest("emial_to", known), Some("email_to"));
        assert_eq!(nearest("email-from", known), Some("email_from"));
        assert_eq!(nearest("smtp", known), None);
    }

    #[test]
    fn the_nearest_wins_and_of_equally_near_ones_the_first() {
        assert_eq!(nearest("abcdef", ["abcxyz", "abcdex", "abcdey"]), Some("abcdex"));
        assert_eq!(nearest("abcdef", ["xbcdxf", "ABCDEF", "abcdeg"]), Some("ABCDEF"));
        assert_eq!(nearest("ab", ["ba", "xy"]), Some("ba"));
        assert_eq!(nearest("abcdefghi", ["badcfeghi"]), Some("badcfeghi"));
    }

    #[test]
    fn a_swap_of_neighbours_is_one_change() {
        assert_eq!(distance("emial", "email"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abcd", "badc"), 2);
        assert_eq!(distance("kitten", "SITTING"), 3);
    }
}
