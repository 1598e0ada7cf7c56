//! Where the data of a sparse file lie, in each of the four forms that GNU tar writes: a head of its own kind, and the forms 0.0,
//! 0.1 and 1.0 as records of pax.

use super::tar_reader::{BLOCK, Records, damaged};
use std::collections::VecDeque;
use std::io::{self, Read};
use tar::{GnuExtSparseHeader, GnuHeader, GnuSparseHeader};

/// Data that lie at some place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    at: u64,
    length: u64,
}

/// A part of a file, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// So many zeros, which the archive does not hold.
    Hole(u64),
    /// So many bytes of the archive.
    Data(u64),
}

/// Where the map of a sparse file is, for one that is told by records.
pub enum Form {
    /// In the records: this is it.
    InRecords(Vec<Chunk>),
    /// Before the data.
    BeforeData,
}

/// The form of a sparse file; none for a file that is none.
pub fn form(records: &Records) -> io::Result<Option<Form>> {
    let version = (records.get(b"GNU.sparse.major"), records.get(b"GNU.sparse.minor"));
    let map = records.get(b"GNU.sparse.map");
    match (version, map) {
        ((Some(b"1"), Some(b"0")), _) => Ok(Some(Form::BeforeData)),
        ((None, None) | (Some(b"0"), Some(b"0" | b"1")), Some(map)) => {
            chunks(map.split(|byte| *byte == b',')).map(Form::InRecords).map(Some)
        }
        // An empty file may have no map.
        ((None, None), None) if records.get(b"GNU.sparse.size").is_some() => Ok(Some(Form::InRecords(Vec::new()))),
        ((None, None), None) => Ok(None),
        _ => Err(io::Error::other("a sparse file of an unknown format")),
    }
}

/// Bytes of the whole file.
pub fn size(records: &Records) -> io::Result<u64> {
    let told = records.get(b"GNU.sparse.size").or(records.get(b"GNU.sparse.realsize"));
    told.and_then(number).ok_or_else(|| damaged("a sparse file does not say its size"))
}

/// The map of a head of its own kind; more of it may follow.
pub fn of_gnu(head: &GnuHeader, more: &mut impl Read, room: u64) -> io::Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    add(&mut chunks, &head.sparse)?;
    let (mut goes_on, mut room) = (head.is_extended(), room);
    while goes_on {
        room =
            room.checked_sub(BLOCK as u64).ok_or_else(|| io::Error::other("the map of a sparse file is too long"))?;
        let mut block = GnuExtSparseHeader::new();
        more.read_exact(block.as_mut_bytes())?;
        add(&mut chunks, &block.sparse)?;
        goes_on = block.is_extended();
    }
    Ok(chunks)
}

fn add(chunks: &mut Vec<Chunk>, told: &[GnuSparseHeader]) -> io::Result<()> {
    for one in told.iter().filter(|one| !one.is_empty()) {
        chunks.push(Chunk { at: one.offset()?, length: one.length()? });
    }
    Ok(())
}

/// The map that stands before the data, and the length of all that is not data.
pub fn before_data(from: &mut impl Read) -> io::Result<(Vec<Chunk>, u64)> {
    let mut lines = Lines { from, block: [0; BLOCK], at: BLOCK, length: 0 };
    let count = lines.number()?;
    let mut numbers = Vec::new();
    for _ in 0..count.checked_mul(2).ok_or_else(no_map)? {
        numbers.push(lines.number()?);
    }
    let chunks = numbers.chunks_exact(2).map(|pair| Chunk { at: pair[0], length: pair[1] }).collect();
    Ok((chunks, lines.length))
}

/// Numbers in lines, in whole blocks.
struct Lines<'a, R> {
    from: &'a mut R,
    block: [u8; BLOCK],
    at: usize,
    length: u64,
}

impl<R: Read> Lines<'_, R> {
    fn number(&mut self) -> io::Result<u64> {
        let mut digits = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return number(&digits).ok_or_else(no_map),
                _ if digits.len() > 20 => return Err(no_map()),
                byte => digits.push(byte),
            }
        }
    }

    fn byte(&mut self) -> io::Result<u8> {
        if self.at == BLOCK {
            self.from.read_exact(&mut self.block).map_err(|_| no_map())?;
            (self.at, self.length) = (0, self.length + BLOCK as u64);
        }
        self.at += 1;
        Ok(self.block[self.at - 1])
    }
}

fn chunks<'a>(numbers: impl Iterator<Item = &'a [u8]>) -> io::Result<Vec<Chunk>> {
    let numbers: Option<Vec<u64>> = numbers.map(number).collect();
    let numbers = numbers.filter(|numbers| numbers.len() % 2 == 0).ok_or_else(no_map)?;
    Ok(numbers.chunks_exact(2).map(|pair| Chunk { at: pair[0], length: pair[1] }).collect())
}

fn no_map() -> io::Error {
    damaged("the map of a sparse file cannot be read")
}

/// Digits and nothing else.
pub fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

/// What a file of this size consists of, if its chunks lie in it one behind the other and are all that the archive holds.
pub fn runs(chunks: &[Chunk], size: u64, stored: u64) -> Result<VecDeque<Run>, &'static str> {
    const WRONG: &str = "the map of a sparse file is wrong";
    let (mut runs, mut at, mut data) = (VecDeque::new(), 0, 0u64);
    for chunk in chunks {
        let hole = chunk.at.checked_sub(at).ok_or(WRONG)?;
        runs.extend([Run::Hole(hole), Run::Data(chunk.length)].into_iter().filter(|run| !run.is_empty()));
        at = chunk.at.checked_add(chunk.length).filter(|end| *end <= size).ok_or(WRONG)?;
        // It is no more than `at`.
        data += chunk.length;
    }
    if data != stored {
        return Err(WRONG);
    }
    runs.extend(Some(Run::Hole(size - at)).filter(|run| !run.is_empty()));
    Ok(runs)
}

impl Run {
    fn is_empty(self) -> bool {
        let (Run::Hole(length) | Run::Data(length)) = self;
        length == 0
    }
}
