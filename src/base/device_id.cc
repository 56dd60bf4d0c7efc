#include "base/device_id.h"

#include <algorithm>
#include <cctype>

namespace inferometer::base {
namespace {

constexpr std::size_t kShortestId = 3;
constexpr std::size_t kLongestId = 64;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsIdEnd(char c) { return (c >= 'a' && c <= 'z') || IsDigit(c); }
bool IsIdMiddle(char c) { return IsIdEnd(c) || c == ':' || c == '_' || c == '-'; }
bool IsNameChar(char c) { return IsIdEnd(Lower(c)) || c == '.' || c == '-' || c == '_'; }

}  // namespace

bool IsCanonicalDeviceId(std::string_view text) {
  return text.size() >= kShortestId && text.size() <= kLongestId && IsIdEnd(text.front()) && IsIdEnd(text.back()) &&
         std::all_of(text.begin(), text.end(), IsIdMiddle);
}

Result<std::string> CanonicalDeviceId(std::string_view text) {
  std::string id(text.substr(0, kLongestId + 1));
  std::transform(id.begin(), id.end(), id.begin(), Lower);
  if (IsCanonicalDeviceId(id)) return id;
  return {Code::kInvalidArgument,
          "not a device id: 3 to 64 letters, digits, ':', '_' or '-', with a letter or digit at both ends"};
}

bool IsFolderOfOurs(std::string_view name) { return name == "lake" || name == "journal"; }

Status CheckDeviceName(std::string_view name) {
  if (IsFolderOfOurs(name)) {
    return {Code::kInvalidArgument,
            "not a device name: \"" + std::string(name) + "\" is what a folder of ours is called, and no device's"};
  }
  const bool valid = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), IsNameChar) &&
                     name.front() != '.' && name.front() != '-';
  if (valid) return Ok();
  return {Code::kInvalidArgument,
          "not a device name: 1 to 64 letters, digits, '.', '-' or '_', not starting with '.' or '-'"};
}

}  // namespace inferometer::base
