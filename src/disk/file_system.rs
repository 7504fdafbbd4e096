//! What the system calls the file system that a folder lies on. For the eye only: nothing is decided by it.

use std::path::Path;

/// Its name, such as `ext4`; `None` if the system does not say.
#[cfg(target_os = "linux")]
pub fn name_of(folder: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    in_mountinfo(&mounts, &folder.canonicalize().ok()?)
}

/// Its name, such as `ext4`; `None` if the system does not say.
#[cfg(not(target_os = "linux"))]
pub fn name_of(_folder: &Path) -> Option<String> {
    None
}

/// The type of the innermost mount that holds `folder`; of several in one place the last hides the others. The format is
/// told in proc(5).
#[cfg(any(target_os = "linux", test))]
fn in_mountinfo(mounts: &str, folder: &Path) -> Option<String> {
    let holding = mounts.lines().filter_map(|line| {
        let (mount, device) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?.replace("\\040", " ");
        folder.starts_with(&point).then_some((point.len(), device.split(' ').next()?))
    });
    holding.max_by_key(|&(length, _)| length).map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
21 1 8:1 / / rw,relatime shared:1 - overlay overlay rw
30 21 8:2 / /home rw,relatime shared:2 - ext4 /dev/sda2 rw
31 30 8:3 / /home/my\\040files rw shared:3 - btrfs /dev/sda3 rw
32 30 8:4 / /home/my\\040files rw shared:3 - xfs /dev/sda4 rw
";

    #[test]
    fn the_innermost_mount_counts_and_of_two_in_one_place_the_last() {
        for (folder, name) in [
            ("/var/lib", "overlay"),
            ("/home/operator", "ext4"),
            ("/homeless", "overlay"),
            ("/home/my files/neo", "xfs"),
        ] {
            assert_eq!(in_mountinfo(MOUNTS, Path::new(folder)).as_deref(), Some(name), "{folder}");
        }
    }

    #[test]
    fn a_list_that_says_nothing_is_no_answer() {
        assert_eq!(in_mountinfo("", Path::new("/")), None);
        assert_eq!(in_mountinfo("garbage - \n - - -", Path::new("/")), None);
    }
}
