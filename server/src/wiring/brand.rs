//! The brand of a domain, as the configuration describes it.

use std::path::PathBuf;

use passlink_adapters::brand::{Brand, Logo, Palette};

use crate::config::{Config, EffectiveDomain};

/// Reads the logo, and draws it for mails.
///
/// Errors: what is wrong with the file, with the key and where that was set.
pub(crate) fn brand(config: &Config, domain: &EffectiveDomain) -> Result<Brand, String> {
    let brand = &domain.brand;
    let read = |path: &PathBuf| Logo::read(path).map_err(|why| format!("{} {why}", path.display()));
    let logo = brand.logo.as_ref().map(read).transpose();
    Ok(Brand {
        name: brand.name.clone(),
        logo: logo.map_err(|why| config.fault(&domain.path(config, "brand.logo"), &why))?,
        palette: brand.accent.map(Palette::of).unwrap_or_default(),
        support: brand.support.clone(),
        home: brand.home.clone(),
    })
}
