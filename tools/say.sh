# shellcheck shell=bash
# How the scripts speak: one line a step with the time since the start, one clear sentence when they fail.

say_started=${say_started:-$SECONDS}

step() { printf '[%3d s] %s\n' "$((SECONDS - say_started))" "$*" >&2; }

fail() {
  printf '%s: %s\n' "${say_name:-$(basename "$0")}" "$*" >&2
  exit 1
}

# show_progress LOG COMMAND...: runs it, everything into LOG, and on a terminal shows ninja's newest "[12/74]" on one line.
show_progress() {
  local log=$1 status=0
  shift
  if [ ! -t 2 ]; then
    "$@" >>"$log" 2>&1
    return
  fi
  "$@" 2>&1 | tee -a "$log" | sed -un 's/^\(\[[0-9]*\/[0-9]*\]\).*/\1/p' | while read -r at; do
    printf '\r        %s ' "$at" >&2
  done || status=$?  # the command's own, since pipefail is set
  printf '\r                    \r' >&2
  return "$status"
}
