#include "record/json_write.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cassert>
#include <cmath>
#include <iterator>

#include "base/timestamp.h"
#include "record/fields.h"

namespace inferometer::record {
namespace {

// Length of the valid UTF-8 sequence at the front of `text`, or 0.
std::size_t ValidSequence(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (simdjson::validate_utf8(text.data(), length)) return length;
  }
  return 0;
}

void AppendEscaped(char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += c;
  }
}

void AppendRepaired(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t length = ValidSequence(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length == 1) {
      AppendEscaped(text.front(), out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

// Appends one member of the record as a JSON value; false when it is absent.
class ValueWriter {
 public:
  ValueWriter(const InferenceRecord& record, int decimals, std::string& out)
      : record_(record), decimals_(decimals), out_(out) {}

  bool operator()(TimeMember member) const {
    if (!(record_.*member)) return false;
    AppendQuoted(base::FormatRfc3339(*(record_.*member)), out_);
    return true;
  }
  bool operator()(TextMember member) const {
    if (!(record_.*member)) return false;
    AppendQuoted(*(record_.*member), out_);
    return true;
  }
  bool operator()(RealMember member) const {
    if (!(record_.*member) || !std::isfinite(*(record_.*member))) return false;
    AppendNumber(Rounded(*(record_.*member), decimals_), out_);
    return true;
  }
  bool operator()(IntegerMember member) const {
    if (!(record_.*member)) return false;
    fmt::format_to(std::back_inserter(out_), "{}", *(record_.*member));
    return true;
  }
  bool operator()(BooleanMember member) const {
    if (!(record_.*member)) return false;
    out_ += *(record_.*member) ? "true" : "false";
    return true;
  }
  bool operator()(TextListMember member) const {
    if ((record_.*member).empty()) return false;
    char separator = '[';
    for (const std::string& text : record_.*member) {
      out_ += separator;
      AppendQuoted(text, out_);
      separator = ',';
    }
    out_ += ']';
    return true;
  }

 private:
  const InferenceRecord& record_;
  int decimals_;
  std::string& out_;
};

}  // namespace

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  if (simdjson::validate_utf8(text.data(), text.size())) {
    for (const char c : text) AppendEscaped(c, out);
  } else {
    AppendRepaired(text, out);
  }
  out += '"';
}

void AppendNumber(double value, std::string& out) {
  assert(std::isfinite(value));
  if (value == 0.0) value = 0.0;  // no "-0"
  if (std::fabs(value) < 1e15 && value == std::trunc(value)) {
    fmt::format_to(std::back_inserter(out), "{}", static_cast<long long>(value));
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

JsonObject& JsonObject::Key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  AppendQuoted(key, out_);
  out_ += ':';
  return *this;
}

JsonObject& JsonObject::Text(std::string_view key, const std::optional<std::string>& value) {
  if (value) AppendQuoted(*value, Key(key).out_);
  return *this;
}

JsonObject& JsonObject::Real(std::string_view key, std::optional<double> value, int decimals) {
  if (value && std::isfinite(*value)) AppendNumber(Rounded(*value, decimals), Key(key).out_);
  return *this;
}

JsonObject& JsonObject::Integer(std::string_view key, std::optional<std::int64_t> value) {
  if (value) fmt::format_to(std::back_inserter(Key(key).out_), "{}", *value);
  return *this;
}

JsonObject& JsonObject::Boolean(std::string_view key, bool value) {
  Key(key).out_ += value ? "true" : "false";
  return *this;
}

void AppendJson(const InferenceRecord& record, std::string& out) {
  char separator = '{';
  for (const Field& field : Fields()) {
    const std::size_t before = out.size();
    out += separator;
    out += '"';
    out += field.name;
    out += "\":";
    if (std::visit(ValueWriter(record, field.decimals, out), field.member)) {
      separator = ',';
    } else {
      out.resize(before);
    }
  }
  if (separator == '{') out += '{';
  out += '}';
}

}  // namespace inferometer::record
