//! S3's own chunks: `b;chunk-signature=…`, the bytes, and after the last one headers. See
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use crate::limits::CHUNK_LINES_BYTES_MAX;
use crate::s3::payload::PayloadError;

/// Unwraps chunks, in whatever pieces they come.
#[derive(Debug, Default)]
pub(crate) struct Chunked {
    state: State,
    /// A line that is not whole yet.
    line: Vec<u8>,
    /// How many bytes of lines came since the last bytes of the body.
    lines_bytes: usize,
    trailers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before a line that tells how long a chunk is.
    #[default]
    Length,
    /// In a chunk of which so many bytes are to come.
    Data(u64),
    /// Before the end of the line after a chunk.
    DataEnd,
    /// Before the headers after the last chunk, or among them.
    Trailers,
    /// After the empty line behind them.
    Over,
}

impl Chunked {
    /// Takes the next bytes, and adds those of the body to what is ready.
    pub(crate) fn push(
        &mut self,
        mut piece: Bytes,
        ready: &mut VecDeque<Bytes>,
    ) -> Result<(), PayloadError> {
        while !piece.is_empty() {
            match self.state {
                State::Data(left) => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                    ready.push_back(piece.split_to(length));
                    self.lines_bytes = 0;
                    let left = left - length as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                }
                State::Over => return Err(PayloadError::Malformed("bytes come after its end")),
                State::Length | State::DataEnd | State::Trailers => {
                    if let Some(line) = self.line(&mut piece)? {
                        self.state = self.after(&line)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The headers after the last chunk, with lower-case names. The empty line behind them may be missing.
    pub(crate) fn finish(self) -> Result<Vec<(String, String)>, PayloadError> {
        let is_over = self.state == State::Over
            || self.state == State::Trailers && self.line.iter().all(|byte| *byte == b'\r');
        is_over.then_some(self.trailers).ok_or(PayloadError::Malformed("the last one is missing"))
    }

    /// The next line without its end, once it is whole.
    fn line(&mut self, piece: &mut Bytes) -> Result<Option<String>, PayloadError> {
        let end = piece.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(piece.len(), |end| end + 1);
        self.lines_bytes += length;
        if self.lines_bytes > CHUNK_LINES_BYTES_MAX {
            return Err(PayloadError::Malformed("a line is too long"));
        }
        self.line.extend_from_slice(&piece[..length]);
        piece.advance(length);
        if end.is_none() {
            return Ok(None);
        }
        let line = String::from_utf8(std::mem::take(&mut self.line));
        let line = line.map_err(|_| PayloadError::Malformed("a line is no text"))?;
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// What comes after a line.
    fn after(&mut self, line: &str) -> Result<State, PayloadError> {
        match self.state {
            State::Length => {
                let length = line.split(';').next().unwrap_or_default().trim();
                let is_hex = !length.is_empty() && length.bytes().all(|b| b.is_ascii_hexdigit());
                let length = u64::from_str_radix(length, 16).ok().filter(|_| is_hex);
                match length {
                    None => Err(PayloadError::Malformed("a length is no hexadecimal number")),
                    Some(0) => Ok(State::Trailers),
                    Some(length) => Ok(State::Data(length)),
                }
            }
            State::DataEnd if line.is_empty() => Ok(State::Length),
            State::Trailers if line.is_empty() => Ok(State::Over),
            State::Trailers => {
                let trailer = line.split_once(':');
                let (name, value) =
                    trailer.ok_or(PayloadError::Malformed("a header has no colon"))?;
                self.trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                Ok(State::Trailers)
            }
            State::DataEnd | State::Data(_) | State::Over => {
                Err(PayloadError::Malformed("a chunk is longer than it says"))
            }
        }
    }
}
