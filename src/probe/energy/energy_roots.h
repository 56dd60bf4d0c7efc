#pragma once
// Where the sources of energy are looked for: all injected, so that tests and containers can put another tree there.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "os/mailbox.h"

namespace inferometer::probe {

struct EnergyRoots {
  std::filesystem::path sysfs = "/sys";
  const base::Clock* clock = nullptr;  // must outlive every source
  // Called once where there is a whole-platform counter, between the two readings that judge it.
  std::function<void()> pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); };
  // The Raspberry Pi firmware's mailbox; the first that can be opened.
  std::vector<std::filesystem::path> mailboxes = {"/dev/vcio_gencmd", "/dev/vcio"};
  std::shared_ptr<os::FirmwareMailbox> mailbox = nullptr;  // where there is one, instead of them
  std::string nvml_library = "libnvidia-ml.so.1";
  // A meter's stream of "time, watts" lines: a file that grows, a FIFO, or a Unix socket; empty: none.
  std::filesystem::path external_meter{};
  double external_relative_uncertainty = 0.02;  // of that meter, by its data sheet; k = 2
};

}  // namespace inferometer::probe
