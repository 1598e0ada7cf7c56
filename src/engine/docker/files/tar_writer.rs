//! What of an archive the tar crate does not write as engines expect it: links word for word, and files that have several names.

use super::unpack::path_of;
use std::collections::HashMap;
use std::io::{self, Write};
use tar::{Builder, Header};

/// The longest text of a link that has room in a head.
const SHORT: usize = 100;

/// Adds a link of either kind. The crate would tidy up what it leads to.
pub fn link<W: Write>(to: &mut Builder<W>, header: &mut Header, name: &[u8], target: &[u8]) -> io::Result<()> {
    if target.len() > SHORT {
        to.append_pax_extensions([("linkpath", target)])?;
    }
    header.set_link_name_literal(&target[..target.len().min(SHORT)])?;
    header.set_size(0);
    to.append_data(header, path_of(name), io::empty())
}

/// Files that have more than one name, and which name of each came first.
#[derive(Debug, Default)]
pub struct Twins(HashMap<(u64, u64), Vec<u8>>);

impl Twins {
    /// The name under which this file came before. None for one that comes first, which is remembered, and for one that has no
    /// other name.
    pub fn before(&mut self, device: u64, inode: u64, names: u64, name: &[u8]) -> Option<Vec<u8>> {
        if names < 2 {
            return None;
        }
        let known = self.0.get(&(device, inode)).cloned();
        if known.is_none() {
            self.0.insert((device, inode), name.to_vec());
        }
        known
    }
}
