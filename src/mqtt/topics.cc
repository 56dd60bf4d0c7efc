#include "mqtt/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <optional>

#include "base/device_id.h"

namespace inferometer::mqtt {
namespace {

constexpr std::string_view kRoot = "iot";
constexpr std::size_t kMostShownBytes = 40;

// Indexed by TopicKind.
struct Form {
  std::string_view name;    // the level before the id
  std::string_view behind;  // the level behind it; empty: none
};
constexpr Form kForms[] = {{"telemetry", ""}, {"metrics", ""}, {"metrics", "summary"},
                           {"analysis", ""},  {"status", ""},  {"ack", ""}};

const Form& FormOf(TopicKind kind) { return kForms[static_cast<std::size_t>(kind)]; }

std::string Put(TopicKind kind, std::string_view id) {
  const Form& form = FormOf(kind);
  return fmt::format("{}/{}/{}{}{}", kRoot, form.name, id, form.behind.empty() ? "" : "/", form.behind);
}

// The levels of a topic from the front. There is always a first one; it may be empty.
class Levels {
 public:
  explicit Levels(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> Next() {
    if (!rest_) return std::nullopt;
    const std::size_t slash = rest_->find('/');
    const std::string_view level = rest_->substr(0, slash);
    if (slash == std::string_view::npos) {
      rest_.reset();
    } else {
      rest_->remove_prefix(slash + 1);
    }
    return level;
  }
  // Everything behind the last level taken.
  [[nodiscard]] std::optional<std::string_view> rest() const { return rest_; }

 private:
  std::optional<std::string_view> rest_;
};

std::string Shown(std::string_view part) {
  std::string text = "\"";
  for (const char c : part.substr(0, kMostShownBytes)) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
    } else {
      fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text += part.size() > kMostShownBytes ? "\"..." : "\"";
}

Status Refused(std::string_view what, std::string_view part) {
  return {Code::kInvalidArgument, fmt::format("not one of our topics: {} {}", what, Shown(part))};
}

Status NoDeviceId(std::string_view part) {
  const bool only_spelling = base::CanonicalDeviceId(part).ok();
  return Refused(only_spelling ? "the device id must be in lower case, not" : "no device id is", part);
}

}  // namespace

Result<Topic> ParseTopic(std::string_view text) {
  Levels levels(text);
  const std::string_view root = levels.Next().value_or("");
  if (root != kRoot) return Refused("it does not begin with \"iot/\" but with", root);
  const std::string_view name = levels.Next().value_or("");
  const auto knows = [&](const Form& form) { return form.name == name; };
  if (std::none_of(std::begin(kForms), std::end(kForms), knows)) return Refused("nothing is kept under", name);
  const std::string_view id = levels.Next().value_or("");
  if (!base::IsCanonicalDeviceId(id)) return NoDeviceId(id);
  const auto behind = levels.rest();
  for (std::size_t kind = 0; kind < std::size(kForms); ++kind) {
    const Form& form = kForms[kind];
    const bool same_end = form.behind.empty() ? !behind : behind == form.behind;
    if (knows(form) && same_end) return Topic{static_cast<TopicKind>(kind), std::string(id)};
  }
  return Refused("behind the device id stands", behind.value_or(""));
}

std::string MakeTopic(TopicKind kind, std::string_view device_id) {
  assert(base::IsCanonicalDeviceId(device_id));
  return Put(kind, device_id);
}

std::string MakeFilter(TopicKind kind) { return Put(kind, "+"); }

}  // namespace inferometer::mqtt
