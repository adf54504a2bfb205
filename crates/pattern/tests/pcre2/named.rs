//! Constructs one by one.

use crate::oracle::{Pair, check};

/// Subjects that tell most constructs apart.
const SUBJECTS: &[&[u8]] = &[
    b"",
    b"a",
    b"A",
    b"ab",
    b"aab",
    b"abab",
    b"foobarx",
    b"foo\n",
    b"foo\nbar\n",
    b"\n",
    b"\n\n",
    b"a\r\nb",
    b"user=<bob>",
    b"x1 y22 z333",
    b"a\xE9\xC3\xA9\x85\xA0b",
    b"key=\"va lue\" k2=v2",
    b"{1} a{,3} a{2",
    b"\0\x01\x07\x08\x1B \t\x0B\x0C",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac",
    b"[]^-\\*.",
    b"_a-b_",
];

/// Escapes. Four spaces stand between them.
const ESCAPES: &str = r###"
\<(\S+)\>    user=[\<](\S+)[\>]    \a|\e|\f    \n$    \r\n    \x41    \x4    \x{41}    \o{101}
\101    \0    \01a    \cA    \d+    \D+    \w+    \W+    \s+    \S+    \h+    \H+    \v+    \V+
\N+    \R    (\R)+    \R\n    \bbar    \Boo    \Afoo    bar\Z    bar\z    (?:bar)$    ^(?:bar)
\Gfoo    foo\Kbar    \Qa.b\E    \Q[]^\E-    a\Q\E+    \E\Ea    \Qab\E+    \Qfoo    \.    \-
\@|\_    \é    (a)\1    (a)(b)\2    \10|a    ()()()()()()()()()(b)\10    (a|b)\g1    (a|b)\g{1}
(a|b)\g{-1}    \g{+1}(a)|b    (?-i)\p{Lu}    \p{L}+    \P{L}+    \pN+    \p{^L}    (?-i)\p{Ll}b
(.)    .+    (?s).+    \_    \/
"###;

