//! A figure: a path drawn from the literature, step by step. Nothing in it travels: only recordings move.

use serde::{Deserialize, Serialize};

use super::{Arrow, Place};

/// A figure of `assets/figures/NAME.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it is called in lessons; the file's name.
    #[serde(default)]
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it comes from: a man page, an article, a kernel document.
    pub source: String,
    /// The places that are drawn, whether or not a step touches them.
    pub places: Vec<Place>,
    /// The bytes come from the network: the socket stands where a file would be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub receives: bool,
    /// Its steps, in order.
    pub steps: Vec<FigureStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureStep {
    /// The call that makes it, if a call makes it (`read`).
    #[serde(default)]
    pub call: Option<String>,
    /// One sentence.
    pub text: String,
    /// What goes where.
    #[serde(default)]
    pub hops: Vec<Arrow>,
}
