#include "analyze/compare/record_choice.h"

#include <algorithm>
#include <charconv>

#include "analyze/compare/run_rows.h"
#include "base/timestamp.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::analyze {
namespace {

std::optional<std::string> TextOf(const std::optional<WallTime>& value) {
  return value ? std::optional(base::FormatRfc3339(*value)) : std::nullopt;
}
std::optional<std::string> TextOf(const std::optional<std::string>& value) { return value; }
std::optional<std::string> TextOf(const std::optional<std::int64_t>& value) {
  return value ? std::optional(std::to_string(*value)) : std::nullopt;
}
std::optional<std::string> TextOf(const std::optional<bool>& value) {
  return value ? std::optional<std::string>(*value ? "true" : "false") : std::nullopt;
}
std::optional<std::string> TextOf(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  std::string text;
  record::AppendNumber(*value, text);
  return text;
}
std::optional<std::string> TextOf(const std::vector<std::string>& /*list*/) { return std::nullopt; }

std::optional<std::string> ContextText(std::string_view field, const store::Context& context) {
  for (const auto& [key, value] : context) {
    if (key != field) continue;
    return std::visit([](const auto& one) { return TextOf(std::optional(one)); }, value);
  }
  return std::nullopt;
}

// Of "device/stream/sequence".
std::optional<std::string> StreamOf(const std::optional<std::string>& record_id) {
  if (!record_id) return std::nullopt;
  const std::size_t end = record_id->rfind('/');
  if (end == std::string::npos || end == 0) return std::nullopt;
  const std::size_t begin = record_id->rfind('/', end - 1);
  if (begin == std::string::npos) return std::nullopt;
  return record_id->substr(begin + 1, end - begin - 1);
}

std::optional<double> NumberOf(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool IsSame(std::string_view text, std::string_view asked) {
  if (text == asked) return true;
  const auto number = NumberOf(text);
  return number && number == NumberOf(asked);
}

}  // namespace

std::optional<std::string> FieldText(std::string_view field, const RecordOrigin& origin,
                                     const InferenceRecord& record) {
  if (field == kDeviceName) return origin.file.folder_name ? origin.file.folder_name : record.device_id;
  std::optional<std::string> text;
  if (const auto found = record::FindName(field); found && !found->alias_factor) {
    text = std::visit([&](auto member) { return TextOf(record.*member); }, record::Fields()[found->field].member);
  }
  if (!text && field == "session_id") text = StreamOf(record.record_id);
  return text ? text : ContextText(field, origin.context);
}

FieldWatch::FieldWatch(std::vector<std::string> fields) : unknown_(std::move(fields)) {
  std::erase_if(unknown_, [](const std::string& field) {
    return field == kDeviceName || record::FindName(field) ||
           std::find(kFactNames.begin(), kFactNames.end(), field) != kFactNames.end();
  });
}

void FieldWatch::See(const store::Context& context) {
  if (unknown_.empty()) return;
  for (const auto& [key, value] : context) std::erase(unknown_, key);
}

Result<RecordChoice> RecordChoice::Parse(std::string_view text) {
  RecordChoice choice;
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t sign = part.find('=');
    if (sign == std::string_view::npos || sign == 0 || sign + 1 == part.size()) {
      return {Code::kInvalidArgument, "\"" + std::string(part) + "\" is not field=value"};
    }
    choice.conditions_.emplace_back(part.substr(0, sign), part.substr(sign + 1));
    if (end == text.size()) return choice;
    text.remove_prefix(end + 1);
  }
}

bool RecordChoice::Holds(const RecordOrigin& origin, const InferenceRecord& record) const {
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const auto& condition) {
    const auto text = FieldText(condition.first, origin, record);
    return text && IsSame(*text, condition.second);
  });
}

std::vector<std::string> RecordChoice::Fields() const {
  std::vector<std::string> fields;
  fields.reserve(conditions_.size());
  for (const auto& condition : conditions_) fields.push_back(condition.first);
  return fields;
}

}  // namespace inferometer::analyze
