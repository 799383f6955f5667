//! From stored bytes to text: gzip, zstd, bzip2 or plain, told by their first bytes and not by names.

use std::io::Write;

use flate2::write::MultiGzDecoder;
use libdeflater::{Crc, Decompressor};
use memchr::memmem;
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use crate::limits::INFLATED_WHOLE_BYTES_MAX;

/// How an object is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
    Bzip2,
    Parquet,
    Plain,
}

impl Compression {
    /// Told by the first bytes.
    pub(crate) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            _ => Self::Plain,
        }
    }
}

/// Inflates whole gzip objects with the fastest means.
#[derive(Default)]
pub(crate) struct WholeInflater {
    decompressor: Option<Decompressor>,
}

impl WholeInflater {
    /// The inflated object, written into memory that may have served before.
    ///
    /// None if the object is too large to be inflated as a whole, has several members, or is damaged: then
    /// [`Inflater`] reads it piece by piece and says what is wrong.
    pub(crate) fn gzip(&mut self, stored: &[u8], memory: &mut Vec<u8>) -> Option<()> {
        const HEADER_BYTES: usize = 10;
        let trailer = stored.len().checked_sub(4).filter(|at| *at > HEADER_BYTES)?;
        let size = u32::from_le_bytes(stored[trailer..].try_into().ok()?) as usize;
        // Deflate makes at most 1032 bytes of one; a size beyond that is no size.
        if size > INFLATED_WHOLE_BYTES_MAX || size / 1040 > stored.len() {
            return None;
        }
        memory.resize(size, 0);
        let decompressor = self.decompressor.get_or_insert_with(Decompressor::new);
        match decompressor.gzip_decompress(stored, memory) {
            Ok(length) if length == size => {}
            _ => return None,
        }
        // The inflater stops after the first member, and the size is the last one's. If there are several of the same size,
        // the head of a further one stands right behind the first one's trailer, which holds the checksum of what was inflated.
        let mut heads = memmem::find_iter(&stored[HEADER_BYTES..], &[0x1f, 0x8b, 8]).peekable();
        if heads.peek().is_some() {
            let mut checksum = Crc::new();
            checksum.update(memory);
            let trailer = [checksum.sum().to_le_bytes(), (size as u32).to_le_bytes()].concat();
            if heads.any(|at| stored[..HEADER_BYTES + at].ends_with(&trailer)) {
                return None;
            }
        }
        Some(())
    }
}

/// Inflates piece by piece.
pub(crate) enum Inflater {
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Zstd { decoder: Box<ZstdDecoder<'static>>, state: State },
    Bzip2 { decoder: Box<bzip2::Decompress>, state: State },
    Plain,
}

/// Where a decoder stands that is asked for no more than some bytes at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// Whether the object could end here.
    whole: bool,
    /// Whether there is more to come of what was taken.
    pending: bool,
}

/// How much one call of [`Inflater::push`] gives, if the compression does not bound it: a few bytes can stand for very many.
const PUSHED_BYTES: usize = 4 << 20;

impl Inflater {
    pub(crate) fn new(compression: Compression) -> std::io::Result<Self> {
        let state = State { whole: true, pending: false };
        Ok(match compression {
            Compression::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Compression::Zstd => Self::Zstd { decoder: Box::new(ZstdDecoder::new()?), state },
            Compression::Bzip2 => {
                Self::Bzip2 { decoder: Box::new(bzip2::Decompress::new(false)), state }
            }
            Compression::Plain | Compression::Parquet => Self::Plain,
        })
    }

