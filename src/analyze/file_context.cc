#include "analyze/file_context.h"

#include <cstdint>
#include <optional>
#include <string>

#include "record/json_walk.h"

namespace inferometer::analyze {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

std::optional<store::ContextValue> NumberOf(value content) {
  std::int64_t whole = 0;
  if (!content.get_int64().get(whole)) return whole;
  std::uint64_t too_large = 0;  // for the context; rounded, it would be another
  if (!content.get_uint64().get(too_large)) return std::nullopt;
  double real = 0;
  if (record::TakeDouble(content, &real)) return real;
  return std::nullopt;
}

std::optional<store::ContextValue> TextOf(value content) {
  std::string_view text;
  if (content.get_string().get(text) || text.size() > kLongestContextText) return std::nullopt;
  return std::string(text);
}

std::optional<store::ContextValue> ValueOf(value content) {
  json_type type{};
  if (content.type().get(type)) return std::nullopt;
  bool boolean = false;
  switch (type) {
    case json_type::string: return TextOf(content);
    case json_type::number: return NumberOf(content);
    case json_type::boolean:
      return content.get_bool().get(boolean) ? std::nullopt : std::optional<store::ContextValue>(boolean);
    default: return std::nullopt;
  }
}

}  // namespace

Status ReadContext(std::string_view text, simdjson::ondemand::document& document, simdjson::ondemand::object object,
                   store::Context& context, const PassedOver& passed_over) {
  context.clear();
  return record::WalkObject(text, document, object, [&](std::string_view key, value content) {
    json_type type{};
    if (content.type().get(type) == simdjson::SUCCESS && type == json_type::null) return Ok();
    const bool has_room = context.size() < kMostContextEntries && key.size() <= kLongestContextText;
    if (auto known = has_room ? ValueOf(content) : std::nullopt) {
      context.emplace_back(key, std::move(*known));
    } else if (passed_over) {
      passed_over(key);
    }
    return Ok();
  });
}

Result<store::Context> ParseContext(std::string_view text) {
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) {
    return Status(Code::kInvalidArgument, "no JSON object");
  }
  store::Context context;
  RETURN_IF_ERROR(ReadContext(std::string_view(padded), document, object, context));
  return context;
}

}  // namespace inferometer::analyze
