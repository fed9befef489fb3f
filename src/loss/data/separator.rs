//! What separates the cells of a table.

/// What separates the cells of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Comma,
    Semicolon,
    Tab,
    /// Blanks or tabs, as many as there are.
    Blanks,
}

impl Separator {
    /// The one in the header, the first line that is neither blank nor a comment: commas before semicolons
    /// before tabs before blanks, none of them within quotes.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let header = lines.find(|line| !line.is_empty() && line[0] != b'#').unwrap_or_default();
        let bare = outside_quotes(header);
        let is_there = |separator: u8| bare.contains(&Some(separator));
        match () {
            () if is_there(b',') => Separator::Comma,
            () if is_there(b';') => Separator::Semicolon,
            () if is_there(b'\t') => Separator::Tab,
            () if is_there(b' ') => Separator::Blanks,
            () => Separator::Comma,
        }
    }

    /// The byte that separates cells once it is [`applied`](Separator::applied).
    pub(super) fn byte(self) -> u8 {
        match self {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
            Separator::Tab => b'\t',
            Separator::Blanks => b' ',
        }
    }

    /// `text` with one separator between cells: of blanks only one stays, and none at either end of a line.
    pub(super) fn applied(self, text: Vec<u8>) -> Vec<u8> {
        if self != Separator::Blanks {
            return text;
        }
        let one_each = |line: &[u8]| {
            let (line, bare) = (line.trim_ascii(), outside_quotes(line.trim_ascii()));
            let is_blank = |at: usize| matches!(bare[at], Some(b' ' | b'\t'));
            let kept = (0..line.len()).filter(|&at| !(is_blank(at) && is_blank(at - 1)));
            kept.map(|at| if is_blank(at) { b' ' } else { line[at] }).collect::<Vec<u8>>()
        };
        let lines: Vec<Vec<u8>> = text.split(|&byte| byte == b'\n').map(one_each).collect();
        lines.join(&b'\n')
    }

    /// What is said of a table that is not separated by commas.
    pub(super) fn note(self) -> Option<&'static str> {
        match self {
            Separator::Comma => None,
            Separator::Semicolon => Some("cells are taken to be separated by semicolons"),
            Separator::Tab => Some("cells are taken to be separated by tabs"),
            Separator::Blanks => Some("cells are taken to be separated by blanks"),
        }
    }
}

/// The bytes of a line; nothing where they are within quotes.
fn outside_quotes(line: &[u8]) -> Vec<Option<u8>> {
    let mut quoted = false;
    let one = |&byte: &u8| {
        quoted ^= byte == b'"';
        (!quoted).then_some(byte)
    };
    line.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::Separator;

    #[test]
    fn the_header_says_what_separates() {
        for (text, known) in [
            ("a,b;c\n1,2", Separator::Comma),
            ("# a,b\n\na;b\n1,5;2,5", Separator::Semicolon),
            ("\"a,b\";c\n", Separator::Semicolon),
            ("a\tb c\n", Separator::Tab),
            ("  a   b\r\n", Separator::Blanks),
            ("a\r\n", Separator::Comma),
            ("", Separator::Comma),
        ] {
            assert_eq!(Separator::of(text.as_bytes()), known, "{text}");
        }
    }

    #[test]
    fn of_blanks_one_stays_and_lines_stay_lines() {
        let text = b"  a \t \"b  c\"\r\n\n 1   2 \n".to_vec();
        let applied = Separator::Blanks.applied(text);
        assert_eq!(String::from_utf8(applied).unwrap_or_default(), "a \"b  c\"\n\n1 2\n");
        assert_eq!(Separator::Comma.applied(b" a , b".to_vec()), b" a , b");
    }
}
