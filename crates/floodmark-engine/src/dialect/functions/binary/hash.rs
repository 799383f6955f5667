//! Hashes of bytes.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BinaryArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions::crypto;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use flate2::Crc;
use twox_hash::XxHash64;

use crate::dialect::functions::rows::{answer, binaries, rows, to_bigint, to_binary};

/// A hash.
#[derive(Clone, Copy)]
pub(super) struct Hash {
    /// Its name in DataFusion; None where that does not have it.
    name: Option<&'static str>,
    /// How many bytes it takes at a time.
    block_bytes: usize,
}

pub(super) const MD5: Hash = Hash { name: Some("md5"), block_bytes: 64 };
pub(super) const SHA1: Hash = Hash { name: None, block_bytes: 64 };
pub(super) const SHA256: Hash = Hash { name: Some("sha256"), block_bytes: 64 };
pub(super) const SHA512: Hash = Hash { name: Some("sha512"), block_bytes: 128 };

/// The hash of each value.
pub(super) fn plain(args: &ScalarFunctionArgs, hash: Hash) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    let inputs: BinaryArray = (0..rows(args)).map(|row| bytes.get(row)).collect();
    answer(args, Arc::new(hash.of(args, inputs)?))
}

/// The hash of each value with a key (HMAC).
pub(super) fn keyed(args: &ScalarFunctionArgs, hash: Hash) -> Result<ColumnarValue> {
    let (bytes, key) = (binaries(args, 0)?, binaries(args, 1)?);
    // A key that is longer than a block is hashed first.
    let hashed: BinaryArray = (0..rows(args)).map(|row| key.get(row)).collect();
    let hashed = hash.of(args, hashed)?;
    let padded = |row: usize, filling: u8| {
        let key = key.get(row)?;
        let key = if key.len() > hash.block_bytes { hashed.value(row) } else { key };
        let mut made: Vec<u8> = key.iter().map(|byte| byte ^ filling).collect();
        made.resize(hash.block_bytes, filling);
        Some(made)
    };
    let inner = (0..rows(args)).map(|row| {
        let mut made = padded(row, 0x36)?;
        made.extend_from_slice(bytes.get(row)?);
        Some(made)
    });
    let inner = hash.of(args, inner.collect())?;
    let outer = inner.iter().enumerate().map(|(row, inner)| {
        let mut made = padded(row, 0x5c)?;
        made.extend_from_slice(inner?);
        Some(made)
    });
    answer(args, Arc::new(hash.of(args, outer.collect())?))
}

/// `xxhash64(binary)`.
pub(super) fn xxhash64(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_binary(args, |row| Some(Ok(XxHash64::oneshot(0, bytes.get(row)?).to_be_bytes())))
}

/// `crc32(binary)`.
pub(super) fn crc32(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_bigint(args, |row| {
        let mut crc = Crc::new();
        crc.update(bytes.get(row)?);
        Some(Ok(i64::from(crc.sum())))
    })
}

/// `murmur3(binary)`: of 128 bits, for machines of 64 bits.
pub(super) fn murmur3(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    to_binary(args, |row| Some(Ok(murmur(bytes.get(row)?))))
}

impl Hash {
    /// The hashes of bytes.
    fn of(self, args: &ScalarFunctionArgs, inputs: BinaryArray) -> Result<BinaryArray> {
        let Some(name) = self.name else {
            return Ok(inputs.iter().map(|bytes| bytes.map(sha1)).collect());
        };
        let rows = inputs.iter().len();
        let field = |name: &str, data_type| Arc::new(Field::new(name, data_type, true));
        let made = crypto::digest().invoke_with_args(ScalarFunctionArgs {
            args: vec![
                ColumnarValue::Array(Arc::new(inputs) as ArrayRef),
                ColumnarValue::Scalar(ScalarValue::from(name)),
            ],
            arg_fields: vec![field("bytes", DataType::Binary), field("name", DataType::Utf8)],
            number_rows: rows,
            return_field: field("hash", DataType::Binary),
            config_options: Arc::clone(&args.config_options),
        })?;
        Ok(made.to_array(rows)?.as_binary::<i32>().clone())
    }
}

/// SHA-1, as RFC 3174 has it.
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut message = bytes.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if message.len() - bytes.len() < 9 {
        message.resize(message.len() + 64, 0);
    }
    let length_at = message.len() - 8;
    message[length_at..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        let mut words = [0u32; 80];
        for (word, four) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
        }
        for at in 16..80 {
            let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
            words[at] = mixed.rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mixed, round) = match at / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(round)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut made = [0; 20];
    for (four, word) in made.chunks_exact_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    made
}

/// MurmurHash3 of 128 bits without a seed.
fn murmur(bytes: &[u8]) -> [u8; 16] {
    const FIRST: u64 = 0x87c3_7b91_1142_53d5;
    const SECOND: u64 = 0x4cf5_ad43_2745_937f;
    let (mut one, mut two) = (0u64, 0u64);
    let word = |bytes: &[u8]| {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(eight)
    };
    let first = |word: u64| word.wrapping_mul(FIRST).rotate_left(31).wrapping_mul(SECOND);
    let second = |word: u64| word.wrapping_mul(SECOND).rotate_left(33).wrapping_mul(FIRST);
    let blocks = bytes.chunks_exact(16);
    let rest = blocks.remainder();
    for block in blocks {
        one = (one ^ first(word(&block[..8]))).rotate_left(27).wrapping_add(two);
        one = one.wrapping_mul(5).wrapping_add(0x52dc_e729);
        two = (two ^ second(word(&block[8..]))).rotate_left(31).wrapping_add(one);
        two = two.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let (low, high) = rest.split_at(rest.len().min(8));
    two ^= second(word(high));
    one ^= first(word(low));
    let finish = |mut mixed: u64| {
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ (mixed >> 33)
    };
    one ^= bytes.len() as u64;
    two ^= bytes.len() as u64;
    one = one.wrapping_add(two);
    two = two.wrapping_add(one);
    one = finish(one);
    two = finish(two);
    one = one.wrapping_add(two);
    two = two.wrapping_add(one);
    let mut made = [0; 16];
    made[..8].copy_from_slice(&one.to_le_bytes());
    made[8..].copy_from_slice(&two.to_le_bytes());
    made
}
