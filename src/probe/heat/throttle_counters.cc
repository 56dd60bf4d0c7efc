#include "probe/heat/throttle_counters.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "os/files.h"
#include "probe/sysfs_attribute.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostCounters = 32;  // some 0.8 us each
constexpr std::size_t kMostAttributeBytes = 64;

// A count that only grows. One thread at a time.
class EventCounter {
 public:
  static Result<EventCounter> Open(const std::filesystem::path& path, ThrottleReason reason) {
    ASSIGN_OR_RETURN(os::KeptFile file, os::KeptFile::Open(path));
    EventCounter counter(std::move(file), path.string(), reason);
    ASSIGN_OR_RETURN(counter.last_, counter.ReadCount());
    return counter;
  }

  // Adds what was counted since the last call.
  Status AddTo(ThrottleLook& look) {
    ASSIGN_OR_RETURN(const std::uint64_t count, ReadCount());
    const std::uint64_t last = std::exchange(last_, count);
    if (count < last) return {Code::kDataLoss, path_ + ": the counter went backwards"};
    if (count > last) look.passed |= SetOf(reason_);
    look.events += count - last;
    return Ok();
  }

 private:
  EventCounter(os::KeptFile file, std::string path, ThrottleReason reason)
      : file_(std::move(file)), path_(std::move(path)), reason_(reason) {}

  [[nodiscard]] Result<std::uint64_t> ReadCount() const {
    char buffer[32];
    ASSIGN_OR_RETURN(const std::string_view text, file_.Read(buffer));
    const auto count = ParseSysfsCount(text);
    if (!count.ok()) return {count.status().code(), path_ + ": " + count.status().message()};
    return count;
  }

  os::KeptFile file_;
  std::string path_;
  ThrottleReason reason_;
  std::uint64_t last_ = 0;
};

class ThrottleCounters final : public ThrottleSource {
 public:
  ThrottleCounters(std::vector<EventCounter> counters, ThrottleSourceFacts facts)
      : counters_(std::move(counters)), facts_(std::move(facts)) {}

  [[nodiscard]] const ThrottleSourceFacts& facts() const override { return facts_; }
  // Reads all counters, also behind one that fails, so that each begins anew.
  [[nodiscard]] Result<ThrottleLook> Look() override {
    ThrottleLook look;
    Status first_failure;
    for (EventCounter& counter : counters_) {
      Status status = counter.AddTo(look);
      if (first_failure.ok() && !status.ok()) first_failure = std::move(status);
    }
    if (!first_failure.ok()) return first_failure;
    return look;
  }

 private:
  std::vector<EventCounter> counters_;
  const ThrottleSourceFacts facts_;
};

struct Candidate {
  std::filesystem::path path;
  ThrottleReason reason;
};

Result<std::unique_ptr<ThrottleSource>> OpenAll(const std::vector<Candidate>& candidates, ThrottleSourceFacts facts) {
  std::vector<EventCounter> counters;
  for (const auto& [path, reason] : candidates) {
    if (counters.size() == kMostCounters) break;
    ASSIGN_OR_RETURN(EventCounter counter, EventCounter::Open(path, reason));
    counters.push_back(std::move(counter));
  }
  if (counters.empty()) return {Code::kNotFound, facts.name + ": this machine counts none"};
  return std::unique_ptr<ThrottleSource>(new ThrottleCounters(std::move(counters), std::move(facts)));
}

// "0" where it is not told: machines of one package.
std::string Topology(const std::filesystem::path& cpu, const char* what, const std::string& otherwise) {
  auto text = os::ReadFile(cpu / "topology" / what, kMostAttributeBytes);
  return text.ok() ? std::move(text).value() : otherwise;
}

}  // namespace

Result<std::unique_ptr<ThrottleSource>> OpenThermalThrottleCounts(const std::filesystem::path& sysfs) {
  std::vector<Candidate> candidates;
  std::vector<Candidate> cores;
  std::set<std::string> packages_seen;
  std::set<std::pair<std::string, std::string>> cores_seen;
  for (const auto& cpu : NumberedEntries(sysfs / "devices/system/cpu", "cpu")) {
    const auto counts = cpu / "thermal_throttle";
    std::error_code ignored;
    const std::string package = Topology(cpu, "physical_package_id", "0");
    const std::string core = Topology(cpu, "core_id", cpu.filename().string());
    if (std::filesystem::exists(counts / "package_throttle_count", ignored) && packages_seen.insert(package).second) {
      candidates.push_back({counts / "package_throttle_count", ThrottleReason::kThermal});
    }
    if (std::filesystem::exists(counts / "core_throttle_count", ignored) && cores_seen.insert({package, core}).second) {
      cores.push_back({counts / "core_throttle_count", ThrottleReason::kThermal});
    }
  }
  candidates.insert(candidates.end(), cores.begin(), cores.end());
  return OpenAll(candidates, {"thermal_throttle", true, true});
}

Result<std::unique_ptr<ThrottleSource>> OpenOverCurrentCounts(const std::filesystem::path& sysfs) {
  std::vector<Candidate> candidates;
  for (const auto& chip : NumberedEntries(sysfs / "class/hwmon", "hwmon")) {
    const auto name = ReadSysfsLabel(chip / "name");
    if (!name.ok() || *name != "soctherm_oc") continue;
    for (const auto& [file, reason] : {std::pair{"oc1_event_cnt", ThrottleReason::kUnderVoltage},
                                       {"oc2_event_cnt", ThrottleReason::kOverCurrent},
                                       {"oc3_event_cnt", ThrottleReason::kOverCurrent}}) {
      std::error_code ignored;
      if (std::filesystem::exists(chip / file, ignored)) candidates.push_back({chip / file, reason});
    }
  }
  return OpenAll(candidates, {"soctherm", false, true});
}

}  // namespace inferometer::probe
