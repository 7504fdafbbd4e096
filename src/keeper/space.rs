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
    /// Since when that is so.
    since: Instant,
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
        let watch = Watch { room: Room::Enough, since: now, next_look: now, full_look: FULL_LOOK, warned: false };
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
        let soon_again = now.duration_since(watch.since) < SLOWEST_LOOK;
        watch.full_look = if soon_again { (watch.full_look * 2).min(SLOWEST_LOOK) } else { FULL_LOOK };
        watch.room = Room::None;
        watch.since = now;
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
        watch.since = Instant::now();
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
