#include "exchange/import_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "analyze/each_record.h"
#include "base/device_id.h"
#include "base/record_key.h"
#include "exchange/line_reader.h"
#include "exchange/load_files.h"
#include "exchange/sha256.h"
#include "os/input_stream.h"
#include "record/fields.h"
#include "record/json_read.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kEventPrefix = "data:";  // of server-sent events
constexpr std::string_view kEventsEnd = "[DONE]";
constexpr const char* kForms =
    "name it with --format: llama-bench (its -o jsonl), aiperf (profile_export.jsonl), llama-server or ollama "
    "(responses, one a line); a metrics directory is named as a folder";

// The JSON on a line, or nothing.
std::string_view JsonOf(std::string_view line) {
  const auto trim = [&] { line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size())); };
  trim();
  if (line.starts_with(kEventPrefix)) {
    line.remove_prefix(kEventPrefix.size());
    trim();
  }
  while (!line.empty() && kBlanks.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  return line == kEventsEnd ? std::string_view() : line;
}

Result<std::string> ChecksumOf(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const os::InputStream input, os::InputStream::Open(file.string()));
  Sha256 checksum;
  std::string buffer(std::size_t{1} << 16, '\0');
  for (;;) {
    ASSIGN_OR_RETURN(const std::size_t bytes, input.Read(std::span(buffer)));
    if (bytes == 0) return checksum.Hex();
    checksum.Add(std::string_view(buffer).substr(0, bytes));
  }
}

store::Context SourceContext(std::string_view format, const std::filesystem::path& named, const std::string& checksum) {
  return {{"schema_version", std::int64_t{store::kSchemaVersion}},
          {"imported_from", std::string(format)},
          {"imported_file", named.filename().string()},
          {"imported_sha256", checksum}};
}

// The id of one of a line's records: the stream is the line.
std::string RecordId(const std::string& device_id, std::string_view line, std::size_t index) {
  constexpr std::size_t kStreamDigits = 16;
  return fmt::format("{}/{}/{}", device_id, Sha256Hex(line).substr(0, kStreamDigits), index + 1);
}

// One file's lines.
class LineImport {
 public:
  LineImport(ForeignFormat format, const ImportedDevice& device, const ForeignDefaults& defaults, store::Context source,
             ImportTarget& target, ImportReport& report)
      : format_(format),
        device_(device),
        defaults_(defaults),
        source_(std::move(source)),
        target_(target),
        report_(report) {}

  // A failure of the target's; what is wrong with the line is a problem.
  Status Take(const std::string& file, const Line& line) {
    const std::string_view json = JsonOf(line.text);
    if (json.empty() && !line.is_too_long) return Ok();
    auto parsed = line.is_too_long
                      ? Status(Code::kResourceExhausted, fmt::format("longer than {} bytes", kLongestLineBytes))
                      : ParseForeignLine(format_, json, defaults_);
    if (!parsed.ok()) {
      report_.AddProblem(fmt::format("{}: line {}, {}", file, line.number, parsed.status().message()));
      return Ok();
    }
    if (parsed->records.empty()) ++report_.without_inference;
    report_.lacked_model = report_.lacked_model || parsed->lacks_model;
    return Add(json, *parsed);
  }

 private:
  Status Add(std::string_view json, ForeignLine& line) {
    store::Context context = source_;
    context.insert(context.end(), line.context.begin(), line.context.end());
    for (std::size_t i = 0; i < line.records.size(); ++i) {
      InferenceRecord& record = line.records[i];
      record.device_id = device_.id;
      record.record_id = RecordId(device_.id, json, i);
      RETURN_IF_ERROR(target_.Add(device_, context, record));
    }
    return Ok();
  }

  const ForeignFormat format_;
  const ImportedDevice& device_;
  const ForeignDefaults& defaults_;
  const store::Context source_;
  ImportTarget& target_;
  ImportReport& report_;
};

// The context of the records of a metrics file: what it says itself, and where it came from.
class SourceOfFile {
 public:
  Result<const store::Context*> ContextOf(const analyze::RecordOrigin& origin) {
    if (path_ == origin.file.path && said_ == origin.context) return &context_;
    ASSIGN_OR_RETURN(const std::string checksum, ChecksumOf(origin.file.path));
    context_ = origin.context;
    for (auto& entry : SourceContext("metrics", origin.file.path, checksum)) {
      const bool is_said =
          std::any_of(context_.begin(), context_.end(), [&](const auto& own) { return own.first == entry.first; });
      if (!is_said) context_.push_back(std::move(entry));
    }
    path_ = origin.file.path;
    said_ = origin.context;
    return &context_;
  }

