#include "hub/report_file.h"

#include <string_view>

#include "base/record_key.h"
#include "base/timestamp.h"
#include "record/json_write.h"

namespace inferometer::hub {
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

void TimeOrNull(JsonObject& object, std::string_view key, const std::optional<WallTime>& time, std::string& out) {
  object.Key(key);
  if (time) {
    record::AppendQuoted(base::FormatRfc3339(*time), out);
  } else {
    out += "null";
  }
}

void AppendLosses(const DeviceReport& device, std::string& out) {
  JsonObject losses(out);
  for (const auto& [name, count] : device.losses) Count(losses, name, count);
  losses.Close();
}

void AppendGaps(const DeviceReport& device, std::string& out) {
  std::string_view separator = "[";
  for (const Gap& gap : device.gaps) {
    out += separator;
    separator = ",";
    JsonObject object(out);
    object.Text("stream", base::StreamText(gap.stream));
    Count(object, "from", gap.from);
    Count(object, "to", gap.to);
    object.Close();
  }
  out += device.gaps.empty() ? "[]" : "]";
}

void AppendDevice(const DeviceReport& device, std::string& out) {
  JsonObject object(out);
  object.Text("device_id", device.device).Text("folder", device.folder).Boolean("is_online", device.is_online);
  TimeOrNull(object, "last_received", device.last_received, out);
  Count(object, "records", device.records);
  Count(object, "plain", device.plain);
  Count(object, "duplicates", device.duplicates);
  Count(object, "conflicts", device.conflicts);
  Count(object, "rejected", device.rejected);
  Count(object, "lost", device.lost);
  CountOrNull(object, "lag", device.lag, out);
  object.Key("losses");
  AppendLosses(device, out);
  object.Key("gaps");
  AppendGaps(device, out);
  object.Close();
}

void AppendTotals(JsonObject& object, const CollectorReport& report) {
  object.Text("store_id", base::StreamText(report.store_id));
  Count(object, "records", report.records);
  Count(object, "duplicates", report.duplicates);
  Count(object, "rejected", report.rejected);
  Count(object, "not_ours", report.not_ours);
  Count(object, "not_taken", report.not_taken);
  Count(object, "dropped", report.dropped);
  Count(object, "damaged", report.damaged);
  Count(object, "files", report.files);
  Count(object, "unsaved", report.unsaved);
  Count(object, "journal_bytes", report.bytes);
}

}  // namespace

std::string ReportJson(const CollectorReport& report, WallTime written_at) {
  std::string out;
  JsonObject object(out);
  object.Integer("schema_version", kReportSchemaVersion).Text("written_at", base::FormatRfc3339(written_at));
  AppendTotals(object, report);
  object.Key("devices");
  std::string_view separator = "[\n";
  for (const DeviceReport& device : report.devices) {
    out += separator;
    separator = ",\n";
    AppendDevice(device, out);
  }
  out += report.devices.empty() ? "[]" : "\n]";
  object.Close();
  return out + '\n';
}

Status ReportFile::Update(const CollectorReport& report) {
  std::string timeless = ReportJson(report, WallTime());
  if (timeless == written_) return Ok();
  written_.clear();
  RETURN_IF_ERROR(os::WriteWholeFile(calls_, path_, ReportJson(report, clock_.Wall())));
  written_ = std::move(timeless);
  return Ok();
}

}  // namespace inferometer::hub
