//! `passlink completions` and `passlink man`: the command line, told to shells and manual readers.

use std::{fs, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::print_text;
use crate::{Error, cli::Cli};

pub(crate) fn completions(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "passlink", &mut script);
    print_text(&String::from_utf8(script)?)
}

pub(crate) fn man(out: Option<&Path>) -> Result<(), Error> {
    if let Some(directory) = out {
        let failed = |error| format!("{}: {error}", directory.display());
        fs::create_dir_all(directory).map_err(failed)?;
        clap_mangen::generate_to(Cli::command(), directory).map_err(failed)?;
        return Ok(());
    }
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    print_text(&String::from_utf8(page)?)
}
