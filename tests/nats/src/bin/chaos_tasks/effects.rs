//! The side effects, as the world outside has them: lines of a file.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;

/// Who did it for which task, by key, in the order in which it was done.
#[derive(Debug, Default)]
pub(crate) struct Effects(pub(crate) BTreeMap<String, Vec<(u64, u32)>>);

impl Effects {
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        let mut effects = Self::default();
        for line in fs::read_to_string(file)?.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [key, task, process] = words[..] else { anyhow::bail!("no effect: `{line}`") };
            let number = |word: &str| word.parse().with_context(|| format!("no effect: `{line}`"));
            let process = u32::try_from(number(process)?)?;
            effects.0.entry(key.to_owned()).or_default().push((number(task)?, process));
        }
        Ok(effects)
    }
}
