//! Functions on binary values: encodings and hashes.

mod encoding;
mod hash;

use datafusion::logical_expr::ScalarUDF;

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};

const BINARY: &[&[Parameter]] = &[&[Parameter::Binary]];
const KEYED: &[&[Parameter]] = &[&[Parameter::Binary, Parameter::Binary]];
const EITHER: &[&[Parameter]] = &[&[Parameter::Text], &[Parameter::Binary]];

const VARCHAR: Returns = Returns::Always("varchar");
const VARBINARY: Returns = Returns::Always("varbinary");
const BIGINT: Returns = Returns::Always("bigint");
const INTEGER: Returns = Returns::Always("integer");

static ALL: &[Scalar] = &[
    Scalar::new("crc32", BINARY, BIGINT, hash::crc32),
    Scalar::new("from_base32", EITHER, VARBINARY, encoding::from_base32),
    Scalar::new("from_base64", EITHER, VARBINARY, encoding::from_base64),
    Scalar::new("from_base64url", EITHER, VARBINARY, encoding::from_base64url),
    Scalar::new("from_big_endian_32", BINARY, INTEGER, encoding::from_big_endian_32),
    Scalar::new("from_big_endian_64", BINARY, BIGINT, encoding::from_big_endian_64),
    Scalar::new("from_hex", EITHER, VARBINARY, encoding::from_hex),
    Scalar::new("from_ieee754_32", BINARY, Returns::Always("real"), encoding::from_ieee754_32),
    Scalar::new("from_ieee754_64", BINARY, Returns::Always("double"), encoding::from_ieee754_64),
    Scalar::new("hmac_md5", KEYED, VARBINARY, |args| hash::keyed(args, hash::MD5)),
    Scalar::new("hmac_sha1", KEYED, VARBINARY, |args| hash::keyed(args, hash::SHA1)),
    Scalar::new("hmac_sha256", KEYED, VARBINARY, |args| hash::keyed(args, hash::SHA256)),
    Scalar::new("hmac_sha512", KEYED, VARBINARY, |args| hash::keyed(args, hash::SHA512)),
    Scalar::new("md5", BINARY, VARBINARY, |args| hash::plain(args, hash::MD5)),
    Scalar::new("murmur3", BINARY, VARBINARY, hash::murmur3),
    Scalar::new("sha1", BINARY, VARBINARY, |args| hash::plain(args, hash::SHA1)),
    Scalar::new("sha256", BINARY, VARBINARY, |args| hash::plain(args, hash::SHA256)),
    Scalar::new("sha512", BINARY, VARBINARY, |args| hash::plain(args, hash::SHA512)),
    Scalar::new("to_base32", BINARY, VARCHAR, encoding::to_base32),
    Scalar::new("to_base64", BINARY, VARCHAR, encoding::to_base64),
    Scalar::new("to_base64url", BINARY, VARCHAR, encoding::to_base64url),
    Scalar::new("to_big_endian_32", &[&[Parameter::BigInt]], VARBINARY, encoding::to_big_endian_32),
    Scalar::new("to_big_endian_64", &[&[Parameter::BigInt]], VARBINARY, encoding::to_big_endian_64),
    Scalar::new("to_hex", BINARY, VARCHAR, encoding::to_hex),
    Scalar::new("to_ieee754_32", &[&[Parameter::Double]], VARBINARY, encoding::to_ieee754_32),
    Scalar::new("to_ieee754_64", &[&[Parameter::Double]], VARBINARY, encoding::to_ieee754_64),
    Scalar::new("xxhash64", BINARY, VARBINARY, hash::xxhash64),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}
