//! Compares the inflaters that could be used, on real objects, in CPU seconds of one thread.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::{Decompress, FlushDecompress};
use libdeflater::Decompressor;

use crate::arguments::Arguments;
use crate::clock::Clock;
use crate::objects::{inflated_length, list};

/// How much a streaming inflater gives at a time.
const BLOCK_BYTES: usize = 256 << 10;
/// The bytes before the deflate stream of a gzip member without a name, and after it.
const GZIP_HEADER_BYTES: usize = 10;
const GZIP_TRAILER_BYTES: usize = 8;

/// One way to inflate an object. It returns how many bytes it made in the memory it was given.
struct Candidate {
    name: &'static str,
    inflate: fn(&[u8], &mut [u8]) -> Option<usize>,
}

const CANDIDATES: &[Candidate] = &[
    Candidate { name: "libdeflate, whole", inflate: libdeflate },
    Candidate { name: "zlib-rs, whole", inflate: zlib_whole },
    Candidate { name: "zlib-rs, in blocks, with CRC", inflate: zlib_blocks },
];

/// Runs each candidate over all objects and prints the medians.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let runs: usize = arguments.value("runs", 5)?.max(1);
    let mut objects = Vec::new();
    for path in list(&arguments.folder()?)? {
        objects.push(read(&path)?);
    }
    let stored: usize = objects.iter().map(Vec::len).sum();
    let lengths: Vec<usize> = objects.iter().filter_map(|stored| inflated_length(stored)).collect();
    let inflated: usize = lengths.iter().sum();
    let mut text = vec![0; lengths.iter().copied().max().unwrap_or_default()];

    let mut report = format!("{} objects, {stored} bytes, {inflated} inflated\n", objects.len());
    let mut times: Vec<Vec<f64>> = CANDIDATES.iter().map(|_| Vec::new()).collect();
    // One run to warm up; then the candidates take turns, so that a busy minute hits them all.
    for run in 0..=runs {
        for (candidate, times) in CANDIDATES.iter().zip(&mut times) {
            let start = Clock::now();
            let mut made = 0;
            for object in &objects {
                made += (candidate.inflate)(object, &mut text).ok_or("an object is damaged")?;
            }
            if made != inflated {
                return Err(format!("{} made {made} bytes", candidate.name));
            }
            if run > 0 {
                times.push(start.seconds());
            }
        }
    }
    for (candidate, times) in CANDIDATES.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let rate = inflated as f64 / median / 1e6;
        let _ = writeln!(report, "{:<30} {median:.3} s  {rate:.0} MB/s", candidate.name);
    }
    Ok(report)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn libdeflate(stored: &[u8], text: &mut [u8]) -> Option<usize> {
    Decompressor::new().gzip_decompress(stored, text).ok()
}

/// One call for the whole object. It leaves out the CRC, which libdeflate computes.
fn zlib_whole(stored: &[u8], text: &mut [u8]) -> Option<usize> {
    let deflated = stored.get(GZIP_HEADER_BYTES..stored.len().checked_sub(GZIP_TRAILER_BYTES)?)?;
    let mut inflater = Decompress::new(false);
    inflater.decompress(deflated, text, FlushDecompress::Finish).ok()?;
    usize::try_from(inflater.total_out()).ok()
}

/// As a reader in blocks does it, with the CRC.
fn zlib_blocks(stored: &[u8], text: &mut [u8]) -> Option<usize> {
    let mut inflater = flate2::read::GzDecoder::new(stored);
    let mut made = 0;
    loop {
        let end = text.len().min(made + BLOCK_BYTES);
        if made == end {
            return Some(made);
        }
        match inflater.read(&mut text[made..end]).ok()? {
            0 => return Some(made),
            count => made += count,
        }
    }
}
