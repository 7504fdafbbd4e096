use super::*;
use proptest::prelude::*;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

#[test]
fn xrp_is_read_and_printed_with_six_decimals() {
    assert_eq!("4".parse(), Ok(Drops::from_xrp(4)));
    assert_eq!("-0.000001".parse(), Ok(Drops::new(-1)));
    assert_eq!(Drops::new(-1).to_string(), "-0.000001");
    assert_eq!(format!("{:>12}", Drops::new(4_000_001)), "    4.000001");
}

#[test]
fn what_is_not_money_is_refused_with_its_text() {
    assert_eq!("0.0000001".parse::<Drops>(), Err(MoneyError::FinerThanADrop("0.0000001".into())));
    assert_eq!("100000000001".parse::<Drops>(), Err(MoneyError::TooLarge("100000000001".into())));
    assert_eq!("1.2345678901234567".parse::<Rlusd>(), Err(MoneyError::TooManyDigits("1.2345678901234567".into())));
    assert_eq!("0".parse::<Price>(), Err(MoneyError::NotAPrice("0".into())));
    for text in ["", "-", ".", "1e5", "+1", " 1", "1,0", "NaN", "1_000", "١"] {
        assert!(text.parse::<Rlusd>().is_err(), "{text}");
    }
}

#[test]
fn a_mid_of_two_prices_is_exact() {
    assert_eq!(Price::midway(price("1.41930"), price("1.42101")).to_string(), "1.420155");
}

#[test]
fn a_bid_goes_down_to_its_tick_and_an_ask_up() {
    assert_eq!(price("1.418623").to_tick(5, Toward::Lower).to_string(), "1.41862");
    assert_eq!(price("1.418623").to_tick(5, Toward::Higher).to_string(), "1.41863");
    assert_eq!(price("0.000001").to_tick(5, Toward::Lower).to_string(), "0.00001");
}

#[test]
fn a_price_from_amounts_keeps_twelve_digits() {
    let one_third = Price::from_amounts(Rlusd::from_whole(1), Drops::from_xrp(3)).unwrap();
    assert_eq!(one_third.to_string(), "0.333333333333");
    assert_eq!(Price::from_amounts(Rlusd::ZERO, Drops::from_xrp(3)), None);
}

#[test]
#[should_panic(expected = "within 28 digits")]
fn a_product_that_would_lose_digits_never_travels_on() {
    let _ = Drops::new(1_234_567_890_123_457).at(price("1.234567890123457"));
}

proptest! {
    #[test]
    fn drops_are_read_back_as_printed(drops in -ALL_DROPS..=ALL_DROPS) {
        prop_assert_eq!(Drops::new(drops).to_string().parse(), Ok(Drops::new(drops)));
    }

    #[test]
    fn rlusd_is_read_back_as_printed(mantissa in -9_999_999_999_999_999_i64..=9_999_999_999_999_999, scale in 7_u32..=18) {
        let amount = Rlusd(Decimal::new(mantissa, scale).normalize());
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn no_text_makes_parsing_panic(text in "\\PC{0,40}") {
        let _ = (text.parse::<Drops>(), text.parse::<Rlusd>(), text.parse::<Price>(), text.parse::<Value>());
    }

    #[test]
    fn adding_and_taking_away_comes_back(a in -1_000_000_000_000_i64..1_000_000_000_000, b in -1_000_000_000_000_i64..1_000_000_000_000, scale in 0_u32..=12) {
        let (a, b) = (Value(Decimal::new(a, scale).normalize()), Value(Decimal::new(b, 6).normalize()));
        prop_assert_eq!(a + b - b, a);
    }

    #[test]
    fn worth_is_linear_in_the_quantity(one in 0_i64..1_000_000_000_000, other in 0_i64..1_000_000_000_000, mantissa in 1_i64..10_000_000) {
        let at = Price::new(mantissa, 6).unwrap();
        prop_assert_eq!(Drops::new(one).at(at) + Drops::new(other).at(at), Drops::new(one + other).at(at));
    }

    #[test]
    fn what_an_amount_buys_never_costs_more_than_the_amount(cents in 1_i64..100_000_000, mantissa in 1_000_i64..10_000_000) {
        let at = Price::new(mantissa, 6).unwrap();
        let amount = Rlusd(Decimal::new(cents, 2).normalize());
        let bought = amount.buys_at(at);
        prop_assert!(bought.at(at) <= amount.value());
        prop_assert!((bought + Drops::new(2)).at(at) > amount.value());
    }

    #[test]
    fn ticks_give_nothing_away(mantissa in 1_i64..10_000_000_000) {
        let any = Price::new(mantissa, 9).unwrap();
        let (low, high) = (any.to_tick(5, Toward::Lower), any.to_tick(5, Toward::Higher));
        prop_assert!(high >= any);
        prop_assert!(low <= any || low == price("0.00001"));
    }
}
