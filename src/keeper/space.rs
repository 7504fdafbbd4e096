//! Room on the disk, watched for both threads: the ballast goes at the first write that finds none, and is made anew when
//! there is enough again.
//!
//! While the disk is full its last room belongs to the journal: the store waits and readings are dropped, so that the
//! facts of the session's end find a place.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::health::{Health, SpaceHealth};
use super::news::News;
use super::unpoisoned;
use crate::disk::ballast::Ballast;
use crate::disk::place::space::{ENOUGH_AGAIN_BYTES, LEAST_FREE_BYTES};

/// How often is looked while there is room …
const LOOK: Duration = Duration::from_secs(5);
/// … and at most and at least, while there is none: the more often it fills up again, the more slowly one believes.
const FULL_LOOK: Duration = Duration::from_secs(1);
const SLOWEST_LOOK: Duration = Duration::from_mins(1);

/// What was seen by a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing that changes anything.
    Nothing,
    /// The disk was full and is no more.
    RoomAgain,
}

/// The disk's room, as both threads know it.
#[derive(Debug)]
pub(super) struct Space {
    ballast: Ballast,
    watch: Mutex<Watch>,
    news: UnboundedSender<News>,
    health: Arc<Mutex<Health>>,
}

#[derive(Debug)]
struct Watch {
    room: Room,
    /// When there was room again the last time, if there had been none.
    back_since: Option<Instant>,
    next_look: Instant,
    full_look: Duration,
    warned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Enough,
    None,
}

impl Space {
    pub fn new(ballast: Ballast, news: UnboundedSender<News>, health: Arc<Mutex<Health>>) -> Self {
        let now = Instant::now();
        let watch = Watch { room: Room::Enough, back_since: None, next_look: now, full_look: FULL_LOOK, warned: false };
        Self { ballast, watch: Mutex::new(watch), news, health }
    }

    pub fn is_full(&self) -> bool {
        unpoisoned(&self.watch).room == Room::None
    }

    /// Whether so many bytes could be written without filling the disk up; while nobody knows of a full one, they can.
    pub fn has_room_for(&self, bytes: u64) -> bool {
        !self.is_full() || self.ballast.free().is_none_or(|free| free >= bytes)
    }

    pub fn next_look(&self) -> Instant {
        unpoisoned(&self.watch).next_look
    }

    /// A write found no room: gives it the ballast's, and tells, once until there is room again.
    pub fn filled_up(&self, why: &str) {
        let mut watch = unpoisoned(&self.watch);
        if let Err(error) = self.ballast.release() {
            tracing::error!(%error, "the ballast cannot be removed, so that its room is not to be had");
        }
        if watch.room == Room::None {
            return;
        }
        let now = Instant::now();
        let soon_again = watch.back_since.is_some_and(|back| now.duration_since(back) < SLOWEST_LOOK);
        watch.full_look = if soon_again { (watch.full_look * 2).min(SLOWEST_LOOK) } else { FULL_LOOK };
        watch.room = Room::None;
        watch.next_look = now + watch.full_look;
        self.note(self.ballast.free());
        self.tell(News::DiskFull(why.to_owned()));
    }

    /// Looks, if it is time to. `is_behind` says whether facts still wait for room.
    pub fn look(&self, is_behind: bool) -> Seen {
        let mut watch = unpoisoned(&self.watch);
        let now = Instant::now();
        if now < watch.next_look {
            return Seen::Nothing;
        }
        let free = self.ballast.free();
        let seen = match watch.room {
            Room::Enough => self.look_ahead(&mut watch, free),
            Room::None => self.look_again(&mut watch, free, is_behind),
        };
        watch.next_look = now + if watch.room == Room::None { watch.full_look } else { LOOK };
        self.note(free);
        seen
    }

