#!/bin/sh
# The long runs, with the release build: a thousand kills, a thousand seeds, every end twenty times, every operation failing, two thousand blows,
# a million losses of power. Several hours on two cores.
#
#     tests/scripts/heavy.sh            the same story as always
#     tests/scripts/heavy.sh 12345      another story of kills and blows
set -eu
cd "$(dirname "$0")/../.."
NEO_SEEDS="${NEO_SEEDS:-1000}" cargo test --release --test seeds -- --nocapture
NEO_KILLS="${NEO_KILLS:-1000}" NEO_KILLS_SEED="${1:-1}" cargo test --release --test kill -- --nocapture
NEO_MATRIX="${NEO_MATRIX:-20}" cargo test --release --test matrix -- --nocapture
NEO_DAMAGE="${NEO_DAMAGE:-2000}" NEO_DAMAGE_SEED="${1:-1}" cargo test --release --test damage -- --nocapture
NEO_SWEEP=all cargo test --release --test sweep -- --nocapture
NEO_POWER_STATES="${NEO_POWER_STATES:-1000000}" cargo test --release --test power -- --nocapture
