//! Seeded chance in integers. The stream of one seed never changes: not with a platform, not with a crate's version.
//!
//! Only [`rand_pcg::Pcg64`]'s raw words come from outside; how they become ranges and odds is written down here, and a
//! test pins the first words.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;

/// Who draws. Each has a stream of its own, so that one who draws more often never shifts what another one draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// How long requests take.
    Wire = 1,
    /// How the mid walks.
    Walk = 2,
    /// What other traders do.
    Crowd = 3,
    /// In which order a ledger's transactions are applied.
    Order = 4,
}

/// One stream of chance.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    words: Pcg64,
}

impl Chance {
    /// The stream of `seed` for one who draws.
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        // Neighbouring seeds and streams must not look alike, so both are spread over all 256 bits first.
        let mut spread = Spread(seed ^ (stream as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
        Self { words: Pcg64::new(spread.next_wide(), spread.next_wide()) }
    }

    /// Evenly from 0 to `bound` − 1; 0 if `bound` is 0. Lemire's method, with its rejection.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let unfair = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.words.next_u64()) * u128::from(bound);
            let (high, low) = split(product);
            if low >= unfair {
                return high;
            }
        }
    }

    /// Evenly from `low` to `high`, both included; `low` if `high` lies below it.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.max(low).abs_diff(low);
        let step = if span == u64::MAX { self.words.next_u64() } else { self.below(span + 1) };
        low.wrapping_add_unsigned(step)
    }

    /// True in `parts` of 1 000 cases.
    pub(super) fn per_mille(&mut self, parts: u64) -> bool {
        self.below(1_000) < parts
    }

    /// True in one of `n` cases.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Around zero, bell-shaped: the sum of four even draws from −`reach` to `reach`. Its deviation is 1.15 × `reach`.
    pub(super) fn bell(&mut self, reach: i64) -> i64 {
        (0..4).map(|_| self.between(-reach, reach)).sum()
    }

    /// Puts `things` into an even random order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.index(last + 1));
        }
    }

    /// Evenly one of the places of something `length` long.
    fn index(&mut self, length: usize) -> usize {
        let drawn = self.below(u64::try_from(length).expect("a length fits 64 bits"));
        usize::try_from(drawn).expect("less than a length is an index")
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn split(wide: u128) -> (u64, u64) {
    ((wide >> 64) as u64, wide as u64)
}

/// `SplitMix64` by Sebastiano Vigna (public domain, <https://prng.di.unimi.it/splitmix64.c>).
struct Spread(u64);

impl Spread {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn next_wide(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_words_of_a_seed_are_the_same_for_ever() {
        let mut chance = Chance::new(42, Stream::Wire);
        let words: Vec<u64> = (0..3).map(|_| chance.words.next_u64()).collect();
        assert_eq!(words, [2_460_375_832_592_839_278, 17_439_355_756_489_922_183, 11_704_520_878_406_686_818]);
    }

    #[test]
    fn every_value_of_a_range_comes_about_as_often() {
        let mut chance = Chance::new(1, Stream::Crowd);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[usize::try_from(chance.between(-3, 3) + 3).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_shuffle_puts_each_thing_at_each_place_about_as_often() {
        let mut chance = Chance::new(1, Stream::Order);
        let mut firsts = [0_u32; 4];
        for _ in 0..40_000 {
            let mut things = [0, 1, 2, 3];
            chance.shuffle(&mut things);
            firsts[things[0]] += 1;
        }
        assert!(firsts.iter().all(|count| (9_600..10_400).contains(count)), "{firsts:?}");
    }

    #[test]
    fn seeds_and_streams_differ_from_the_first_draw_on() {
        let first = |seed, stream| Chance::new(seed, stream).words.next_u64();
        assert_ne!(first(1, Stream::Wire), first(2, Stream::Wire));
        assert_ne!(first(1, Stream::Wire), first(1, Stream::Crowd));
    }

    proptest! {
        #[test]
        fn a_draw_stays_in_its_range(seed: u64, one: i64, other: i64) {
            let (low, high) = (one.min(other), one.max(other));
            let drawn = Chance::new(seed, Stream::Walk).between(low, high);
            prop_assert!((low..=high).contains(&drawn));
        }

        #[test]
        fn a_shuffle_loses_and_doubles_nothing(seed: u64, length in 0_usize..50) {
            let mut things: Vec<usize> = (0..length).collect();
            Chance::new(seed, Stream::Order).shuffle(&mut things);
            things.sort_unstable();
            prop_assert_eq!(things, (0..length).collect::<Vec<_>>());
        }
    }
}
