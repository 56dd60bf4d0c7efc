#pragma once
// For tests: a recorder whose clock and energy counters the test moves by hand.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "inferometer/recorder.h"
#include "measure/recorder_state.h"
#include "probe/energy/fake_powercap.h"
#include "probe/manual_clock.h"

namespace inferometer {

inline constexpr const char* kSession = "0123456789abcdef";

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() {
    options_.device_id = "Pi-07";
    options_.sysfs = powercap_.sysfs();
  }
  void Make() {
    auto recorder = measure::RecorderState::MakeRecorder(options_, {&clock_, &occupancy_, kSession});
    ASSERT_TRUE(recorder.ok()) << recorder.status().message();
    recorder_ = std::move(recorder).value();
  }
  Inference Begin() { return recorder_->Begin({"SmolLM2", "cpu"}); }
  // 10 ms of tokenising, 100 ms of prompt, then a token each 50 ms.
  void Generate(Inference& inference, int tokens) {
    clock_.Advance(std::chrono::milliseconds(10));
    inference.PromptReady(40);
    clock_.Advance(std::chrono::milliseconds(50));
    for (int i = 0; i < tokens; ++i) {
      clock_.Advance(std::chrono::milliseconds(50));
      inference.Token();
    }
  }
  InferenceRecord Measure(int tokens) {
    Inference inference = Begin();
    Generate(inference, tokens);
    return inference.End("stop");
  }

  probe::FakePowercap powercap_;
  probe::ManualClock clock_;
  measure::Occupancy occupancy_;
  RecorderOptions options_;
  std::unique_ptr<Recorder> recorder_;
};

}  // namespace inferometer
