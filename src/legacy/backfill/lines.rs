//! Lines of a text file in whatever encoding it was written, however long it is: only each line's beginning is kept, and
//! never more than one line.

use std::io::{self, BufRead as _, BufReader, Read};

/// So many signs of a line are kept; a time and a few words stand before that.
const KEPT: usize = 400;

/// How much is looked at to tell an encoding without a mark.
const LOOKED_AT: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    One,
    TwoLittle,
    TwoBig,
}

/// The lines of a file, each with its number from 1 on.
pub(super) struct Lines<R> {
    file: BufReader<io::Chain<io::Cursor<Vec<u8>>, R>>,
    width: Width,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(mut file: R) -> io::Result<Self> {
        let mut head = Vec::new();
        file.by_ref().take(LOOKED_AT as u64).read_to_end(&mut head)?;
        let (width, mark) = width_of(&head);
        head.drain(..mark);
        let file = BufReader::with_capacity(1 << 16, io::Cursor::new(head).chain(file));
        Ok(Self { file, width, number: 0 })
    }

    /// A line of one byte a sign. All that matters is ASCII; what is not becomes some other sign, whatever its encoding.
    fn narrow(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::with_capacity(KEPT);
        if self.file.by_ref().take(KEPT as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else {
            self.file.skip_until(b'\n')?;
        }
        Ok(Some(line.into_iter().map(char::from).collect()))
    }

    /// A line of two bytes a sign.
    fn wide(&mut self) -> io::Result<Option<String>> {
        let (mut text, mut kept, mut any) = (String::new(), 0, false);
        while let Some(sign) = self.sign()? {
            any = true;
            if sign == '\n' {
                break;
            }
            if kept < KEPT {
                text.push(sign);
                kept += 1;
            }
        }
        Ok(any.then_some(text))
    }

    fn sign(&mut self) -> io::Result<Option<char>> {
        let (Some(first), Some(second)) = (self.byte()?, self.byte()?) else { return Ok(None) };
        let unit = match self.width {
            Width::TwoBig => u16::from_be_bytes([first, second]),
            Width::One | Width::TwoLittle => u16::from_le_bytes([first, second]),
        };
        Ok(Some(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)))
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.file.read(&mut byte)? == 1).then_some(byte[0]))
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = io::Result<(u64, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = if self.width == Width::One { self.narrow() } else { self.wide() };
        let text = match line {
            Err(why) => return Some(Err(why)),
            Ok(text) => text?,
        };
        self.number += 1;
        Some(Ok((self.number, text)))
    }
}

/// The width of a sign, and how many bytes the mark before the first has.
fn width_of(head: &[u8]) -> (Width, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (Width::One, 3),
        [0xff, 0xfe, ..] => (Width::TwoLittle, 2),
        [0xfe, 0xff, ..] => (Width::TwoBig, 2),
        // A time is ASCII, so in two bytes every other one is zero.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (Width::TwoLittle, 0),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => (Width::TwoBig, 0),
        _ => (Width::One, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        Lines::new(bytes).unwrap().map(|line| line.unwrap().1).collect()
    }

    #[test]
    fn lines_are_the_same_in_every_encoding() {
        let text = "2026-04-13 03:36:18,000 INFO one\n2026-04-13 03:36:19,000 INFO two\n";
        let wide = |mark: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let mark = mark.then_some(0xfeff_u16);
            mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked,
            wide(true, u16::to_le_bytes),
            wide(true, u16::to_be_bytes),
            wide(false, u16::to_le_bytes),
            wide(false, u16::to_be_bytes),
        ] {
            assert_eq!(read(&bytes), text.lines().collect::<Vec<_>>());
        }
        assert_eq!(read(b"caf\xe9 au lait\nnext"), ["caf\u{e9} au lait", "next"], "Latin-1");
    }

    #[test]
    fn a_line_without_an_end_is_never_held_whole() {
        let mut bytes = vec![b'x'; 100_000];
        bytes.extend(b"\nnext");
        let lines = read(&bytes);
        assert_eq!((lines[0].len(), lines[1].as_str()), (KEPT, "next"));
        let exact = [&vec![b'x'; KEPT][..], b"\nnext"].concat();
        assert_eq!(read(&exact), ["x".repeat(KEPT).as_str(), "next"]);
        assert_eq!(read(b""), Vec::<String>::new());
        assert_eq!(read(b"\n\n"), ["", ""], "nothing but ends");
    }
}
