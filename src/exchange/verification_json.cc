#include "exchange/verification_json.h"

#include <cstdint>
#include <string_view>

#include "base/record_key.h"
#include "record/json_pieces.h"

namespace inferometer::exchange {
namespace {

using record::AppendCount;
using record::AppendCountOrNull;
using record::AppendList;
using record::JsonObject;

void TextOrNull(JsonObject& object, std::string_view key, const std::string& value, std::string& out) {
  object.Key(key);
  if (value.empty()) {
    out += "null";
  } else {
    record::AppendQuoted(value, out);
  }
}

void AppendFinding(const analyze::Finding& finding, std::string& out) {
  JsonObject object(out);
  object.Text("kind", std::string(Name(finding.kind)));
  TextOrNull(object, "file", finding.file, out);
  AppendCountOrNull(object, "offset", finding.offset, out);
  TextOrNull(object, "device", finding.stream ? finding.stream->device : std::string(), out);
  TextOrNull(object, "stream", finding.stream ? base::StreamText(finding.stream->stream) : std::string(), out);
  const auto& records = finding.records;
  AppendCountOrNull(object, "from", records ? std::optional(records->from) : std::nullopt, out);
  AppendCountOrNull(object, "to", records ? std::optional(records->to) : std::nullopt, out);
  TextOrNull(object, "field", finding.field, out);
  object.Text("text", finding.text).Close();
}

void AppendLoss(const analyze::ReportedLoss& loss, std::string& out) {
  JsonObject object(out);
  object.Text("device", loss.stream.device).Text("stream", base::StreamText(loss.stream.stream));
  AppendCount(object, "from", loss.records.from);
  AppendCount(object, "to", loss.records.to);
  AppendCount(object, "count", loss.count);
  object.Text("reason", loss.reason).Close();
}

}  // namespace

std::string VerificationJson(const analyze::Verification& verification) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", analyze::kVerificationSchemaVersion);
  AppendCount(answer, "files", verification.files);
  AppendCount(answer, "records", verification.records);
  AppendCount(answer, "journals", verification.journals);
  AppendCount(answer, "segments", verification.segments);
  AppendCount(answer, "findings_count", verification.findings_count());
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