/// Classes. Four spaces stand between them.
const CLASSES: &str = r###"
[abc]+    [^abc]+    []]    [^]]    []a]+    [a-c]+    [a-]+    [-a]+    [a-c-e]+    [\d-]+
[\]\[\\]+    [\<\>]    [\w.]+    [\W]+    [^\W]+    [\b]    [\x41-\x43]+    [\101]    [\8]
[[:alpha:]]+    [[:^alpha:]]+    [[:upper:]]+    [[:lower:]]+    [[:^upper:]]+
[[:digit:][:space:]]+    [[:punct:]]+    [[:xdigit:]]+    [[:word:]]+    [[:cntrl:]]+
[[:print:]]+    [[:graph:]]+    [[:blank:]]+    [[:ascii:]]+    [[:alnum:]_]+    [:a]+    [[:a]+
[[:alpha]+    [\Qa-c\E]+    [a\Q]\E]+    [\h]+    [\V]+    [a-z--9]+    (?-i)[a-c]+
(?-i)[[:upper:]]    (?-i)[^a]    [^a]    [.$^*]+    [ab][cd]|a    [[:<:]]a    a[[:>:]]
(?xx)[a b]+    [\pL\d]+    [^\p{L}]+    [+--]+    [!-~]+    [\0-\x7f]+    [é]+
"###;

/// Groups and settings. Four spaces stand between them.
const GROUPS: &str = r###"
(a)(b)?    (?:a)(b)    (?<x>a)(?<y>b)    (?'x'a)    (?P<x>a)(?P=x)    (?<x>a)\k<x>
(?<x>a)\k{x}    (?<x>a)\k'x'    (?<x>a)\g{x}    (?|(a)|(f)(o))(.)    (?|(a)|(f))\1    (?i)A
(?-i)A    (?-i)a(?i)B    (?-i)(?i:A)B    a(?-i)B|AB    (a(?-i)|B)    (?-i:A|(?i)b)c|a    (?s:.)+
(?m)^bar$    (?m)o$    (?m)^    (?m)^$    (?m)$    (?m:^)b    (?x)a +    (?x)a + +    (?x)a+ ?b
a+(?#c)?b    (?x: a b )    (?x)a\ b    (?x)[a b]+    (?#comment)a    a(?#comment)+
(?n)(a)(?<x>b)    (?U)a+    (?U)a+?    (?U)(a+)(b*)    (?^)A    (?i-i)A    (?J)(?<n>a)|(?<n>b)
(?J)(?:(?<n>a)|(?<n>f))o*\k<n>|x    (?C)a    (?C12)a    ()    (|a)b    a||b    (a|)    (?:)
(?:)+    (*FAIL)|a    a(*F)|b    (?i)
"###;

/// Quantifiers. Four spaces stand between them.
const QUANTIFIERS: &str = r###"
a*    a+    a?    a*?    a+?b    a??b    a{2}    a{2,}    a{1,2}    a{0}b    a{0,1}b    a{1}b
a{1}?    a{2}?b    a{2,3}?    {    {1    a{    a{2    a{,    {1,x}    a{x}    (ab){2}
(ab){1,}    (a|b)*    (a|b)+?b    (a*)*    (a*)+    (a|b*)*    (|a)*    (|a)+    (a|)+    (a?)*b
(a*?)*?b    (a?){3}    (a?){2,}    (|a){2,3}    (?:a|(b))*    ((a)|b)+    (a){0}b
(?:(a)|b){2}    (a*)*b    (?:a*)*c    (^|a)+    (^a?)*    (\b|a)*b    x(\d+) y(\d+)    (.+)=(.+)
(.*)(.*)    (.*?)(.*)    (\w+)\s*=    \w+\d    (a+)(a+)    (a+?)(a+)
"###;

/// Look-around, atomic groups, references, conditions. Four spaces stand between them.
const BACKTRACKING: &str = r###"
foo(?=bar)    foo(?!bar)    (?<=foo)bar    (?<!foo)bar    (?<=a|fo)o    (?=(a))a    (?!(a))b
(?=.*b)a    (?=a)*b    (?=a)+b    (?=(a))?b    (?:(?=(a))a)+b    (?>a+)b    (?>a+)ab
(?>a|ab)b    (*atomic:a+)b    a++b    a*+a    (ab)++a    a?+a    (?:a|ab){2}+b    a{1,2}+b
(?>(a)|b)+    (a+)\1    (a|b)\1    (?-i)(a)\1    (a)?\1b    (a\1?)+    (?:(a)|b\1)+
(a)?(?(1)b|f)    (?<x>a)?(?(<x>)b|f)    (?(?=a)ab|f)    (?(?!a)f|a)    (?(?<=o)b|f)
(a)?(?(1)b)    (?(DEFINE)(x))a    \R\R    (?=\R)    (?<=\n)b    (?<=(o))b    (?<!^)a
(*pla:a)a    (*nlb:f)o    (?<=a{2})b    (?>x\d+ )+    (?i)(?=A)a    (?=a(?=b))a    (?!a(?!b))a
(?>(?=(a))a|b)+
"###;

/// What PCRE2 refuses. Four spaces stand between them.
const REFUSED: &str = r###"
(    )    (a    a)    [    [a    []    [^]    [b-a]    [a-\d]    [\d-z]    [[:alpha:]-z]
[[:foo:]]    [[.a.]]    [[=a=]]    [:alpha:]    *    +a    a|*    a**    a{1}{2}    a+++    ^*
$+    \b+    \A?    (?i)+    {1}    a{2,1}    a{65536}    \    \i    \y    \L    \1    (a)\2
\8    \g2    \g{-1}    \k<n>    (?P=n)    \c    \o{777}    \400    \o8    \p    \p{Foo}
\N{U+41}    (?<1>a)    (?<n>a)(?<n>b)    (?q)a    (?i    (?#a    (?<=a+)b    (?(1)a)
(?(9)a|b|c)    (a)(?(1)a|b|c)    [\B]    [\R]    [\A]    [\i]    \K+    (?P<n    (?<n    (?'n>a)
(?<>a)    a\E+\    \Q\E*
"###;

fn list(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().flat_map(|line| line.split("    ")).filter(|item| !item.is_empty())
}

#[test]
fn escapes() {
    for pattern in list(ESCAPES) {
        check(pattern, SUBJECTS);
    }
}

#[test]
fn classes() {
    for pattern in list(CLASSES) {
        check(pattern, SUBJECTS);
    }
}

#[test]
fn groups_and_settings() {
    for pattern in list(GROUPS).chain(["(?x) a b # comment\n|c", "(?x)a+#c\n+"]) {
        check(pattern, SUBJECTS);
    }
}

#[test]
fn quantifiers() {
    for pattern in list(QUANTIFIERS) {
        check(pattern, SUBJECTS);
    }
}

#[test]
fn what_needs_backtracking() {
    for pattern in list(BACKTRACKING).chain(["\\d++ "]) {
        check(pattern, SUBJECTS);
    }
    // Non-atomic look-around is a newer invention that nobody uses.
    assert!(Pair::new("(?*a)|a").is_err_and(|error| error.starts_with("only ours refuses")));
}

#[test]
fn what_pcre2_refuses_is_refused() {
    for pattern in list(REFUSED).chain(["\\81(a)|b", "[\\N{U+41}]|a"]) {
        assert_eq!(Pair::new(pattern).err().as_deref(), Some("both refuse"), "{pattern}");
    }
}