    /// Whether more comes of what was taken: then `push` is to be called again, if need be with nothing.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self, Self::Zstd { state, .. } | Self::Bzip2 { state, .. } if state.pending)
    }

    /// Inflates a piece and appends what it gives, also what came before an error. Says how much of the piece was taken.
    pub(crate) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Self::Plain => {
                out.extend_from_slice(piece);
                Ok(piece.len())
            }
            Self::Gzip(decoder) => {
                // Deflate makes at most 1032 bytes of one, so a piece bounds what it gives.
                let result = decoder.write_all(piece).and_then(|()| decoder.flush());
                out.append(decoder.get_mut());
                result.map(|()| piece.len())
            }
            Self::Zstd { decoder, state } => {
                let mut input = InBuffer::around(piece);
                let mut room = vec![0; PUSHED_BYTES];
                let mut output = OutBuffer::around(room.as_mut_slice());
                let left = decoder.run(&mut input, &mut output)?;
                let full = output.pos() == output.capacity();
                *state = State { whole: left == 0, pending: full && left != 0 };
                out.extend_from_slice(output.as_slice());
                Ok(input.pos())
            }
            Self::Bzip2 { decoder, state } => {
                if state.whole && !piece.is_empty() && decoder.total_in() > 0 {
                    // A further stream begins.
                    **decoder = bzip2::Decompress::new(false);
                }
                let mut room = Vec::with_capacity(PUSHED_BYTES);
                let before = decoder.total_in();
                let status =
                    decoder.decompress_vec(piece, &mut room).map_err(std::io::Error::from)?;
                let whole = status == bzip2::Status::StreamEnd;
                *state = State { whole, pending: !whole && room.len() == room.capacity() };
                out.append(&mut room);
                Ok(usize::try_from(decoder.total_in() - before).unwrap_or(piece.len()))
            }
        }
    }

    /// Ends the object; an error if it is not whole.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let cut = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it ends too early");
        match self {
            Self::Plain => Ok(()),
            Self::Gzip(decoder) => {
                let result = decoder.try_finish();
                out.append(decoder.get_mut());
                result
            }
            Self::Zstd { state, .. } | Self::Bzip2 { state, .. } => {
                if state.whole {
                    Ok(())
                } else {
                    Err(cut())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    fn by_pieces(stored: &[u8], piece: usize) -> (Vec<u8>, bool) {
        let mut inflater = Inflater::new(Compression::of(stored)).expect("memory");
        let mut out = Vec::new();
        let mut sound = true;
        for mut piece in stored.chunks(piece) {
            while sound && (!piece.is_empty() || inflater.is_pending()) {
                match inflater.push(piece, &mut out) {
                    Ok(taken) => piece = &piece[taken..],
                    Err(_) => sound = false,
                }
            }
        }
        sound = sound && inflater.finish(&mut out).is_ok();
        (out, sound)
    }

    #[test]
    fn every_compression_gives_its_text_in_pieces_of_any_size() {
        let text: Vec<u8> = (0..50_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let mut two = gzip(&text[..1000]);
        two.extend(gzip(&text[1000..]));
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&text).expect("memory takes all");
        let bzip2 = bzip2.finish().expect("memory takes all");
        let zstd = zstd::encode_all(&text[..], 1).expect("memory takes all");
        for stored in [text.clone(), gzip(&text), two, bzip2, zstd] {
            for piece in [1000, 65_536, stored.len()] {
                assert_eq!(by_pieces(&stored, piece), (text.clone(), true));
            }
        }
    }

    #[test]
    fn a_few_bytes_that_stand_for_many_are_inflated_a_part_at_a_time() {
        let stored = zstd::encode_all(&vec![b'\n'; 100 << 20][..], 19).expect("memory takes all");
        let mut inflater = Inflater::new(Compression::Zstd).expect("memory");
        let (mut rest, mut length) = (&stored[..], 0);
        while !rest.is_empty() || inflater.is_pending() {
            let mut out = Vec::new();
            let taken = inflater.push(rest, &mut out).expect("it is sound");
            assert!(out.len() <= PUSHED_BYTES);
            (rest, length) = (&rest[taken..], length + out.len());
        }
        assert_eq!(length, 100 << 20);
    }

    #[test]
    fn equal_members_are_both_read() {
        let text = b"the same line\n";
        let stored = [gzip(text), gzip(text)].concat();
        assert_eq!(WholeInflater::default().gzip(&stored, &mut Vec::new()), None);
        assert_eq!(by_pieces(&stored, 7), ([*text, *text].concat(), true));
    }

    #[test]
    fn a_truncated_object_gives_its_beginning_and_an_error() {
        let text: Vec<u8> = (0..50_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for stored in [gzip(&text), zstd::encode_all(&text[..], 1).expect("memory takes all")] {
            let (read, sound) = by_pieces(&stored[..stored.len() - 5], 4096);
            assert!(!sound);
            assert!(text.starts_with(&read) && read.len() > text.len() / 2);
            assert_eq!(
                WholeInflater::default().gzip(&stored[..stored.len() - 5], &mut Vec::new()),
                None
            );
        }
    }
}
