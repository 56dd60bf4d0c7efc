#pragma once
// For tests: the driver's library that the tests' build made, in a state of their choice.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "os/shared_library.h"
#include "probe/energy/fake_nvml.h"

namespace inferometer::probe {

// Holds the library, so that its state lives as long as this and begins anew with the next.
class NvmlForTests {
 public:
  NvmlForTests() {
    auto library = os::SharedLibrary::Open(kPath);
    if (!library.ok()) {
      ADD_FAILURE() << library.status().message();
      return;
    }
    library_.emplace(std::move(library).value());
    state_ = static_cast<FakeNvml*>(library_->Symbol("fake_nvml"));
    *state_ = {};
    state_->gpus = 1;
  }

  static constexpr const char* kPath = INFEROMETER_FAKE_NVML;
  [[nodiscard]] FakeNvml* operator->() const { return state_; }

 private:
  std::optional<os::SharedLibrary> library_;
  FakeNvml nothing_{};
  FakeNvml* state_ = &nothing_;
};

}  // namespace inferometer::probe
