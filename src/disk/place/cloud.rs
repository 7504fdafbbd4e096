//! Whether a folder is kept in step with a cloud by another program. Such a program reads files while they are written,
//! puts older ones back, and has no notion of a database and its log belonging together.
//!
//! A folder is known by what its program itself leaves behind or tells: marks in the folder, environment, settings,
//! attributes. By its name alone only where that name means nothing else.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::PlaceError;

/// Refuses a folder that is, or lies in, one that a cloud's program keeps in step. `folder` must be there.
pub(super) fn refuse(folder: &Path) -> Result<(), PlaceError> {
    // A path that cannot be followed to its end is the business of whoever opens files there.
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(env::var_os).map(PathBuf::from);
    let home = home.map(|home| home.canonicalize().unwrap_or(home));
    match find(&whole, home.as_deref(), &told_roots(home.as_deref())) {
        Some(Found { program, why }) => {
            Err(PlaceError::CloudSync { folder: folder.to_owned(), program: program.to_owned(), why })
        }
        None => Ok(()),
    }
}

/// A program that keeps a folder in step, and what it was known by.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    program: &'static str,
    why: String,
}

/// A folder that a program says it keeps in step.
#[derive(Debug)]
struct Root {
    program: &'static str,
    path: PathBuf,
    told_by: String,
}

/// Names that mean one thing only, wherever they stand.
const NAMES: [(&str, &str); 13] = [
    ("OneDrive", "OneDrive"),
    ("Dropbox", "Dropbox"),
    ("Google Drive", "Google Drive"),
    ("GoogleDrive", "Google Drive"),
    ("iCloudDrive", "iCloud Drive"),
    ("iCloud Drive", "iCloud Drive"),
    ("com~apple~CloudDocs", "iCloud Drive"),
    ("Nextcloud", "Nextcloud"),
    ("ownCloud", "ownCloud"),
    ("pCloud Drive", "pCloud"),
    ("pCloudDrive", "pCloud"),
    ("MEGAsync", "MEGA"),
    ("Box Sync", "Box"),
];

/// How names begin that are completed by an account's.
const NAME_BEGINNINGS: [(&str, &str); 2] = [("OneDrive - ", "OneDrive"), ("Dropbox (", "Dropbox")];

/// Names that could mean anything elsewhere, and directly in a home mean this.
const NAMES_AT_HOME: [(&str, &str); 4] =
    [("Box", "Box"), ("MEGA", "MEGA"), ("My Drive", "Google Drive"), ("Tresorit", "Tresorit")];

