#pragma once
// A recorder for a check, or the end of the program.

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "inferometer/recorder.h"

namespace inferometer::checks {

[[nodiscard]] inline std::unique_ptr<Recorder> MakeRecorder(const RecorderOptions& options) {
  auto recorder = Recorder::Create(options);
  if (recorder.ok()) return std::move(recorder).value();
  fmt::print(stderr, "no recorder: {}\n", recorder.status().message());
  std::exit(1);
}

}  // namespace inferometer::checks
