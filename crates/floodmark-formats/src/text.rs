//! Text that string views point into: checked to be UTF-8 once, never copied.

use std::borrow::Cow;

use arrow_array::StringViewArray;
use arrow_array::builder::make_view;
use arrow_buffer::{Buffer, NullBufferBuilder, ScalarBuffer};

use crate::limits::BLOCK_BYTES_MAX;

/// A block of whole lines in UTF-8.
#[derive(Clone, Debug)]
pub struct Block {
    /// Always valid UTF-8 of at most `TEXT_BYTES_MAX` bytes: [`Block::new`] is the only way to make one.
    buffer: Buffer,
    /// How many lines held bytes that are not UTF-8.
    not_utf8: u64,
}

/// The most text that a block of bytes becomes: U+FFFD has three bytes, and stands for at least one.
const TEXT_BYTES_MAX: usize = 3 * BLOCK_BYTES_MAX;

// Arrow's views have signed places in some other languages.
const _: () = assert!(TEXT_BYTES_MAX <= i32::MAX as usize);

impl Block {
    /// Takes a block of bytes. Bytes that are no UTF-8 become U+FFFD, as in Hive, and their lines are counted.
    ///
    /// # Panics
    ///
    /// If the block is larger than [`BLOCK_BYTES_MAX`](crate::limits::BLOCK_BYTES_MAX).
    pub fn new(bytes: Vec<u8>) -> Self {
        assert!(bytes.len() <= BLOCK_BYTES_MAX, "blocks are cut by their maker");
        if std::str::from_utf8(&bytes).is_ok() {
            return Self { buffer: Buffer::from_vec(bytes), not_utf8: 0 };
        }
        let mut not_utf8 = 0;
        let mut text = String::with_capacity(bytes.len() + 64);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            not_utf8 += u64::from(matches!(line, Cow::Owned(_)));
            text.push_str(&line);
        }
        Self { buffer: Buffer::from_vec(text.into_bytes()), not_utf8 }
    }

    /// The text as bytes.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    /// The text.
    #[expect(unsafe_code, reason = "the text was checked when the block was made")]
    pub(crate) fn text(&self) -> &str {
        // SAFETY: `Block::new` is the only way to make a block, and keeps bytes only if they are UTF-8.
        unsafe { std::str::from_utf8_unchecked(self.buffer.as_slice()) }
    }

    /// How many lines held bytes that are not UTF-8.
    pub fn not_utf8(&self) -> u64 {
        self.not_utf8
    }

    /// The block's memory, to be used again, if nothing points into it any more.
    pub fn into_vec(self) -> Option<Vec<u8>> {
        self.buffer.into_vec().ok()
    }
}

/// Whether no character begins before this place and ends after it.
fn is_boundary(bytes: &[u8], at: usize) -> bool {
    // Continuation bytes are 0b10xx_xxxx.
    bytes.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}

/// A text column in the making: views into one block, and into side buffers for what stands nowhere as it is.
pub(crate) struct TextColumn {
    block: Block,
    side: Vec<u8>,
    /// The side buffers that are full.
    sides: Vec<Buffer>,
    views: Vec<u128>,
    nulls: NullBufferBuilder,
}

impl TextColumn {
    pub(crate) fn new(block: &Block, capacity: usize) -> Self {
        Self {
            block: block.clone(),
            side: Vec::new(),
            sides: Vec::new(),
            views: Vec::with_capacity(capacity),
            nulls: NullBufferBuilder::new(capacity),
        }
    }

    /// Appends a part of the block.
    #[inline]
    pub(crate) fn push_part(&mut self, start: usize, end: usize) {
        let bytes = self.block.bytes();
        assert!(is_boundary(bytes, start) && is_boundary(bytes, end), "parts are whole characters");
        self.views.push(make_view(&bytes[start..end], 0, start as u32));
        self.nulls.append_non_null();
    }

    /// Appends text that does not stand in the block.
    pub(crate) fn push_text(&mut self, text: &str) {
        if self.side.len() + text.len() > BLOCK_BYTES_MAX && !self.side.is_empty() {
            self.sides.push(Buffer::from_vec(std::mem::take(&mut self.side)));
        }
        let start = self.side.len();
        // A short value lies in the view itself.
        if text.len() > 12 {
            self.side.extend_from_slice(text.as_bytes());
        }
        // The block is buffer 0. A text begins in its side buffer at most at `BLOCK_BYTES_MAX`: 31 bits are enough.
        let buffer = 1 + self.sides.len() as u32;
        self.views.push(make_view(text.as_bytes(), buffer, start as u32));
        self.nulls.append_non_null();
    }

    /// Appends the last value once more.
    pub(crate) fn push_again(&mut self) {
        if let Some(view) = self.views.last() {
            self.views.push(*view);
            self.nulls.append_non_null();
        }
    }

    #[inline]
    pub(crate) fn push_null(&mut self) {
        self.views.push(0);
        self.nulls.append_null();
    }

    #[expect(
        unsafe_code,
        reason = "checking each view again would cost as much as reading the log"
    )]
    pub(crate) fn finish(mut self) -> StringViewArray {
        let views = ScalarBuffer::from(self.views);
        let mut buffers = Vec::with_capacity(2 + self.sides.len());
        buffers.push(self.block.buffer);
        buffers.append(&mut self.sides);
        buffers.push(Buffer::from_vec(self.side));
        // SAFETY: every view was made by `make_view` from the bytes that it points at, or is a copy of one that was, or is
        // the empty one of a NULL. Those of buffer 0 are parts of the `Block`, which is UTF-8 and below 2 GiB, between two
        // boundaries of characters; those of the others are whole `str`s, one after the other, each beginning at most at `BLOCK_BYTES_MAX`.
        // A buffer is only appended to, and not at all once it is here. There are as many nulls as views.
        unsafe { StringViewArray::new_unchecked(views, buffers, self.nulls.finish()) }
    }
}
