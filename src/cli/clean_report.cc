#include "cli/clean_report.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <utility>

#include "base/timestamp.h"
#include "cli/left_files.h"
#include "exchange/csv.h"
#include "record/json_pieces.h"
#include "report/table.h"

namespace inferometer::cli {
namespace {

using record::AppendCount;
using record::JsonObject;

constexpr int kSchemaVersion = 1;
constexpr double kBytesPerMb = 1 << 20;

struct DeviceRow {
  std::uint64_t files = 0;
  std::uint64_t lake_days = 0;
  std::uint64_t records = 0;
  std::uint64_t unacknowledged = 0;
  std::uint64_t bytes = 0;

  void Add(const archive::RemovedFile& one) {
    ++(one.is_of_lake ? lake_days : files);
    records += one.records;
    unacknowledged += one.unacknowledged;
    bytes += one.bytes;
  }
};
// By the device's name and id.
using DeviceRows = std::map<std::pair<std::string, std::string>, DeviceRow>;

DeviceRows RowsOf(const archive::CleanReport& report) {
  DeviceRows rows;
  for (const archive::RemovedFile& one : report.removed) rows[{one.device_name, one.device_id}].Add(one);
  return rows;
}

DeviceRow TotalOf(const archive::CleanReport& report) {
  DeviceRow total;
  for (const archive::RemovedFile& one : report.removed) total.Add(one);
  total.bytes += report.leftover_bytes;
  return total;
}

std::string Counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string Sentence(const archive::CleanReport& report, bool dry_run) {
  const DeviceRow total = TotalOf(report);
  std::string text =
      fmt::format("{} {} and {} of the lake, {}: {:.1f} MB {}", dry_run ? "would remove" : "removed",
                  Counted(total.files, "file"), Counted(total.lake_days, "day"), Counted(total.records, "record"),
                  static_cast<double>(total.bytes) / kBytesPerMb, dry_run ? "of the disk" : "freed");
  if (report.leftovers > 0) text += fmt::format(", with {} of crashes", Counted(report.leftovers, "leftover"));
  const std::size_t staying = report.kept_files + report.left.size();
  return text + fmt::format("; {} {}\n", Counted(staying, "file"), staying == 1 ? "stays" : "stay");
}

std::string Tables(const archive::CleanReport& report, report::TableFormat format, bool dry_run) {
  report::Table table("", {"device", "device id", "files", "days of lake", "records", "unacknowledged", "MB freed"});
  for (const auto& [name, row] : RowsOf(report)) {
    table.Text(name.first);
    table.Text(name.second);
    for (const std::uint64_t count : {row.files, row.lake_days, row.records, row.unacknowledged}) {
      table.Number(static_cast<double>(count), 0);
    }
    table.Number(static_cast<double>(row.bytes) / kBytesPerMb, 1);
  }
  return (table.empty() ? "" : table.Render(format) + "\n") + Sentence(report, dry_run);
}

std::string Csv(const archive::CleanReport& report) {
  std::string csv;
  exchange::CsvWriter writer(csv);
  for (const char* const name :
       {"device_name", "device_id", "files", "lake_days", "records", "unacknowledged", "bytes"}) {
    writer.Text(name);
  }
  writer.EndLine();
  for (const auto& [name, row] : RowsOf(report)) {
    writer.Text(name.first).Text(name.second);
    for (const std::uint64_t count : {row.files, row.lake_days, row.records, row.unacknowledged, row.bytes}) {
      writer.Figure(std::to_string(count));
    }
    writer.EndLine();
  }
  return csv;
}

void AppendRow(JsonObject& object, const DeviceRow& row) {
  AppendCount(object, "files", row.files);
  AppendCount(object, "lake_days", row.lake_days);
  AppendCount(object, "records", row.records);
  AppendCount(object, "unacknowledged", row.unacknowledged);
  AppendCount(object, "bytes", row.bytes);
}

void AppendFile(const archive::RemovedFile& one, std::string& json) {
  JsonObject object(json);
  object.Text("file", one.file).Text("device_name", one.device_name).Text("device_id", one.device_id);
  object.Key("newest");
  if (one.newest) {
    record::AppendQuoted(base::FormatRfc3339(*one.newest), json);
  } else {
    json += "null";
  }
  AppendCount(object, "records", one.records);
  AppendCount(object, "unacknowledged", one.unacknowledged);
  AppendCount(object, "bytes", one.bytes);
  object.Close();
}

std::string Json(const archive::CleanReport& report, bool dry_run) {
  std::string json;
  JsonObject object(json);
  object.Integer("schema_version", kSchemaVersion).Boolean("dry_run", dry_run);
  AppendRow(object, TotalOf(report));
  AppendCount(object, "leftovers", report.leftovers);
  AppendCount(object, "kept_files", report.kept_files);
  object.Boolean("stopped", report.was_stopped).Key("devices");
  const auto append_device = [&](const auto& device) {
    JsonObject row(json);
    row.Text("device_name", device.first.first).Text("device_id", device.first.second);
    AppendRow(row, device.second);
    row.Close();
  };
  record::AppendList(RowsOf(report), append_device, json);
  object.Key("removed");
  record::AppendList(
      report.removed, [&](const auto& one) { AppendFile(one, json); }, json);
  AppendLeft(report.left, object, json);
  object.Close();
  return json + "\n";
}

}  // namespace

std::string CleanText(const archive::CleanReport& report, CleanFormat format, bool dry_run) {
  switch (format) {
    case CleanFormat::kJson: return Json(report, dry_run);
    case CleanFormat::kCsv: return Csv(report);
    case CleanFormat::kMarkdown: return Tables(report, report::TableFormat::kMarkdown, dry_run);
    case CleanFormat::kTable: break;
  }
  return Tables(report, report::TableFormat::kText, dry_run);
}

}  // namespace inferometer::cli
