#!/usr/bin/env bash
# tools/setup.sh against a package manager made of stand-ins: it installs exactly
# what is missing, nothing where nothing is, and says what stands in the way.
# usage: setup_script.sh SETUP WORK
set -uo pipefail
setup=$1 work=$2

[ "$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")" = "debian 12" ] ||
  { echo "this is not Debian 12"; exit 77; }

rm -rf "$work"
mkdir -p "$work/bin"
export PATH=$work/bin:$PATH
export CALLS=$work/calls MISSING="" UNKNOWN="" USER_ID=0

fake() { { echo '#!/bin/sh'; cat; } >"$work/bin/$1"; chmod +x "$work/bin/$1"; }
fake dpkg-query <<'END'
for package; do :; done
case " $MISSING " in *" $package "*) exit 1 ;; esac
echo installed
END
fake apt-cache <<'END'
for package; do :; done
case " $UNKNOWN " in
*" $package "*) printf '%s:\n  Candidate: (none)\n' "$package" ;;
*) printf '%s:\n  Candidate: 1.0\n' "$package" ;;
esac
END
fake apt-get <<'END'
echo "apt-get $*" >>"$CALLS"
END
fake id <<'END'
echo "$USER_ID"
END
fake sudo <<'END'
echo "sudo $1" >>"$CALLS"
exec "$@"
END

failures=0
expect() { # what is expected, a pattern, a text
  grep -q -e "$2" <<<"$3" && return
  printf 'expected %s (%s), got:\n%s\n' "$1" "$2" "$3" >&2
  failures=$((failures + 1))
}
attempt() { # code, then assignments for the stubs
  local expected=$1
  shift
  : >"$CALLS"
  output=$(env "$@" "$setup" 2>&1)
  local code=$?
  [ $code -eq "$expected" ] || expect "exit code $expected" '^$' "code $code"
  calls=$(cat "$CALLS")
}

attempt 0
expect "a word about it" "all .* packages are installed" "$output"
expect "no call of apt-get" '^$' "$calls"

attempt 0 MISSING="mlir-22-tools ninja-build"
expect "just the two" \
  "^apt-get install .*recommends ninja-build mlir-22-tools$" "$calls"

attempt 1 MISSING="mlir-22-tools" UNKNOWN="mlir-22-tools"
expect "the suite's name" "bookworm-security" "$output"
expect "no installation" '^apt-get update -q$' "$calls"

attempt 0 MISSING="cmake" USER_ID=1000
expect "sudo" "^sudo env$" "$calls"

rm "$work/bin/sudo"
if ! command -v sudo >/dev/null; then
  attempt 1 MISSING="cmake" USER_ID=1000
  expect "a way out" "needs root: .*sudo" "$output"
  expect "no call of apt-get" '^$' "$calls"
fi

fake apt-get <<'END'
exit 100
END
attempt 1 MISSING="cmake"
expect "a hint" "network" "$output"

exit $((failures > 0))