/// What can be a mark.
#[derive(Clone, Copy)]
enum Mark {
    File(&'static str),
    Folder(&'static str),
    Any(&'static str),
    /// Files whose names begin and end like this.
    Like(&'static str, &'static str),
    Both(&'static str, &'static str),
}

/// What programs leave in the folder that they keep in step. `.dropbox` is a file there; the folder of that name, in a
/// home, is only Dropbox's own.
const MARKS: [(Mark, &str); 13] = [
    (Mark::File(".dropbox"), "Dropbox"),
    (Mark::Folder(".dropbox.cache"), "Dropbox"),
    (Mark::Any(".stfolder"), "Syncthing"),
    (Mark::File(".849C9593-D756-4E56-8D6E-42412F2A707B"), "OneDrive"),
    (Mark::Folder(".tmp.driveupload"), "Google Drive"),
    (Mark::Folder(".tmp.drivedownload"), "Google Drive"),
    (Mark::File(".nextcloudsync.log"), "Nextcloud"),
    (Mark::File(".owncloudsync.log"), "ownCloud"),
    (Mark::File(".csync_journal.db"), "ownCloud"),
    (Mark::Like("._sync_", ".db"), "Nextcloud or ownCloud"),
    (Mark::Like(".sync_", ".db"), "Nextcloud or ownCloud"),
    (Mark::Both(".debris", ".megaignore"), "MEGA"),
    (Mark::Both(".sync", ".sync/ID"), "Resilio Sync"),
];

/// Looks from the folder up to the root; `folder` has no links in it.
fn find(folder: &Path, home: Option<&Path>, roots: &[Root]) -> Option<Found> {
    let told = roots.iter().find(|root| folder.starts_with(&root.path));
    if let Some(Root { program, path, told_by }) = told {
        return Some(Found { program, why: format!("{told_by} names {}", path.display()) });
    }
    folder.ancestors().find_map(|above| by_name(above, home).or_else(|| by_mark(above)).or_else(|| by_attribute(above)))
}

fn by_name(folder: &Path, home: Option<&Path>) -> Option<Found> {
    let name = folder.file_name()?.to_str()?;
    let in_home = home.is_some() && folder.parent() == home;
    // Apple's own folder for all programs of this kind.
    let provided = folder.parent().is_some_and(|parent| parent.ends_with("Library/CloudStorage"));
    let known = NAMES.into_iter().find(|(known, _)| *known == name);
    let begun = || NAME_BEGINNINGS.into_iter().find(|(beginning, _)| name.starts_with(beginning));
    let at_home = || NAMES_AT_HOME.into_iter().find(|(known, _)| in_home && *known == name);
    let anybodys = || provided.then_some(("", "a cloud's program"));
    let (_, program) = known.or_else(begun).or_else(at_home).or_else(anybodys)?;
    Some(Found { program, why: format!("{} is its folder", folder.display()) })
}

fn by_mark(folder: &Path) -> Option<Found> {
    MARKS.into_iter().find_map(|(mark, program)| {
        let found = mark.in_folder(folder)?;
        Some(Found { program, why: format!("{} lies there", folder.join(found).display()) })
    })
}

impl Mark {
    fn in_folder(self, folder: &Path) -> Option<String> {
        let here = |name: &str| folder.join(name);
        match self {
            Self::File(name) => here(name).is_file().then(|| name.to_owned()),
            Self::Folder(name) => here(name).is_dir().then(|| name.to_owned()),
            Self::Any(name) => here(name).exists().then(|| name.to_owned()),
            Self::Both(one, other) => (here(one).is_dir() && here(other).is_file()).then(|| other.to_owned()),
            Self::Like(begins, ends) => {
                let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
                names.into_iter().find(|name| name.starts_with(begins) && name.ends_with(ends))
            }
        }
    }
}

/// Windows marks what is, or may be, only in a cloud.
#[cfg(windows)]
fn by_attribute(folder: &Path) -> Option<Found> {
    use std::os::windows::fs::MetadataExt;
    use windows_sys::Win32::Storage::FileSystem::{
        FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS, FILE_ATTRIBUTE_RECALL_ON_OPEN,
    };
    let attributes = fs::symlink_metadata(folder).ok()?.file_attributes();
    let recalled = attributes & (FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS | FILE_ATTRIBUTE_RECALL_ON_OPEN) != 0;
    recalled.then(|| Found {
        program: "a cloud's program",
        why: format!("Windows marks {} as a folder of one", folder.display()),
    })
}

#[cfg(not(windows))]
fn by_attribute(_folder: &Path) -> Option<Found> {
    None
}

/// Folders that programs tell of by environment and settings.
fn told_roots(home: Option<&Path>) -> Vec<Root> {
    let of_variable = |name: &str| {
        let path = PathBuf::from(env::var_os(name).filter(|path| !path.is_empty())?);
        Some(Root { program: "OneDrive", path, told_by: format!("the variable {name}") })
    };
    let mut roots: Vec<Root> =
        ["OneDrive", "OneDriveCommercial", "OneDriveConsumer"].into_iter().filter_map(of_variable).collect();
    let settings = home.map(|home| home.join(".dropbox")).into_iter();
    let settings = settings.chain(
        ["APPDATA", "LOCALAPPDATA"]
            .into_iter()
            .filter_map(|name| Some(PathBuf::from(env::var_os(name)?).join("Dropbox"))),
    );
    for file in settings.map(|folder| folder.join("info.json")) {
        let told_by = file.display().to_string();
        let paths = fs::read_to_string(&file).map(|text| dropbox_paths(&text)).unwrap_or_default();
        roots.extend(paths.into_iter().map(|path| Root { program: "Dropbox", path, told_by: told_by.clone() }));
    }
    // Compared with a path without links.
    roots.into_iter().map(|root| Root { path: root.path.canonicalize().unwrap_or(root.path), ..root }).collect()
}

/// The folders that Dropbox's `info.json` names, one for each account; none if it is not what it should be.
fn dropbox_paths(text: &str) -> Vec<PathBuf> {
    let accounts: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    accounts.values().filter_map(|account| account.get("path")?.as_str().map(PathBuf::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "/home/desk";

    fn found(path: &str) -> Option<&'static str> {
        find(Path::new(path), Some(Path::new(HOME)), &[]).map(|found| found.program)
    }

    #[test]
    fn names_that_mean_one_thing_are_known_wherever_they_stand() {
        assert_eq!(found("/data/OneDrive/neo"), Some("OneDrive"));
        assert_eq!(found("/data/OneDrive - Desk Ltd/neo/deep"), Some("OneDrive"));
        assert_eq!(found("/data/Dropbox (Personal)"), Some("Dropbox"));
        assert_eq!(found("/Users/desk/Library/Mobile Documents/com~apple~CloudDocs/neo"), Some("iCloud Drive"));
        assert_eq!(found("/Users/desk/Library/CloudStorage/Strange-desk/neo"), Some("a cloud's program"));
        assert_eq!(found("/home/desk/Nextcloud"), Some("Nextcloud"));
    }

    #[test]
    fn a_name_that_could_mean_anything_counts_only_in_a_home() {
        assert_eq!(found("/home/desk/Box/neo"), Some("Box"));
        for innocent in [
            "/srv/Box/neo",
            "/home/desk/work/Box",
            "/home/desk/box",
            "/srv/dropbox/incoming",
            "/data/OneDriveless",
            "/srv/MEGA",
            "/home/desk/sync",
            "/home/desk",
        ] {
            assert_eq!(found(innocent), None, "{innocent}");
        }
    }

    #[test]
    fn what_a_program_leaves_in_its_folder_gives_it_away_far_below_too() {
        for (mark, program) in [
            (".dropbox", "Dropbox"),
            (".stfolder", "Syncthing"),
            (".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive"),
            (".sync_9f31c0d25bd6.db", "Nextcloud or ownCloud"),
            (".nextcloudsync.log", "Nextcloud"),
        ] {
            let root = tempfile::tempdir().unwrap();
            let inner = root.path().join("books/neo");
            fs::create_dir_all(&inner).unwrap();
            assert_eq!(find(&inner, None, &[]), None);
            fs::write(root.path().join(mark), b"").unwrap();
            let found = find(&inner, None, &[]).unwrap();
            assert_eq!(found.program, program);
            assert!(found.why.contains(mark), "{}", found.why);
        }
    }

    #[test]
    fn a_programs_own_folder_in_a_home_is_no_mark() {
        let home = tempfile::tempdir().unwrap();
        for folder in [".dropbox", ".sync", ".debris", "neo"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        assert_eq!(find(&home.path().join("neo"), Some(home.path()), &[]), None);
        fs::write(home.path().join(".sync/ID"), b"").unwrap();
        assert_eq!(find(&home.path().join("neo"), None, &[]).unwrap().program, "Resilio Sync");
    }

    #[test]
    fn a_folder_that_a_program_names_itself_is_known_by_any_name() {
        let roots = [Root { program: "OneDrive", path: PathBuf::from("/data/mine"), told_by: "the variable X".into() }];
        let found = find(Path::new("/data/mine/neo"), None, &roots).unwrap();
        assert_eq!((found.program, found.why.as_str()), ("OneDrive", "the variable X names /data/mine"));
        assert_eq!(find(Path::new("/data/mine2"), None, &roots), None);
    }

    #[test]
    fn dropbox_tells_where_its_folders_are() {
        let text = r#"{"personal":{"path":"/home/desk/Box of drops","host":1},"business":{"path":"/data/D"},"x":{}}"#;
        assert_eq!(dropbox_paths(text), [Path::new("/data/D"), Path::new("/home/desk/Box of drops")]);
        assert!(dropbox_paths("not json").is_empty());
    }

    #[test]
    fn a_refusal_names_the_program_and_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".stfolder")).unwrap();
        let words = refuse(root.path()).unwrap_err().to_string();
        assert!(words.contains("Syncthing") && words.contains(".stfolder") && words.contains("--db"), "{words}");
    }
}
