//! Where in sixty-four bytes a byte occurs, as the bits of a mask: bit i for byte i.

use wide::u8x16;

/// How many bytes one mask tells of.
pub(crate) const STEP: usize = 64;

/// The places of one byte.
#[inline]
pub(crate) fn places(chunk: &[u8; STEP], byte: u8) -> u64 {
    let wanted = u8x16::splat(byte);
    let mut mask = 0;
    for (index, part) in chunk.as_chunks().0.iter().enumerate() {
        mask |= u64::from(u8x16::new(*part).simd_eq(wanted).to_bitmask()) << (index * 16);
    }
    mask
}

/// For each bit whether the number of set bits up to it, itself included, is odd: what lies between quotes, and the first of them.
#[inline]
pub(crate) fn between(quotes: u64) -> u64 {
    let mut mask = quotes;
    for shift in [1, 2, 4, 8, 16, 32] {
        mask ^= mask << shift;
    }
    mask
}

/// The sixty-four bytes at a place, with zeros after the end.
#[inline]
pub(crate) fn chunk(bytes: &[u8], at: usize) -> [u8; STEP] {
    let mut chunk = [0; STEP];
    match bytes.get(at..at + STEP) {
        Some(whole) => chunk.copy_from_slice(whole),
        None => chunk[..bytes.len() - at].copy_from_slice(&bytes[at..]),
    }
    chunk
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_are_where_the_byte_is(chunk in prop::array::uniform32(0_u8..4), other in prop::array::uniform32(0_u8..4)) {
            let mut whole = [0; STEP];
            whole[..32].copy_from_slice(&chunk);
            whole[32..].copy_from_slice(&other);
            for byte in 0..4 {
                let mask = places(&whole, byte);
                for (place, found) in whole.iter().enumerate() {
                    prop_assert_eq!(mask >> place & 1 == 1, *found == byte);
                }
            }
        }

        #[test]
        fn between_is_the_parity_so_far(quotes: u64) {
            let mask = between(quotes);
            for place in 0..STEP {
                let so_far = quotes & (u64::MAX >> (STEP - 1 - place));
                prop_assert_eq!(mask >> place & 1, u64::from(so_far.count_ones() % 2));
            }
        }
    }
}
