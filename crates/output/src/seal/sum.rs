//! OSSEC's checksum file, `ossec-alerts-24.log.sum` (rules 11.3, responses 8).

/// What a checksum that could not be made is called.
const NONE: &str = "none";

/// The content of a `.sum` file. Checksums are hexadecimal digits; `None` stands as `none`. Paths are those below the
/// home, with a slash before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) file: String,
    pub(crate) md5: Option<String>,
    pub(crate) sha1: Option<String>,
    /// The `.sum` file that this one seals.
    pub(crate) previous: String,
    pub(crate) previous_md5: Option<String>,
    pub(crate) previous_sha1: Option<String>,
}

impl Sum {
    pub(crate) fn render(&self) -> String {
        let shown = |sum: &Option<String>| sum.clone().unwrap_or_else(|| NONE.to_owned());
        format!(
            "Current checksum:\nMD5  ({file}) = {}\nSHA1 ({file}) = {}\n\n\
             Chained checksum:\nMD5  ({previous}) = {}\nSHA1 ({previous}) = {}\n\n",
            shown(&self.md5),
            shown(&self.sha1),
            shown(&self.previous_md5),
            shown(&self.previous_sha1),
            file = self.file,
            previous = self.previous,
        )
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("Current checksum:\n")?;
        let (current, chained) = rest.split_once("\n\nChained checksum:\n")?;
        let (file, md5, sha1) = pair(current)?;
        let (previous, previous_md5, previous_sha1) = pair(chained.strip_suffix("\n\n")?)?;
        Some(Self { file, md5, sha1, previous, previous_md5, previous_sha1 })
    }
}

type Pair = (String, Option<String>, Option<String>);

/// The two lines about one file.
fn pair(lines: &str) -> Option<Pair> {
    let (md5, sha1) = lines.split_once('\n')?;
    let (file, md5) = checksum(md5.strip_prefix("MD5  (")?, 32)?;
    let (same, sha1) = checksum(sha1.strip_prefix("SHA1 (")?, 40)?;
    (file == same).then(|| (file.to_owned(), md5, sha1))
}

fn checksum(rest: &str, digits: usize) -> Option<(&str, Option<String>)> {
    let (file, sum) = rest.rsplit_once(") = ")?;
    if sum == NONE {
        return Some((file, None));
    }
    let is_hex = sum.len() == digits && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| (file, Some(sum.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_ossec_and_is_read_back() {
        let sum = Sum {
            file: "/logs/alerts/2026/Nov/ossec-alerts-24.log".into(),
            md5: Some("900150983cd24fb0d6963f7d28e17f72".into()),
            sha1: Some("a9993e364706816aba3e25717850c26c9cd0d89d".into()),
            previous: "/logs/alerts/2026/Nov/ossec-alerts-23.log.sum".into(),
            previous_md5: None,
            previous_sha1: None,
        };
        let text = "Current checksum:\n\
            MD5  (/logs/alerts/2026/Nov/ossec-alerts-24.log) = 900150983cd24fb0d6963f7d28e17f72\n\
            SHA1 (/logs/alerts/2026/Nov/ossec-alerts-24.log) = a9993e364706816aba3e25717850c26c9cd0d89d\n\n\
            Chained checksum:\n\
            MD5  (/logs/alerts/2026/Nov/ossec-alerts-23.log.sum) = none\n\
            SHA1 (/logs/alerts/2026/Nov/ossec-alerts-23.log.sum) = none\n\n";
        assert_eq!(sum.render(), text);
        assert_eq!(Sum::parse(text), Some(sum));
        for (from, to) in
            [("9001", "900"), ("= a999", "= x999"), ("SHA1 (", "SHA1("), ("\n\n", "\n")]
        {
            assert_eq!(Sum::parse(&text.replace(from, to)), None, "{from}");
        }
        assert_eq!(Sum::parse(text.get(..text.len() - 1).unwrap()), None);
    }
}
