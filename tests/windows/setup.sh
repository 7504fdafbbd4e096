#!/usr/bin/env bash
# Installs what is missing to build and run the Windows program on Debian, and builds the helpers into target/windows/tools.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../target/windows/tools

missing=()
for package in rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 wine wine64 xvfb xauth python3; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if ((${#missing[@]})); then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

mkdir -p "$tools"
x86_64-w64-mingw32-gcc -O1 -Wall -o "$tools/console_event.exe" "$here/console_event.c"
x86_64-w64-mingw32-gcc -O1 -Wall -municode -o "$tools/hold.exe" "$here/hold.c"
x86_64-w64-mingw32-gcc -O1 -Wall -shared -o "$tools/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32
