#include "probe/energy/power_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/timestamp.h"
#include "base/units.h"
#include "record/json_walk.h"
#include "record/json_write.h"

namespace inferometer::probe {
namespace {

using record::JsonFailure;

constexpr std::int64_t kSchemaVersion = 1;
constexpr double kLeastWatts = 0.001;  // no computer runs on less
constexpr double kMostWatts = 10'000;
constexpr std::int64_t kMostThreads = 4096;
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestWord = 64;
constexpr int kWattDecimals = 6;

// `source` and `scope` go into records and tables as they are.
bool IsWord(std::string_view text) {
  return !text.empty() && text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '_';
  });
}

// Walks the document once; each key may stand once.
class ProfileWalk {
 public:
  ProfileWalk(std::string_view text, simdjson::ondemand::document& document) : text_(text), document_(document) {}

  Result<PowerProfile> Walk(simdjson::ondemand::object object) {
    RETURN_IF_ERROR(EachEntry(
        object, "",
        [this](std::string_view key, const char* place, simdjson::ondemand::value value) {
          return Take(key, place, value);
        },
        seen_));
    RETURN_IF_ERROR(record::CheckNothingFollows(text_, document_));
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      if (!seen_[i]) return JsonFailure(text_, text_.data(), kKeys[i], "missing");
    }
    return std::move(profile_);
  }

 private:
  static constexpr std::array<std::string_view, 10> kKeys = {"schema_version", "machine",    "measured_at", "source",
                                                             "scope",          "model_name", "threads",     "idle",
                                                             "prefill",        "decode"};
  static constexpr std::array<std::string_view, 2> kPointKeys = {"watts", "sd_watts"};

  template <std::size_t N>
  static const std::array<std::string_view, N>& KeysFor() {
    if constexpr (N == kKeys.size()) {
      return kKeys;
    } else {
      return kPointKeys;
    }
  }

  template <typename TakeEntry, std::size_t N>
  Status EachEntry(simdjson::ondemand::object object, std::string_view parent, const TakeEntry& take,
                   std::array<bool, N>& seen) {
    for (auto entry : object) {
      if (entry.error() != simdjson::SUCCESS) return JsonFailure(text_, document_, parent, entry.error());
      simdjson::ondemand::raw_json_string raw;
      if (const auto error = entry.key().get(raw)) return JsonFailure(text_, document_, parent, error);
      const std::string_view key = record::RawKey(raw);
      const auto& keys = KeysFor<N>();
      const auto found = std::find(keys.begin(), keys.end(), key);
      if (found == keys.end()) continue;
      simdjson::ondemand::value value;
      if (const auto error = entry.value().get(value)) return JsonFailure(text_, document_, Name(parent, key), error);
      const char* place = value.raw_json_token().data();
      bool& seen_key = seen[static_cast<std::size_t>(found - keys.begin())];
      if (seen_key) return JsonFailure(text_, place, Name(parent, key), "stands twice");
      seen_key = true;
      RETURN_IF_ERROR(take(key, place, value));
    }
    return Ok();
  }

  static std::string Name(std::string_view outer, std::string_view inner) {
    return outer.empty() ? std::string(inner) : fmt::format("{}.{}", outer, inner);
  }

  Status Take(std::string_view key, const char* place, simdjson::ondemand::value value) {
    if (key == "schema_version") return TakeSchema(place, value);
    if (key == "threads") return TakeThreads(place, value);
    if (key == "idle") return TakePoint(key, place, value, profile_.idle);
    if (key == "prefill") return TakePoint(key, place, value, profile_.prefill);
    if (key == "decode") return TakePoint(key, place, value, profile_.decode);
    if (key == "machine") return TakeName(key, place, value, profile_.machine);
    if (key == "model_name") return TakeName(key, place, value, profile_.model_name);
    if (key == "source") return TakeWord(key, place, value, profile_.source);
    if (key == "scope") return TakeWord(key, place, value, profile_.scope);
    return TakeTime(place, value);
  }

  Status TakeSchema(const char* place, simdjson::ondemand::value value) const {
    std::int64_t version = 0;
    if (value.get_int64().get(version)) return JsonFailure(text_, place, "schema_version", "not a whole number");
    if (version == kSchemaVersion) return Ok();
    return JsonFailure(text_, place, "schema_version",
                       fmt::format("{} is not known; this program reads {}", version, kSchemaVersion));
  }
  Status TakeThreads(const char* place, simdjson::ondemand::value value) {
    std::int64_t threads = 0;
    if (value.get_int64().get(threads) || threads < 1 || threads > kMostThreads)
      return JsonFailure(text_, place, "threads", "not a whole number from 1 to 4096");
    profile_.threads = static_cast<int>(threads);
    return Ok();
  }
  Status TakeName(std::string_view key, const char* place, simdjson::ondemand::value value, std::string& name) const {
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, key, "not a valid string");
    if (text.empty() || text.size() > kLongestName)
      return JsonFailure(text_, place, key, "not a text of 1 to 256 bytes");
    name = text;
    return Ok();
  }
  Status TakeWord(std::string_view key, const char* place, simdjson::ondemand::value value, std::string& word) const {
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, key, "not a valid string");
    if (!IsWord(text)) return JsonFailure(text_, place, key, "not a word of a-z, 0-9, +, - and _, of 1 to 64 bytes");
    word = text;
    return Ok();
  }
  Status TakeTime(const char* place, simdjson::ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, "measured_at", "not a valid string");
    const auto time = base::ParseTimestamp(text);
    if (!time.ok()) return JsonFailure(text_, place, "measured_at", time.status().message());
    profile_.measured_at = text;
    return Ok();
  }

  Status TakePoint(std::string_view key, const char* place, simdjson::ondemand::value value, OperatingPoint& point) {
    simdjson::ondemand::object object;
    if (value.get_object().get(object)) return JsonFailure(text_, place, key, "not an object");
    std::array<bool, kPointKeys.size()> seen{};
    const auto take = [&](std::string_view part, const char* at, simdjson::ondemand::value number) {
      return part == "watts" ? TakeWatts(Name(key, part), at, number, kLeastWatts, point.watts)
                             : TakeWatts(Name(key, part), at, number, 0, point.sd_watts);
    };
    RETURN_IF_ERROR(EachEntry(object, key, take, seen));
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i]) return JsonFailure(text_, place, Name(key, kPointKeys[i]), "missing");
    }
    return Ok();
  }
  Status TakeWatts(std::string_view name, const char* place, simdjson::ondemand::value value, double least,
                   double& watts) const {
    if (!record::TakeDouble(value, &watts)) return JsonFailure(text_, place, name, "not a number in range");
    if (watts < least || watts > kMostWatts)
      return JsonFailure(text_, place, name, fmt::format("not from {} to {} W", least, kMostWatts));
    return Ok();
  }

  std::string_view text_;
  simdjson::ondemand::document& document_;
  std::array<bool, kKeys.size()> seen_{};
  PowerProfile profile_;
};

