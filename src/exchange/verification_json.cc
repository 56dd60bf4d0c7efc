#include "exchange/verification_json.h"

#include <cstdint>
#include <string_view>

#include "base/record_key.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

using record::JsonObject;

void Count(JsonObject& object, std::string_view key, std::uint64_t value) {
  object.Integer(key, static_cast<std::int64_t>(value));
}

void CountOrNull(JsonObject& object, std::string_view key, const std::optional<std::uint64_t>& value,
                 std::string& out) {
  object.Key(key);
  out += value ? std::to_string(*value) : "null";
}

void TextOrNull(JsonObject& object, std::string_view key, const std::string& value, std::string& out) {
  object.Key(key);
  if (value.empty()) {
    out += "null";
  } else {
    record::AppendQuoted(value, out);
  }
}

// A list with each item on its own line.
template <typename Items, typename AppendItem>
void AppendList(const Items& items, AppendItem append_item, std::string& out) {
  std::string_view separator = "[\n  ";
  for (const auto& item : items) {
    out += separator;
    append_item(item);
    separator = ",\n  ";
  }
  out += items.empty() ? "[]" : "\n]";
}

void AppendFinding(const analyze::Finding& finding, std::string& out) {
  JsonObject object(out);
  object.Text("kind", std::string(Name(finding.kind)));
  TextOrNull(object, "file", finding.file, out);
  CountOrNull(object, "offset", finding.offset, out);
  TextOrNull(object, "device", finding.stream ? finding.stream->device : std::string(), out);
  TextOrNull(object, "stream", finding.stream ? base::StreamText(finding.stream->stream) : std::string(), out);
  const auto& records = finding.records;
  CountOrNull(object, "from", records ? std::optional(records->from) : std::nullopt, out);
  CountOrNull(object, "to", records ? std::optional(records->to) : std::nullopt, out);
  TextOrNull(object, "field", finding.field, out);
  object.Text("text", finding.text).Close();
}

void AppendLoss(const analyze::ReportedLoss& loss, std::string& out) {
  JsonObject object(out);
  object.Text("device", loss.stream.device).Text("stream", base::StreamText(loss.stream.stream));
  Count(object, "from", loss.records.from);
  Count(object, "to", loss.records.to);
  Count(object, "count", loss.count);
  object.Text("reason", loss.reason).Close();
}

}  // namespace

std::string VerificationJson(const analyze::Verification& verification) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", analyze::kVerificationSchemaVersion);
  Count(answer, "files", verification.files);
  Count(answer, "records", verification.records);
  Count(answer, "journals", verification.journals);
  Count(answer, "segments", verification.segments);
  Count(answer, "findings_count", verification.findings_count());
  answer.Key("findings");
  AppendList(
      verification.findings, [&](const auto& one) { AppendFinding(one, json); }, json);
  answer.Key("losses");
  AppendList(
      verification.losses, [&](const auto& one) { AppendLoss(one, json); }, json);
  answer.Key("notes");
  AppendList(
      verification.notes, [&](const auto& one) { record::AppendQuoted(one, json); }, json);
  answer.Close();
  return json + '\n';
}

}  // namespace inferometer::exchange
