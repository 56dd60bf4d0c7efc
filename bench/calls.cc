// 200 warm inferences between two marks, for strace: see bench/truth.
#include <fcntl.h>
#include <fmt/format.h>

#include <thread>

#include "inferometer/recorder.h"

namespace {

using inferometer::Recorder;

// A call that strace shows, with our words in it.
void Mark(const char* words) { static_cast<void>(::open(words, O_RDONLY | O_CLOEXEC)); }

void Measure(Recorder& recorder, int windows) {
  for (int i = 0; i < windows; ++i) {
    auto inference = recorder.Begin({"calls", inferometer::kCpu});
    inference.PromptReady(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    inference.Token();
    static_cast<void>(inference.End("stop"));
  }
}

}  // namespace

int main() {
  auto recorder = Recorder::Create({.device_id = "calls"});
  if (!recorder.ok()) {
    fmt::print(stderr, "{}\n", recorder.status().message());
    return 1;
  }
  Measure(**recorder, 10);
  Mark("/inferometer-window-begins");
  Measure(**recorder, 200);
  Mark("/inferometer-window-ends");
  return 0;
}
