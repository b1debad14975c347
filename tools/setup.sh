#!/usr/bin/env bash
# Installs what building and testing Tessera needs on Debian 12, and only what
# is missing: a second run does nothing and needs no network.
set -euo pipefail

PACKAGES=(cmake ninja-build gcc g++ llvm-22-dev llvm-22-tools libmlir-22-dev
          mlir-22-tools clang-format python3 binutils)

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

available() {
  case $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) in
  *'Candidate: (none)'*) return 1 ;;
  *'Candidate: '*) return 0 ;;
  *) return 1 ;;
  esac
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is not a Debian system; install these packages' counterparts" \
       "by hand and run the scripts with --no-setup: ${PACKAGES[*]}"

missing=()
for package in "${PACKAGES[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  say "all ${#PACKAGES[@]} packages are installed"
  exit 0
fi
say "missing: ${missing[*]}"

system=$(. /etc/os-release && echo "${ID:-unknown} ${VERSION_ID:-}")
[ "$system" = "debian 12" ] ||
  fail "made for Debian 12, and this is $system; install the packages above" \
       "(or their counterparts) by hand and run the scripts with --no-setup"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    fail "needs root: run as root, or install sudo, or ask an administrator" \
         "for: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
say "apt-get update"
"${as_root[@]}" apt-get update -q ||
  fail "apt-get update failed (messages above): is the network reachable?"

for package in "${missing[@]}"; do
  available "$package" && continue
  case $package in
  *-22-*) fail "apt knows no $package: it is in the suite bookworm-security." \
    "Enable it, for example with this line in /etc/apt/sources.list:" \
    "deb http://security.debian.org/debian-security bookworm-security main" ;;
  *) fail "apt knows no $package: is the suite bookworm (main) enabled?" ;;
  esac
done

say "apt-get install ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}" ||
  fail "apt-get install failed (messages above)"
say "done"
