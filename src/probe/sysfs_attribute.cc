#include "probe/sysfs_attribute.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostAttributeBytes = 4096;  // the kernel shows one page
constexpr std::size_t kMostLabelBytes = 64;

// The same with the path in front.
Status In(const std::filesystem::path& path, const Status& status) {
  return {status.code(), path.string() + ": " + status.message()};
}

template <typename Number>
Result<Number> Parse(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  Number number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last) return number;
  if (error == std::errc::result_out_of_range) return Status(Code::kDataLoss, "number out of range").At(0);
  return Status(Code::kDataLoss, text.empty() ? "empty" : "not a number")
      .At(static_cast<std::size_t>(end - text.data()));
}

}  // namespace

Result<std::uint64_t> ParseSysfsCount(std::string_view text) { return Parse<std::uint64_t>(text); }

Result<std::int64_t> ParseSysfsInteger(std::string_view text) { return Parse<std::int64_t>(text); }

Result<std::string> ParseSysfsLabel(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return Status(Code::kDataLoss, "empty").At(0);
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  const auto strange = std::find_if_not(text.begin(), text.end(), is_printable);
  if (strange != text.end()) {
    return Status(Code::kDataLoss, "not a label").At(static_cast<std::size_t>(strange - text.begin()));
  }
  if (text.size() > kMostLabelBytes) return Status(Code::kDataLoss, "too long for a label").At(kMostLabelBytes);
  return std::string(text);
}

Result<std::int64_t> ReadSysfsInteger(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(path, kMostAttributeBytes));
  Result<std::int64_t> number = ParseSysfsInteger(text);
  return number.ok() ? number : In(path, number.status());
}

Result<std::string> ReadSysfsLabel(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(path, kMostAttributeBytes));
  Result<std::string> label = ParseSysfsLabel(text);
  return label.ok() ? std::move(label) : In(path, label.status());
}

Result<KeptAttribute> KeptAttribute::Open(const std::filesystem::path& path) {
  auto file = os::KeptFile::Open(path);
  if (!file.ok()) return WithReadingAllowed(file.status(), path);
  return KeptAttribute(std::move(file).value(), path.string());
}

Result<std::int64_t> KeptAttribute::ReadInteger() const {
  char buffer[32];
  ASSIGN_OR_RETURN(const std::string_view text, file_.Read(buffer));
  Result<std::int64_t> value = ParseSysfsInteger(text);
  return value.ok() ? value : In(path_, value.status());
}

Result<std::string_view> KeptAttribute::ReadText(std::span<char> buffer) const {
  ASSIGN_OR_RETURN(std::string_view text, file_.Read(buffer));
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

Status WithReadingAllowed(const Status& status, const std::filesystem::path& files) {
  if (status.code() != Code::kPermissionDenied) return status;
  return {Code::kPermissionDenied, fmt::format("may not read the sensor; allow it: sudo chmod a+r {}", files.string())};
}

}  // namespace inferometer::probe