void AppendPoint(record::JsonObject& object, std::string_view key, const OperatingPoint& point, std::string& out) {
  object.Key(key);
  record::JsonObject(out)
      .Real("watts", point.watts, kWattDecimals)
      .Real("sd_watts", point.sd_watts, kWattDecimals)
      .Close();
}

}  // namespace

Result<PowerProfile> ParsePowerProfile(std::string_view json) {
  if (json.size() > kLargestProfileBytes) return {Code::kDataLoss, "a power profile of more than 65536 bytes"};
  thread_local simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  const std::string_view text(padded);
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document))
    return JsonFailure(text, text.data(), "", simdjson::error_message(error));
  simdjson::ondemand::object object;
  if (const auto error = document.get_object().get(object)) return JsonFailure(text, document, "", error);
  return ProfileWalk(text, document).Walk(object);
}

Result<PowerProfile> ReadPowerProfile(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const std::string json, os::ReadFile(file, kLargestProfileBytes));
  auto profile = ParsePowerProfile(json);
  if (profile.ok()) return profile;
  Status status(profile.status().code(), file.string() + ": " + profile.status().message());
  if (const auto offset = profile.status().offset_bytes()) return std::move(status).At(*offset);
  return status;
}

std::string PowerProfileAsJson(const PowerProfile& profile) {
  std::string json;
  record::JsonObject object(json);
  object.Integer("schema_version", kSchemaVersion).Text("machine", profile.machine);
  object.Text("measured_at", profile.measured_at).Text("source", profile.source).Text("scope", profile.scope);
  object.Text("model_name", profile.model_name).Integer("threads", profile.threads);
  AppendPoint(object, "idle", profile.idle, json);
  AppendPoint(object, "prefill", profile.prefill, json);
  AppendPoint(object, "decode", profile.decode, json);
  object.Close();
  return json + '\n';
}

Status WritePowerProfile(os::FileCalls& calls, const std::filesystem::path& file, const PowerProfile& profile) {
  if (file.has_parent_path()) RETURN_IF_ERROR(os::CreateFolders(file.parent_path()));
  return os::WriteWholeFile(calls, file, PowerProfileAsJson(profile));
}

std::string MachineNameOf(const os::Machine& machine) {
  constexpr std::size_t kLongestCpuName = 200;  // leaves room for the rest within kLongestName
  std::string name = machine.cpu_model.value_or(machine.host).substr(0, kLongestCpuName);
  return fmt::format("{}, {} CPUs", name.empty() ? "unnamed" : name, machine.cpus_online);
}

Status CheckIsOfMachine(const PowerProfile& profile, std::string_view machine_name) {
  if (profile.machine == machine_name) return Ok();
  return {Code::kFailedPrecondition, fmt::format("the power profile is of \"{}\", this is \"{}\"; measure this one: "
                                                 "inferometer doctor --calibrate",
                                                 profile.machine, machine_name)};
}

std::optional<std::filesystem::path> DefaultPowerProfile() {
  // Both must be absolute (XDG Base Directory Specification); others are as good as unset.
  const auto folder = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  std::filesystem::path config = folder("XDG_CONFIG_HOME");
  if (!config.is_absolute()) {
    const std::filesystem::path home = folder("HOME");
    if (!home.is_absolute()) return std::nullopt;
    config = home / ".config";
  }
  return config / "inferometer/power-profile.json";
}

Energy CalibratedEnergy(const OperatingPoint& point, std::chrono::nanoseconds duration) {
  const double mj = base::kMjPerJ * point.watts * std::chrono::duration<double>(duration).count();
  return {mj, kCalibratedUncertainty * mj};
}

}  // namespace inferometer::probe
