#include "hub/report_file.h"

#include <string_view>

#include "base/record_key.h"
#include "base/timestamp.h"
#include "record/json_pieces.h"
#include "store/lost_hours.h"

namespace inferometer::hub {
namespace {

using record::AppendCount;
using record::AppendCountOrNull;
using record::JsonObject;

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
  for (const auto& [name, count] : device.losses) AppendCount(losses, name, count);
  losses.Close();
}

void AppendGaps(const DeviceReport& device, std::string& out) {
  std::string_view separator = "[";
  for (const Gap& gap : device.gaps) {
    out += separator;
    separator = ",";
    JsonObject object(out);
    object.Text("stream", base::StreamText(gap.stream));
    AppendCount(object, "from", gap.from);
    AppendCount(object, "to", gap.to);
    object.Close();
  }
  out += device.gaps.empty() ? "[]" : "]";
}

void AppendDevice(const DeviceReport& device, std::string& out) {
  JsonObject object(out);
  object.Text("device_id", device.device).Text("folder", device.folder).Boolean("is_online", device.is_online);
  TimeOrNull(object, "last_received", device.last_received, out);
  AppendCount(object, "records", device.records);
  AppendCount(object, "plain", device.plain);
  AppendCount(object, "duplicates", device.duplicates);
  AppendCount(object, "conflicts", device.conflicts);
  AppendCount(object, "rejected", device.rejected);
  AppendCount(object, "lost", device.lost);
  AppendCountOrNull(object, "lag", device.lag, out);
  object.Key("losses");
  AppendLosses(device, out);
  object.Key("gaps");
  AppendGaps(device, out);
  object.Key("lost_hours");
  store::AppendLostHoursJson(device.lost_hours, out);
  object.Close();
}

void AppendTotals(JsonObject& object, const CollectorReport& report) {
  object.Text("store_id", base::StreamText(report.store_id));
  AppendCount(object, "records", report.records);
  AppendCount(object, "duplicates", report.duplicates);
  AppendCount(object, "rejected", report.rejected);
  AppendCount(object, "not_ours", report.not_ours);
  AppendCount(object, "not_taken", report.not_taken);
  AppendCount(object, "dropped", report.dropped);
  AppendCount(object, "damaged", report.damaged);
  AppendCount(object, "files", report.files);
  AppendCount(object, "unsaved", report.unsaved);
  AppendCount(object, "journal_bytes", report.bytes);
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
