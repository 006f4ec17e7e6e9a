//! Builds the cl100k encoder from its vocabulary and compresses it. `bpe-openai` has the same encoder uncompressed,
//! which would add 15 MB to the embedding function.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script by its environment"
)]

use std::{env, error::Error, fs, io::Read, path::Path};

use bpe::byte_pair_encoding::BytePairEncoding;
use flate2::read::GzDecoder;

/// The factor by which no two tokens have the same hash, from `bpe-openai`.
const HASH_FACTOR: u64 = 17_846_336_922_010_275_747;

fn main() -> Result<(), Box<dyn Error>> {
    let source = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("data/cl100k_base.tiktoken.gz");
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut vocabulary = String::new();
    GzDecoder::new(fs::File::open(source)?).read_to_string(&mut vocabulary)?;
    let encoder = BytePairEncoding::from_tiktoken(&vocabulary, Some(HASH_FACTOR))?;
    // Small where it is deployed, fast to build where it is not.
    let level = if env::var("PROFILE")? == "release" {
        19
    } else {
        3
    };
    let encoder = zstd::encode_all(&*rmp_serde::to_vec(&encoder)?, level)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("cl100k.zst"), encoder)?;
    Ok(())
}
