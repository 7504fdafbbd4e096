#!/bin/sh
# The long runs, with the release build: a hundred kills, a thousand seeds. About half an hour on two cores.
#
#     tests/scripts/heavy.sh            the same story as always
#     tests/scripts/heavy.sh 12345      another story of kills
set -eu
cd "$(dirname "$0")/../.."
NEO_KILLS="${NEO_KILLS:-100}" NEO_KILLS_SEED="${1:-1}" cargo test --release --test kill -- --nocapture
NEO_SEEDS="${NEO_SEEDS:-1000}" cargo test --release --test seeds -- --nocapture
