#include "probe/heat/cpu_frequency.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "os/files.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kKhzPerMhz = 1000.0;
constexpr std::uint64_t kMostKhz = 20'000'000;
constexpr std::uint64_t kMostTicks = 1ULL << 38U;  // 87 years; with kMostKhz and kMostStates it cannot overflow
constexpr double kTickSeconds = 0.01;
constexpr std::size_t kMostPolicies = 32;
constexpr std::size_t kMostStatesBytes = 4096;  // sysfs gives no more
constexpr double kLeastShare = 0.5;

Status Bad(std::string_view what, std::size_t at) {
  return Status(Code::kDataLoss, "byte " + std::to_string(at) + ": " + std::string(what)).At(at);
}

// Reads a number at `at`, which moves behind it.
Result<std::uint64_t> NumberAt(std::string_view text, std::size_t& at, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
  if (error != std::errc() || number > most) return Bad("not a number that can be", at);
  at = static_cast<std::size_t>(end - text.data());
  return number;
}

struct Policy {
  os::KeptFile file;
  std::string path;
  double cpus;

  // What `parse` makes of the file; an error names it.
  template <typename T>
  [[nodiscard]] Result<T> Read(Result<T> (*parse)(std::string_view)) const {
    char buffer[kMostStatesBytes];
    ASSIGN_OR_RETURN(const std::string_view text, file.Read(buffer));
    auto value = parse(text);
    if (!value.ok()) return {value.status().code(), path + ": " + value.status().message()};
    return value;
  }
};

// Every policy's file of this name.
Result<std::vector<Policy>> OpenPolicies(const std::filesystem::path& sysfs, const char* name) {
  std::vector<Policy> policies;
  for (const auto& folder : NumberedEntries(sysfs / "devices/system/cpu/cpufreq", "policy", kMostPolicies)) {
    ASSIGN_OR_RETURN(os::KeptFile file, os::KeptFile::Open(folder / name));
    const auto list = os::ReadFile(folder / "related_cpus", kMostStatesBytes);
    const auto cpus = list.ok() ? ParseCpuCount(*list) : Result<unsigned>(1U);
    if (!cpus.ok()) return cpus.status();
    policies.push_back({std::move(file), (folder / name).string(), static_cast<double>(*cpus)});
  }
  if (policies.empty()) return {Code::kNotFound, "this machine does not tell its CPUs' frequencies"};
  return policies;
}

// Counted by the kernel: misses nothing between the looks.
class CountedFrequency final : public FrequencySource {
 public:
  explicit CountedFrequency(std::vector<Policy> policies) : policies_(std::move(policies)), last_(policies_.size()) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  // Reads every policy, also behind one that fails, so that each begins anew.
  [[nodiscard]] Result<FrequencyPiece> Look(std::chrono::nanoseconds /*now*/, bool anew) override {
    FrequencyPiece piece;
    Status first_failure;
    double cpus = 0;
    for (std::size_t i = 0; i < policies_.size(); ++i) {
      Status status = AddTo(piece, i);
      if (first_failure.ok() && !status.ok()) first_failure = std::move(status);
      cpus += policies_[i].cpus;
    }
    const bool is_known = std::exchange(is_known_, first_failure.ok());
    if (!first_failure.ok()) return first_failure;
    if (anew || !is_known) return FrequencyPiece{};
    return FrequencyPiece{piece.mhz_seconds / cpus, piece.seconds / cpus};
  }

 private:
  Status AddTo(FrequencyPiece& piece, std::size_t i) {
    ASSIGN_OR_RETURN(const TimeInState now, policies_[i].Read(ParseTimeInState));
    const TimeInState last = std::exchange(last_[i], now);
    if (!is_known_) return Ok();
    if (now.ticks < last.ticks || now.khz_ticks < last.khz_ticks) {
      return {Code::kDataLoss, policies_[i].path + ": the counter went backwards"};
    }
    const double weight = policies_[i].cpus * kTickSeconds;
    piece.seconds += weight * static_cast<double>(now.ticks - last.ticks);
    piece.mhz_seconds += weight * static_cast<double>(now.khz_ticks - last.khz_ticks) / kKhzPerMhz;
    return Ok();
  }

  const std::string name_ = "time_in_state";
  const std::vector<Policy> policies_;
  std::vector<TimeInState> last_;
  bool is_known_ = false;  // last_ holds what all policies showed
};

