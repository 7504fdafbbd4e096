#!/usr/bin/env bash
# Builds the release program for Windows into target/windows. What is said to this script goes to cargo.
#
# Debian's own Rust builds it, because its package brings the standard library's sources, from which that of the target
# is built; the compiler is called a nightly one for that one option's sake.
set -euo pipefail
cd "$(dirname "$0")/../.."

installed() { dpkg -L "$1" | grep -m1 "/bin/$2\$"; }
target=x86_64-pc-windows-gnu
RUSTC=$(installed rustc-web rustc) RUSTC_BOOTSTRAP=1 CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc \
  "$(installed cargo-web cargo)" build --release --locked -Zbuild-std=std,panic_unwind \
  --target "$target" --target-dir target/windows "$@"
cp -f target/windows/tools/bcryptprimitives.dll "target/windows/$target/release/"