    /// Warns while there is time, and makes good a ballast that somebody removed.
    fn look_ahead(&self, watch: &mut Watch, free: Option<u64>) -> Seen {
        let Some(free) = free else { return Seen::Nothing };
        if free < LEAST_FREE_BYTES && !watch.warned {
            watch.warned = true;
            self.tell(News::LittleSpace { free });
        }
        watch.warned &= free < 2 * LEAST_FREE_BYTES;
        if free >= ENOUGH_AGAIN_BYTES && !self.ballast.is_there() {
            self.make_ballast();
        }
        Seen::Nothing
    }

    /// A disk that says it has room must prove it: by what waited, and by the ballast.
    fn look_again(&self, watch: &mut Watch, free: Option<u64>, is_behind: bool) -> Seen {
        let has_enough = free.is_none_or(|free| free >= ENOUGH_AGAIN_BYTES);
        if is_behind || !has_enough || !self.make_ballast() {
            return Seen::Nothing;
        }
        watch.room = Room::Enough;
        watch.back_since = Some(Instant::now());
        // That it is little was as good as told.
        watch.warned = true;
        self.tell(News::SpaceIsBack { free });
        Seen::RoomAgain
    }

    fn make_ballast(&self) -> bool {
        let made = self.ballast.make();
        if let Err(error) = &made {
            tracing::warn!(%error, "the ballast cannot be made");
        }
        made.is_ok()
    }

    fn note(&self, free: Option<u64>) {
        let ballast = self.ballast.is_there();
        unpoisoned(&self.health).space = free.map(|free| SpaceHealth { free, ballast, low: free < LEAST_FREE_BYTES });
    }

    fn tell(&self, news: News) {
        // Nobody listens only once the session is over.
        let _ = self.news.send(news);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::disk::Disk as _;
    use crate::disk::memory::{Fault, MemoryDisk};

    fn space(disk: &MemoryDisk) -> (Space, UnboundedReceiver<News>) {
        disk.create_folder(Path::new("/house")).unwrap();
        let (tell, told) = unbounded_channel();
        let ballast = Ballast::at(Arc::new(disk.clone()), "/house/s.ballast", 7);
        ballast.make().unwrap();
        (Space::new(ballast, tell, Arc::default()), told)
    }

    /// A look that is due.
    fn look(space: &Space, is_behind: bool) -> Seen {
        unpoisoned(&space.watch).next_look = Instant::now();
        space.look(is_behind)
    }

    #[test]
    fn the_ballast_goes_at_once_and_that_is_told_once() {
        let disk = MemoryDisk::new(1);
        let (space, mut told) = space(&disk);
        for _ in 0..3 {
            space.filled_up("no space left on device");
        }
        assert!(space.is_full() && !space.ballast.is_there());
        assert!(matches!(told.try_recv(), Ok(News::DiskFull(why)) if why == "no space left on device"));
        assert!(told.try_recv().is_err());
    }

    #[test]
    fn there_is_room_again_when_nothing_waits_and_the_ballast_found_its_own() {
        let disk = MemoryDisk::new(1);
        let (space, mut told) = space(&disk);
        space.filled_up("no space left on device");
        told.try_recv().unwrap();
        assert_eq!(look(&space, true), Seen::Nothing, "facts still wait");
        disk.fail(Fault::once(disk.operations() + 1, io::ErrorKind::StorageFull));
        assert_eq!(look(&space, false), Seen::Nothing, "there is no room for the ballast");
        assert!(space.is_full() && !space.ballast.is_there());
        assert_eq!(look(&space, false), Seen::RoomAgain);
        assert!(!space.is_full() && space.ballast.is_there());
        assert!(matches!(told.try_recv(), Ok(News::SpaceIsBack { .. })));
    }

    #[test]
    fn a_disk_that_fills_up_again_and_again_is_believed_more_and_more_slowly() {
        let disk = MemoryDisk::new(1);
        let (space, _told) = space(&disk);
        let mut waits = Vec::new();
        for _ in 0..8 {
            space.filled_up("no space left on device");
            waits.push(unpoisoned(&space.watch).full_look.as_secs());
            assert_eq!(look(&space, false), Seen::RoomAgain);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
