#include "os/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "os/files.h"

namespace inferometer::os {
namespace {

constexpr std::size_t kMostBytes = 1U << 20U;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank(" \t\n\0", 4);
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::string> WholeFile(const std::filesystem::path& path) {
  const auto text = ReadFile(path, kMostBytes);
  if (!text.ok() || Trimmed(*text).empty()) return std::nullopt;
  return std::string(Trimmed(*text));
}

// The value of the first "key : value" line.
std::optional<std::string> LineValue(const std::filesystem::path& path, std::string_view key) {
  const auto text = ReadFile(path, kMostBytes);
  if (!text.ok()) return std::nullopt;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || Trimmed(line.substr(0, colon)) != key) continue;
    return std::string(Trimmed(line.substr(colon + 1)));
  }
  return std::nullopt;
}

std::optional<double> TotalMemoryMb(const std::filesystem::path& procfs) {
  const auto text = LineValue(procfs / "meminfo", "MemTotal");
  double kib = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), kib).ec != std::errc()) return std::nullopt;
  return kib / 1024;
}

}  // namespace

Machine DescribeMachine(const std::filesystem::path& procfs, const std::filesystem::path& sysfs) {
  Machine machine;
  utsname names{};
  if (::uname(&names) == 0) {
    machine.host = names.nodename;
    machine.kernel = std::string(names.sysname) + " " + names.release + " " + names.machine;
  }
  machine.cpu_model = LineValue(procfs / "cpuinfo", "model name");
  if (!machine.cpu_model) machine.cpu_model = WholeFile(procfs / "device-tree/model");
  machine.cpus_online = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  machine.memory_total_mb = TotalMemoryMb(procfs);
  machine.cpu_governor = WholeFile(sysfs / "devices/system/cpu/cpu0/cpufreq/scaling_governor");
  return machine;
}

std::optional<std::string> FirstMacAddress(const std::filesystem::path& sysfs) {
  std::error_code error;
  std::vector<std::filesystem::path> interfaces;
  for (const auto& entry : std::filesystem::directory_iterator(sysfs / "class/net", error))
    interfaces.push_back(entry.path());
  std::sort(interfaces.begin(), interfaces.end());
  for (const auto& interface : interfaces) {
    const auto address = WholeFile(interface / "address");
    if (address && address->size() == 17 && *address != "00:00:00:00:00:00") return address;
  }
  return std::nullopt;
}

}  // namespace inferometer::os
