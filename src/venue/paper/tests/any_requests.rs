//! Properties that hold for any seed and any requests.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A request and how long after the one before it is made, in milliseconds.
type Script = Vec<(u64, Request)>;

fn scripts() -> impl Strategy<Value = Script> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let order = (1_u32..20, side, 140_000_i64..144_000, prop_oneof![-5_i64..1, 1_i64..30_000_000, 1_i64..200_000_000]);
    let submit = order.prop_map(|(number, side, ticks, drops)| {
        let (price, quantity) = (Price::new(ticks, 5).unwrap(), Drops::new(drops));
        Request::Submit(OrderSpec { id: id(number), side, price, quantity })
    });
    let request = prop_oneof![
        4 => submit,
        2 => (1_u32..20).prop_map(|number| Request::Cancel(id(number))),
        1 => Just(Request::Balances),
    ];
    prop::collection::vec((0_u64..3_000, request), 0..40)
}

/// Settings, most of them out of bounds.
fn settings() -> impl Strategy<Value = Settings> {
    let holding = (-5_i64..i64::MAX / 1_000_000, -5_i64..9_999_999_999);
    let mid = (1_i64..10_000_000_000_000_000, 0_u32..=18);
    let times = (prop_oneof![0_u32..1_000, any::<u32>()], any::<u32>(), prop_oneof![0_u32..1_000, any::<u32>()]);
    (holding, mid, times, any::<u32>()).prop_map(|((xrp, rlusd), (mantissa, scale), times, fee_drops)| Settings {
        start_xrp: Drops::from_xrp(xrp),
        start_rlusd: Rlusd::from_whole(rlusd),
        start_mid: Price::new(mantissa, scale).unwrap(),
        ledger_ms: times.0,
        fee_drops,
        min_latency_ms: times.1,
        max_latency_ms: times.2,
    })
}

/// Plays a script, taking the news every `step` milliseconds and at the end.
fn play(seed: u64, script: &Script, step: u64) -> Vec<VenueEvent> {
    let mut paper = paper(seed);
    let (mut now, mut looked, mut news) = (0, 0, Vec::new());
    for (wait, request) in script {
        now += wait;
        while looked + step <= now {
            looked += step;
            news.extend(paper.advance(at(looked)));
        }
        paper.request(at(now), request.clone());
    }
    news.extend(paper.advance(at(now + 10_000)));
    news
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_seed_and_requests_give_the_same_events_however_often_one_looks(
        seed: u64, script in scripts(), step in 1_u64..9_000,
    ) {
        let once = play(seed, &script, u64::MAX / 2);
        prop_assert_eq!(&once, &play(seed, &script, u64::MAX / 2));
        prop_assert_eq!(&once, &play(seed, &script, step));
    }

    #[test]
    fn balances_are_the_start_with_all_that_was_told_and_never_negative(seed: u64, script in scripts()) {
        let mut holding = start_holding();
        let mut fills = BTreeSet::new();
        for event in play(seed, &script, 1_000) {
            let (xrp, rlusd) = change(&event);
            holding = holding.changed_by(xrp, rlusd);
            prop_assert!(holding.xrp >= Drops::ZERO && holding.rlusd >= Rlusd::ZERO, "{:?}", holding);
            match event {
                VenueEvent::Balances { inventory, .. } => prop_assert_eq!(inventory, holding),
                VenueEvent::Filled(fill) => {
                    prop_assert!(fills.insert(fill.id.clone()), "{} twice", fill.id);
                    prop_assert_eq!(Some(fill.price), Price::from_amounts(fill.rlusd, fill.quantity));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn each_request_is_answered_once_and_no_order_is_filled_beyond_its_quantity(seed: u64, script in scripts()) {
        let news = play(seed, &script, 1_000);
        let answers = news.iter().filter(|event| match event {
            VenueEvent::Rests { .. }
            | VenueEvent::Refused { .. }
            | VenueEvent::CancelFoundNothing { .. }
            | VenueEvent::Balances { .. } => true,
            // Without a fee it was no cancel of ours, but an order that met an older one.
            VenueEvent::Cancelled { fee, .. } => *fee > Drops::ZERO,
            VenueEvent::Filled(_) | VenueEvent::Ledger { .. } | VenueEvent::Book(_) => false,
        });
        prop_assert_eq!(answers.count(), script.len());
        let mut left = BTreeMap::new();
        for (_, request) in &script {
            if let Request::Submit(spec) = request {
                left.entry(spec.id).or_insert(spec.quantity);
            }
        }
        for event in &news {
            if let VenueEvent::Filled(fill) = event {
                let left = left.get_mut(&fill.order).unwrap();
                *left -= fill.quantity;
                prop_assert!(*left >= Drops::ZERO);
            }
        }
    }

    #[test]
    fn a_close_tells_its_ledger_first_and_its_book_last_and_the_book_is_never_crossed(
        seed: u64, script in scripts(),
    ) {
        let mut open = None;
        for event in play(seed, &script, 1_000) {
            match event {
                VenueEvent::Ledger { index, .. } => prop_assert_eq!(open.replace(index), None),
                VenueEvent::Book(book) => {
                    prop_assert_eq!(open.take(), Some(book.ledger));
                    prop_assert!(book.touch().is_some(), "{:?}", book);
                }
                VenueEvent::Rests { ledger, .. }
                | VenueEvent::Cancelled { ledger, .. }
                | VenueEvent::CancelFoundNothing { ledger, .. }
                | VenueEvent::Filled(Fill { ledger, .. }) => prop_assert_eq!(open, Some(ledger)),
                VenueEvent::Refused { fee, .. } => prop_assert_eq!(open.is_some(), fee > Drops::ZERO),
                VenueEvent::Balances { .. } => prop_assert_eq!(open, None),
            }
        }
    }

    #[test]
    fn any_settings_give_a_ledger_with_two_sides(seed: u64, settings in settings(), script in scripts()) {
        let mut paper = Paper::new(&settings, seed, START);
        for (_, request) in script {
            paper.request(START, request);
        }
        for _ in 0..50 {
            for event in paper.advance(paper.due()) {
                if let VenueEvent::Book(book) = event {
                    prop_assert!(book.touch().is_some(), "{:?}", book);
                }
            }
        }
    }
}
