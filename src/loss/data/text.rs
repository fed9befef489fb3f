//! Text read to its end, unless it has none.

use std::io::{Error, ErrorKind, Read, Result};

/// The most bytes of a file that are read: beyond them it is not what was meant.
pub(crate) const MOST_BYTES: usize = 1 << 30;

/// All that `reader` has, at most `most` bytes.
///
/// # Errors
/// Those of the reader; [`ErrorKind::FileTooLarge`] beyond `most` bytes and [`ErrorKind::InvalidData`] at the
/// first NUL byte, so that neither an endless file nor a device is read for long.
pub(crate) fn read_text(mut reader: impl Read, most: usize) -> Result<Vec<u8>> {
    let (mut text, mut part) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let count = match reader.read(&mut part) {
            Ok(0) => return Ok(text),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if part[..count].contains(&0) {
            return Err(Error::new(ErrorKind::InvalidData, "it has NUL bytes, so it is not text"));
        }
        if text.len() + count > most {
            let reason = format!("it is longer than {most} bytes, the most that is read");
            return Err(Error::new(ErrorKind::FileTooLarge, reason));
        }
        text.extend_from_slice(&part[..count]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, repeat};

    use super::read_text;

    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        let kind = |read: std::io::Result<Vec<u8>>| read.map_err(|error| error.kind());
        assert_eq!(kind(read_text(repeat(b'1'), 1 << 20)), Err(ErrorKind::FileTooLarge));
        assert_eq!(kind(read_text(repeat(0), 1 << 20)), Err(ErrorKind::InvalidData));
        let text = vec![b'7'; 100_000];
        assert_eq!(kind(read_text(&text[..], 100_000)), Ok(text.clone()));
        assert_eq!(kind(read_text(&text[..], 99_999)), Err(ErrorKind::FileTooLarge));
    }
}