 private:
  std::filesystem::path path_;
  store::Context said_;  // by the file itself
  store::Context context_;
};

Result<ImportedDevice> DeviceOf(const analyze::RecordOrigin& origin, const std::string& id) {
  ASSIGN_OR_RETURN(std::string canonical, base::CanonicalDeviceId(id));
  std::string name = origin.file.folder_name.value_or(canonical);
  return ImportedDevice{std::move(name), std::move(canonical)};
}

// A metrics file would not be read with it.
bool IsTooLong(const InferenceRecord& record) {
  std::string json;
  record::AppendJson(record, json);
  return json.size() > record::kLargestRecordBytes;
}

void AddDamage(const std::vector<analyze::Damage>& damaged, ImportReport& report) {
  for (const analyze::Damage& damage : damaged) report.AddProblem(damage.file + ": " + damage.error);
}

std::string DeviceIdOf(const store::Context& load) {
  for (const auto& [key, value] : load) {
    const auto* text = std::get_if<std::string>(&value);
    if (key == "device_id" && text != nullptr) return *text;
  }
  return "";
}

}  // namespace

void ImportReport::AddProblem(std::string sentence) {
  if (++problems_count <= kMostProblems) problems.push_back(std::move(sentence));
}

Result<ForeignFormat> GuessFileFormat(const ImportSource& source) {
  ASSIGN_OR_RETURN(os::InputStream input, os::InputStream::Open(source.file.string()));
  LineReader lines(std::move(input));
  for (;;) {
    ASSIGN_OR_RETURN(const auto line, lines.Next());
    if (!line) return Status(Code::kInvalidArgument, source.name + ": nothing in it");
    const std::string_view json = JsonOf(line->text);
    if (json.empty() && !line->is_too_long) continue;
    const auto format = GuessFormat(json);
    if (format.ok() && format->has_value()) return **format;
    return Status(Code::kInvalidArgument, fmt::format("{}: line {} does not tell which program wrote it; {}",
                                                      source.name, line->number, kForms));
  }
}

Status ImportFile(const ImportSource& source, ForeignFormat format, const ImportedDevice& device,
                  const ForeignDefaults& defaults, const CheckStop& check_stop, ImportTarget& target,
                  ImportReport& report) {
  ASSIGN_OR_RETURN(const std::string checksum, ChecksumOf(source.file));
  ASSIGN_OR_RETURN(os::InputStream input, os::InputStream::Open(source.file.string()));
  LineReader lines(std::move(input));
  LineImport import(format, device, defaults, SourceContext(NameOf(format), source.name, checksum), target, report);
  for (;;) {
    RETURN_IF_ERROR(check_stop());
    ASSIGN_OR_RETURN(const auto line, lines.Next());
    if (!line) return target.Finish();
    RETURN_IF_ERROR(import.Take(source.name, *line));
  }
}

Status ImportDirectory(const std::filesystem::path& root, const std::function<void(std::size_t, std::size_t)>& progress,
                       const CheckStop& check_stop, ImportTarget& target, ImportReport& report) {
  SourceOfFile source;
  const auto add = [&](const analyze::RecordOrigin& origin, InferenceRecord record) {
    RETURN_IF_ERROR(check_stop());
    const auto device = DeviceOf(origin, record.device_id.value_or(""));
    if (!device.ok()) {
      report.AddProblem(
          fmt::format("{}: field \"device_id\": {}", origin.file.path.string(), device.status().message()));
      return Ok();
    }
    ASSIGN_OR_RETURN(const store::Context* const context, source.ContextOf(origin));
    record::RoundAsWritten(record);
    if (IsTooLong(record)) {
      report.AddProblem(
          fmt::format("{}: a record longer than {} bytes", origin.file.path.string(), record::kLargestRecordBytes));
      return Ok();
    }
    return target.Add(*device, *context, record);
  };
  ASSIGN_OR_RETURN(const auto read, analyze::ForEachRecord(root, add, progress));
  AddDamage(read.damaged, report);
  std::vector<analyze::Damage> damaged_loads;
  const auto add_load = [&](const analyze::RecordOrigin& origin) {
    const auto device = DeviceOf(origin, DeviceIdOf(origin.context));
    if (device.ok()) return target.AddLoad(*device, origin.context);
    report.AddProblem(fmt::format("{}: field \"device_id\": {}", origin.file.path.string(), device.status().message()));
    return Ok();
  };
  RETURN_IF_ERROR(ForEachLoad(root, add_load, damaged_loads));
  AddDamage(damaged_loads, report);
  return target.Finish();
}

}  // namespace inferometer::exchange
