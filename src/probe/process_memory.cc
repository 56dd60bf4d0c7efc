#include "probe/process_memory.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostStatusBytes = 16384;  // the list of groups stands before the memory and can be long
constexpr std::uint64_t kBytesPerKb = 1024;

// "VmHWM:" to its value, at the beginning of a line.
std::optional<std::size_t> FindValue(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return at + key.size();
  }
  return std::nullopt;
}

Status BadField(std::string_view key, std::string_view what, std::size_t at) {
  return Status(Code::kDataLoss,
                "/proc/self/status: byte " + std::to_string(at) + ": " + std::string(key) + " " + std::string(what))
      .At(at);
}

Result<std::uint64_t> ParseKb(std::string_view text, std::string_view key) {
  const auto value = FindValue(text, key);
  if (!value.has_value()) return BadField(key, "is missing", text.size());
  const std::size_t begin = std::min(text.find_first_not_of(" \t", *value), text.size());
  std::uint64_t kb = 0;
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), kb);
  if (error != std::errc()) return BadField(key, "is not a number", begin);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (!unit.starts_with(" kB\n")) return BadField(key, "is not in kB", begin);
  if (kb > std::numeric_limits<std::uint64_t>::max() / kBytesPerKb) return BadField(key, "is out of range", begin);
  return kb * kBytesPerKb;
}

Result<std::optional<std::uint64_t>> ParseKbIfThere(std::string_view text, std::string_view key) {
  if (!FindValue(text, key).has_value()) return std::optional<std::uint64_t>();
  ASSIGN_OR_RETURN(const std::uint64_t bytes, ParseKb(text, key));
  return std::optional(bytes);
}

template <typename Kept>
std::optional<Kept> OpenIfThere(const std::filesystem::path& path) {
  auto kept = Kept::Open(path);
  if (!kept.ok()) return std::nullopt;
  return std::move(kept).value();
}

}  // namespace

Result<MemoryReading> ParseMemoryStatus(std::string_view text) {
  ASSIGN_OR_RETURN(const std::uint64_t peak_bytes, ParseKb(text, "VmHWM:"));
  ASSIGN_OR_RETURN(const std::uint64_t resident_bytes, ParseKb(text, "VmRSS:"));
  // The kernel's mark lags behind by the pages that CPUs have not handed in.
  MemoryReading reading{resident_bytes, std::max(peak_bytes, resident_bytes)};
  ASSIGN_OR_RETURN(reading.anon_bytes, ParseKbIfThere(text, "RssAnon:"));
  ASSIGN_OR_RETURN(reading.file_bytes, ParseKbIfThere(text, "RssFile:"));
  ASSIGN_OR_RETURN(const auto shared_bytes, ParseKbIfThere(text, "RssShmem:"));
  if (reading.file_bytes.has_value()) *reading.file_bytes += shared_bytes.value_or(0);
  ASSIGN_OR_RETURN(reading.swap_bytes, ParseKbIfThere(text, "VmSwap:"));
  return reading;
}

ProcessMemory::ProcessMemory(const std::filesystem::path& procfs)
    : status_(OpenIfThere<os::KeptFile>(procfs / "self/status")),
      clear_refs_(OpenIfThere<os::KeptSwitch>(procfs / "self/clear_refs")) {}

std::optional<MemoryReading> ProcessMemory::Read() const {
  if (!status_.has_value()) return std::nullopt;
  char buffer[kMostStatusBytes];
  const auto text = status_->Read(buffer);
  if (!text.ok()) return std::nullopt;
  const auto reading = ParseMemoryStatus(*text);
  if (!reading.ok()) return std::nullopt;
  return *reading;
}

bool ProcessMemory::ResetPeak() const { return clear_refs_.has_value() && clear_refs_->Write("5").ok(); }

}  // namespace inferometer::probe
