// Check 9: heat and throttling.
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "checks.h"
#include "inferometer/recorder.h"
#include "os/temporary_folder.h"
#include "probe/fake_mailbox.h"
#include "probe/heat/heat.h"
#include "probe/manual_clock.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using std::chrono::milliseconds;

constexpr const char* kThrottleCount = "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count";

// An inference of 300 ms on a machine with one thermal zone and one counter; `meanwhile` runs in its middle.
template <typename Meanwhile>
InferenceRecord OnAMachine(const os::TemporaryFolder& folder, Meanwhile meanwhile) {
  folder.Put("class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
  folder.Put("class/thermal/thermal_zone0/temp", "51000\n");
  folder.Put(kThrottleCount, "41\n");
  const auto recorder = MakeRecorder({.device_id = "truth", .sysfs = folder.path()});
  Inference inference = recorder->Begin({"heat", kCpu});
  std::this_thread::sleep_for(milliseconds(150));
  meanwhile();
  std::this_thread::sleep_for(milliseconds(250));
  inference.Token();
  return inference.End("stop");
}

void Counters(Sheet& sheet) {
  {
    const os::TemporaryFolder folder;
    const InferenceRecord record = OnAMachine(folder, [&] { folder.Put(kThrottleCount, "44\n"); });
    sheet.Holds("a counter that moves by 3: throttled, 3 events, flagged",
                record.throttled == true && record.throttle_events == 3 &&
                    record.flags == std::vector<std::string>{"throttled"});
  }
  {
    const os::TemporaryFolder folder;
    const InferenceRecord record = OnAMachine(folder, [] {});
    sheet.Holds("a counter that stands: not throttled, 0 events",
                record.throttled == false && record.throttle_events == 0);
    sheet.Holds("temperature of the named sensor",
                record.temperature_source == "x86_pkg_temp" && record.temperature_start_c == 51);
  }
  {
    const os::TemporaryFolder folder;
    const InferenceRecord record = OnAMachine(folder, [&] {
      folder.Put("class/thermal/thermal_zone0/temp", "78000\n");
      std::this_thread::sleep_for(milliseconds(250));
      folder.Put("class/thermal/thermal_zone0/temp", "60000\n");
    });
    sheet.Holds("a peak between begin and end is the maximum", record.temperature_c == 78);
  }
  {
    const os::TemporaryFolder empty;
    const auto recorder = MakeRecorder({.device_id = "truth", .sysfs = empty.path()});
    Inference inference = recorder->Begin({"heat", kCpu});
    inference.Token();
    const InferenceRecord record = inference.End("stop");
    sheet.Holds("no sensors: absent, not false", !record.throttled && !record.temperature_c && !record.sampler_cpu_us);
  }
}

void FirmwareBits(Sheet& sheet) {
  const os::TemporaryFolder empty;
  probe::ManualClock clock;
  const auto mailbox = std::make_shared<probe::FakeMailbox>();
  const auto window = [&](const char* before, const char* after) {
    mailbox->Answer("get_throttled", std::string("throttled=") + before);
    probe::Heat heat(probe::HeatRoots{empty.path(), &clock, {}, mailbox});
    clock.Advance(std::chrono::seconds(1));
    const auto begin = heat.Begin();
    clock.Advance(milliseconds(500));
    mailbox->Answer("get_throttled", std::string("throttled=") + after);
    return heat.Between(begin, heat.Read());
  };
  sheet.Holds("Pi: sticky bits that were set before: not throttled", window("0x50000", "0x50000").throttled == false);
  const auto late = window("0x0", "0x40000");
  sheet.Holds("Pi: a sticky bit that appears: throttled", late.throttled == true);
  const auto live = window("0x50005", "0x50005");
  sheet.Holds("Pi: live bits: throttled, with both reasons", live.throttled == true && live.reasons.size() == 2);
}

}  // namespace

void HeatSources(Sheet& sheet, const Extent& /*extent*/) {
  sheet.Title("9. Heat and throttling");
  Counters(sheet);
  FirmwareBits(sheet);
}

}  // namespace inferometer::checks
