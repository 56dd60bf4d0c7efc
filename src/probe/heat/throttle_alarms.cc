#include "probe/heat/throttle_alarms.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "os/files.h"
#include "probe/sysfs_attribute.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostFiles = 32;
constexpr int kMostChannels = 4;

// Files of numbers, 0 while all is well.
class Alarms final : public ThrottleSource {
 public:
  Alarms(ThrottleSourceFacts facts, ThrottleReason reason) : facts_(std::move(facts)), reason_(reason) {}

  // A file that is there and cannot be read now leaves the silence of the others without meaning.
  void Add(const std::filesystem::path& path) {
    auto alarm = OpenAlarm(path);
    if (alarm.ok() && files_.size() < kMostFiles) {
      files_.push_back(std::move(alarm).value());
    } else if (alarm.status().code() != Code::kNotFound) {
      facts_.can_deny = false;
    }
  }
  [[nodiscard]] bool empty() const { return files_.empty(); }

  [[nodiscard]] const ThrottleSourceFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<ThrottleLook> Look() override {
    ThrottleLook look;
    for (const Alarm& alarm : files_) {
      ASSIGN_OR_RETURN(const std::uint64_t state, Read(alarm));
      if (state > 0) look.live |= SetOf(reason_);
    }
    return look;
  }

 private:
  struct Alarm {
    os::KeptFile file;
    std::string path;
  };
  [[nodiscard]] static Result<Alarm> OpenAlarm(const std::filesystem::path& path) {
    ASSIGN_OR_RETURN(os::KeptFile file, os::KeptFile::Open(path));
    Alarm alarm{std::move(file), path.string()};
    const auto state = Read(alarm);
    if (!state.ok()) return state.status();
    return alarm;
  }
  [[nodiscard]] static Result<std::uint64_t> Read(const Alarm& alarm) {
    char buffer[32];
    ASSIGN_OR_RETURN(const std::string_view text, alarm.file.Read(buffer));
    const auto state = ParseSysfsCount(text);
    if (!state.ok()) return {state.status().code(), alarm.path + ": " + state.status().message()};
    return state;
  }

  ThrottleSourceFacts facts_;
  const ThrottleReason reason_;
  std::vector<Alarm> files_;
};

Result<std::unique_ptr<ThrottleSource>> OrNotFound(std::unique_ptr<Alarms> alarms) {
  if (alarms->empty()) return {Code::kNotFound, alarms->facts().name + ": this machine has none"};
  return std::unique_ptr<ThrottleSource>(std::move(alarms));
}

bool Throttles(std::string_view type) {
  for (const std::string_view prefix : {"cpufreq-", "thermal-cpufreq-", "devfreq-", "thermal-devfreq-"}) {
    if (type.starts_with(prefix)) return true;
  }
  return type.ends_with("-throttle-alert");
}

// The cooling devices that some thermal zone is bound to, where their links lead to: "thermal_zone0/cdev0".
std::set<std::filesystem::path> BoundDevices(const std::filesystem::path& thermal) {
  std::set<std::filesystem::path> bound;
  std::error_code error;
  for (const auto& zone : NumberedEntries(thermal, "thermal_zone")) {
    for (const auto& link : NumberedEntries(zone, "cdev")) {
      const auto device = std::filesystem::canonical(link, error);
      if (!error) bound.insert(device);
    }
  }
  return bound;
}

}  // namespace

Result<std::unique_ptr<ThrottleSource>> OpenOverCurrentAlarms(const std::filesystem::path& sysfs) {
  auto alarms = std::make_unique<Alarms>(ThrottleSourceFacts{"alarms", false, false}, ThrottleReason::kOverCurrent);
  for (const auto& chip : NumberedEntries(sysfs / "class/hwmon", "hwmon")) {
    const auto name = ReadSysfsLabel(chip / "name");
    if (!name.ok() || *name != "ina3221") continue;
    for (int channel = 1; channel <= kMostChannels; ++channel) {
      alarms->Add(chip / ("curr" + std::to_string(channel) + "_crit_alarm"));
      alarms->Add(chip / ("curr" + std::to_string(channel) + "_max_alarm"));
    }
  }
  return OrNotFound(std::move(alarms));
}

Result<std::unique_ptr<ThrottleSource>> OpenCoolingDevices(const std::filesystem::path& sysfs) {
  auto alarms = std::make_unique<Alarms>(ThrottleSourceFacts{"cooling_devices", true, false}, ThrottleReason::kThermal);
  const auto thermal = sysfs / "class/thermal";
  const auto bound = BoundDevices(thermal);
  for (const auto& device : NumberedEntries(thermal, "cooling_device")) {
    const auto type = ReadSysfsLabel(device / "type");
    std::error_code error;
    if (!type.ok() || !Throttles(*type) || !bound.contains(std::filesystem::canonical(device, error))) continue;
    alarms->Add(device / "cur_state");
  }
  return OrNotFound(std::move(alarms));
}

}  // namespace inferometer::probe
