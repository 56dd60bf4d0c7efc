#include "lake/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace inferometer::lake {
namespace {

namespace fs = std::filesystem;
namespace chrono = std::chrono;

constexpr std::string_view kDevicePrefix = "device=";
constexpr std::string_view kDatePrefix = "date=";
constexpr std::size_t kLongestName = 255;  // of a file, in bytes, on every file system in use

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::optional<unsigned> DigitsOf(std::string_view text, int base) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Status ListFailure(const fs::path& folder, const std::error_code& error) {
  return {Code::kUnavailable, fmt::format("{}: the folder cannot be listed: {}", folder.string(), error.message())};
}

// The names in a folder that readers of lakes see, sorted.
Result<std::vector<std::string>> VisibleNames(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error) return ListFailure(folder, error);
  for (; entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && !name.starts_with('_')) names.push_back(std::move(name));
  }
  if (error) return ListFailure(folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

// Or a link to one: a lake may lie on another disk, and who writes it follows the link, too.
bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Status AddFiles(const PartitionKey& key, const fs::path& folder, std::vector<PartitionFile>& files) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, VisibleNames(folder));
  for (const std::string& name : names) {
    if (name.ends_with(".parquet")) files.push_back({key, folder / name});
  }
  return Ok();
}

Status AddDates(const std::string& device_id, const fs::path& folder, std::vector<PartitionFile>& files) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, VisibleNames(folder));
  for (const std::string& name : names) {
    if (!name.starts_with(kDatePrefix) || !IsFolder(folder / name)) continue;
    const auto date = ParseDate(std::string_view(name).substr(kDatePrefix.size()));
    if (date) RETURN_IF_ERROR(AddFiles({device_id, *date}, folder / name, files));
  }
  return Ok();
}

}  // namespace

PartitionKey PartitionOf(const InferenceRecord& record) {
  return {*record.device_id, chrono::floor<chrono::days>(*record.timestamp)};
}

Result<fs::path> FolderOf(const PartitionKey& key) {
  const std::string name = std::string(kDevicePrefix) + PercentEncoded(key.device_id);
  if (name.size() > kLongestName) {
    return Status(Code::kInvalidArgument, fmt::format("the device id of {} bytes is too long for a folder's name; it "
                                                      "begins with \"{:.40}\"",
                                                      key.device_id.size(), key.device_id));
  }
  return fs::path(name) / (std::string(kDatePrefix) + FormatDate(key.date));
}

Result<std::vector<PartitionFile>> ListPartitions(const fs::path& lake) {
  std::vector<PartitionFile> files;
  if (!IsFolder(lake)) return files;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, VisibleNames(lake));
  for (const std::string& name : names) {
    if (!name.starts_with(kDevicePrefix) || !IsFolder(lake / name)) continue;
    const auto device_id = PercentDecoded(std::string_view(name).substr(kDevicePrefix.size()));
    if (device_id) RETURN_IF_ERROR(AddDates(*device_id, lake / name, files));
  }
  return files;
}

Result<std::vector<PartitionFile>> FilesOf(const fs::path& lake, const PartitionKey& key) {
  std::vector<PartitionFile> files;
  ASSIGN_OR_RETURN(const fs::path folder, FolderOf(key));
  if (IsFolder(lake / folder)) RETURN_IF_ERROR(AddFiles(key, lake / folder, files));
  return files;
}

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (IsPlain(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return encoded;
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto byte = i + 2 < text.size() ? DigitsOf(text.substr(i + 1, 2), 16) : std::nullopt;
    if (!byte) return std::nullopt;
    decoded += static_cast<char>(*byte);
    i += 2;
  }
  return decoded;
}

std::string FormatDate(chrono::sys_days date) {
  const chrono::year_month_day day(date);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::optional<chrono::sys_days> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = DigitsOf(text.substr(0, 4), 10);
  const auto month = DigitsOf(text.substr(5, 2), 10);
  const auto day = DigitsOf(text.substr(8, 2), 10);
  if (!year || !month || !day) return std::nullopt;
  const chrono::year_month_day date(chrono::year(static_cast<int>(*year)), chrono::month(*month), chrono::day(*day));
  return date.ok() ? std::optional(chrono::sys_days(date)) : std::nullopt;
}

}  // namespace inferometer::lake