// Sampled: a straight line from look to look.
class SampledFrequency final : public FrequencySource {
 public:
  SampledFrequency(std::string name, std::vector<Policy> policies)
      : name_(std::move(name)), policies_(std::move(policies)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<FrequencyPiece> Look(std::chrono::nanoseconds now, bool anew) override {
    const auto last_mhz = std::exchange(last_mhz_, std::nullopt);
    const Seconds passed = now - std::exchange(last_at_, now);
    ASSIGN_OR_RETURN(const double mhz, ReadMhz());
    last_mhz_ = mhz;
    if (anew || !last_mhz) return FrequencyPiece{};
    return FrequencyPiece{(mhz + *last_mhz) / 2 * passed.count(), passed.count()};
  }

 private:
  [[nodiscard]] Result<double> ReadMhz() const {
    double sum = 0;
    double cpus = 0;
    for (const Policy& policy : policies_) {
      ASSIGN_OR_RETURN(const double mhz, policy.Read(ParseMhz));
      sum += mhz * policy.cpus;
      cpus += policy.cpus;
    }
    return sum / cpus;
  }

  const std::string name_;
  const std::vector<Policy> policies_;
  std::optional<double> last_mhz_;  // absent before the first and after a failure
  std::chrono::nanoseconds last_at_{};
};

Result<std::unique_ptr<FrequencySource>> OrItsFailure(std::unique_ptr<FrequencySource> source) {
  const auto first = source->Look({}, true);
  if (!first.ok()) return first.status();
  return source;
}

Result<std::unique_ptr<FrequencySource>> OpenCounted(const std::filesystem::path& sysfs) {
  ASSIGN_OR_RETURN(std::vector<Policy> policies, OpenPolicies(sysfs, "stats/time_in_state"));
  return OrItsFailure(std::make_unique<CountedFrequency>(std::move(policies)));
}

Result<std::unique_ptr<FrequencySource>> OpenSampled(const std::filesystem::path& sysfs, const char* name) {
  ASSIGN_OR_RETURN(std::vector<Policy> policies, OpenPolicies(sysfs, name));
  return OrItsFailure(std::make_unique<SampledFrequency>(name, std::move(policies)));
}

}  // namespace

Result<TimeInState> ParseTimeInState(std::string_view text) {
  constexpr std::size_t kMostStates = 1024;
  TimeInState sum;
  std::size_t at = 0;
  for (std::size_t states = 0; at < text.size() && states < kMostStates; ++states) {
    ASSIGN_OR_RETURN(const std::uint64_t khz, NumberAt(text, at, kMostKhz));
    if (at == text.size() || text[at] != ' ') return Bad("no time beside the frequency", at);
    ++at;
    ASSIGN_OR_RETURN(const std::uint64_t ticks, NumberAt(text, at, kMostTicks));
    if (at == text.size() || text[at] != '\n') return Bad("the line is cut off or goes on", at);
    ++at;
    sum.ticks += ticks;
    if (sum.ticks > kMostTicks) return Bad("more time than there was", at);
    sum.khz_ticks += khz * ticks;
  }
  if (at < text.size()) return Bad("too many frequencies", at);
  if (text.empty()) return Bad("empty", 0);
  return sum;
}

Result<double> ParseMhz(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t at = 0;
  ASSIGN_OR_RETURN(const std::uint64_t khz, NumberAt(text, at, kMostKhz));
  if (at < text.size()) return Bad("not a frequency", at);
  if (khz == 0) return Bad("no CPU stands still", 0);
  return static_cast<double>(khz) / kKhzPerMhz;
}

Result<unsigned> ParseCpuCount(std::string_view text) {
  constexpr std::uint64_t kMostCpu = 65535;
  unsigned count = 0;
  std::size_t at = 0;
  while (at < text.size() && text[at] != '\n') {
    ASSIGN_OR_RETURN(const std::uint64_t cpu, NumberAt(text, at, kMostCpu));
    static_cast<void>(cpu);
    ++count;
    if (at < text.size() && text[at] == ' ') ++at;
  }
  if (count == 0) return Bad("no CPU", 0);
  return count;
}

Result<std::unique_ptr<FrequencySource>> OpenCpuFrequency(const std::filesystem::path& sysfs) {
  auto counted = OpenCounted(sysfs);
  if (counted.ok()) return counted;
  auto hardware = OpenSampled(sysfs, "cpuinfo_avg_freq");
  if (hardware.ok()) return hardware;
  return OpenSampled(sysfs, "scaling_cur_freq");
}

std::optional<double> MeanMhz(const FrequencyReading& begin, const FrequencyReading& end,
                              std::chrono::nanoseconds duration) {
  const double seconds = end.seconds - begin.seconds;
  if (end.failures != begin.failures || seconds <= 0) return std::nullopt;
  if (seconds < kLeastShare * Seconds(duration).count()) return std::nullopt;
  return (end.mhz_seconds - begin.mhz_seconds) / seconds;
}

FrequencyReading FrequencyWatch::Reading() const {
  const std::lock_guard lock(mutex_);
  return reading_;
}

void FrequencyWatch::Look(std::chrono::nanoseconds now, bool anew) {
  const auto piece = source_->Look(now, anew);
  const std::lock_guard lock(mutex_);
  if (!piece.ok()) {
    ++reading_.failures;
    return;
  }
  reading_.mhz_seconds += piece->mhz_seconds;
  reading_.seconds += piece->seconds;
}

}  // namespace inferometer::probe
