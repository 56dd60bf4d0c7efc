#include "analyze/each_record.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "analyze/file_context.h"
#include "analyze/fingerprint.h"
#include "analyze/journal_records.h"
#include "analyze/metrics_file.h"
#include "analyze/metrics_file_walk.h"
#include "analyze/row_builder.h"
#include "lake/lake_reader.h"
#include "lake/partition.h"
#include "os/file_buffer.h"
#include "os/files.h"
#include "record/other_fields.h"
#include "record/record_sink.h"

namespace inferometer::analyze {
namespace {

// Hands each record of one file on.
class RecordHandler {
 public:
  using Each = std::function<Status(const InferenceRecord&, std::string_view)>;
  RecordHandler(std::string_view text, const Each& each, store::Context& context)
      : text_(text), each_(each), context_(context) {}

  static Status Summary(simdjson::ondemand::document&, simdjson::ondemand::object) { return Ok(); }
  Status Context(simdjson::ondemand::document& document, simdjson::ondemand::object object) {
    return ReadContext(text_, document, object, context_);
  }
  static Status RecordsBegin(std::size_t) { return Ok(); }
  void PassedOver(std::string_view key) { passed_over_ += (passed_over_.empty() ? "" : ", ") + std::string(key); }
  [[nodiscard]] std::string passed_over() && { return std::move(passed_over_); }
  Status Record(simdjson::ondemand::document& document, simdjson::ondemand::object object, const char* place) {
    InferenceRecord record;
    record::RecordSink sink(record);
    record::RecordWalk walk(text_, document, sink);
    RETURN_IF_ERROR(walk.Walk(object));
    const auto saw = [&](std::size_t field) { return walk.Saw(field); };
    const std::string_view missing = record::MissingField(saw, record.failed());
    if (!missing.empty()) return record::JsonFailure(text_, place, missing, "missing");
    const char* end = nullptr;  // of what follows the record: a comma or the list's end
    if (document.current_location().get(end) != simdjson::SUCCESS) end = text_.data() + text_.size();
    std::string_view json(place, static_cast<std::size_t>(end - place));
    return each_(record, json.substr(0, json.rfind('}') + 1));
  }

 private:
  std::string_view text_;
  const Each& each_;
  store::Context& context_;
  std::string passed_over_;
};

}  // namespace

Result<std::string> OtherFieldsOf(const RecordOrigin& origin) {
  if (origin.json.empty()) return std::string(origin.other_fields);
  return record::OtherFields(origin.json);
}

// A file is walked twice: once to see that it is whole and what its context is, wherever that stands, once to hand its
// records on.
struct RecordFile::State {
  Status Walk(const RecordHandler::Each& each) {
    RecordHandler handler(text, each, context);
    RETURN_IF_ERROR(MetricsFileWalk(text, parser, handler).Walk());
    passed_over = std::move(handler).passed_over();
    return Ok();
  }

  os::FileBuffer buffer{kFilePaddingBytes};
  simdjson::ondemand::parser parser;
  const FoundFile* file = nullptr;
  std::string_view text;
  store::Context context;
  std::string passed_over;
};

RecordFile::RecordFile() : state_(std::make_unique<State>()) {}
RecordFile::~RecordFile() = default;

Status RecordFile::Load(const FoundFile& file) {
  state_->context.clear();
  state_->file = &file;
  ASSIGN_OR_RETURN(state_->text, state_->buffer.Read(file.path, kLargestFileBytes));
  return state_->Walk([](const InferenceRecord&, std::string_view) { return Ok(); });
}

Status RecordFile::ForEach(const EachRecord& each) {
  return state_->Walk([&](const InferenceRecord& record, std::string_view json) {
    return each({*state_->file, state_->context, json, {}}, record);
  });
}

const std::string& RecordFile::passed_over() const { return state_->passed_over; }

namespace {

// Which records came, and what could not be read.
class RecordStream {
 public:
  RecordStream(const EachRecord& each, Repeats repeats) : each_(each), repeats_(repeats) {}

  // A failure of `each` only; damage is noted in `read`.
  Status File(const FoundFile& file, RecordsRead& read) {
    const Status status = file_.Load(file);
    if (!status.ok()) {
      read.damaged.push_back({file.path.string(), status.offset_bytes(), status.message()});
      return Ok();
    }
    ++read.files_read;
    return file_.ForEach([&](const RecordOrigin& origin, const InferenceRecord& record) {
      const bool is_wanted = repeats_ == Repeats::kEachTime || seen_.Insert(FingerprintOfRecord(record));
      return is_wanted ? each_(origin, record) : Ok();
    });
  }
  // What a crash left in journals.
  Status Journals(const std::filesystem::path& root, const std::vector<std::filesystem::path>& journals,
                  RecordsRead& read) {
    if (repeats_ == Repeats::kEachTime) return Ok();
    const auto take = [&](const RecordOrigin& origin, const InferenceRecord& record) {
      return seen_.Insert(FingerprintOfRecord(record)) ? each_(origin, record) : Ok();
    };
    return ForEachUnsavedIn(os::SystemFileCalls(), root, journals, take, read.damaged);
  }
  // The lake holds each record once: only those of metrics files are remembered.
  Status Lake(const std::vector<lake::PartitionFile>& files, RecordsRead& read) {
    if (files.empty()) return Ok();
    ASSIGN_OR_RETURN(lake::LakeReader reader, lake::LakeReader::Open());
    for (const lake::PartitionFile& file : files) RETURN_IF_ERROR(LakeFile(reader, file.path, read));
    return Ok();
  }

 private:
  Status LakeFile(lake::LakeReader& reader, const std::filesystem::path& path, RecordsRead& read) {
    Status failure;  // of `each`
    FoundFile file{path, std::nullopt};
    const Status status = reader.ForEach(path, [&](const lake::LakeRecord& row) {
      if (repeats_ == Repeats::kOnce && seen_.Contains(FingerprintOfRecord(row.record))) return Ok();
      file.folder_name = row.device_name;
      failure = each_({file, row.context, {}, row.other_fields}, row.record);
      return failure;
    });
    RETURN_IF_ERROR(failure);
    if (status.ok()) {
      ++read.files_read;
    } else {
      read.damaged.push_back({path.string(), std::nullopt, status.message()});
    }
    return Ok();
  }

  const EachRecord& each_;
  const Repeats repeats_;
  RecordFile file_;
  FingerprintSet seen_;
};

}  // namespace

Result<RecordsRead> ForEachRecord(const std::filesystem::path& root, const EachRecord& each,
                                  const std::function<void(std::size_t, std::size_t)>& progress, Repeats repeats,
                                  const std::filesystem::path& lake) {
  ASSIGN_OR_RETURN(MetricsDirectory directory, ListMetrics(root));
  ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> lake_files,
                   lake::ListPartitions(lake.empty() ? root / lake::kLakeFolder : lake));
  RecordsRead read;
  read.damaged = std::move(directory.unreadable);
  RecordStream stream(each, repeats);
  for (std::size_t i = 0; i < directory.metrics.size(); ++i) {
    RETURN_IF_ERROR(stream.File(directory.metrics[i], read));
    if (progress) progress(i + 1, directory.metrics.size());
  }
  RETURN_IF_ERROR(stream.Journals(root, directory.journals, read));
  RETURN_IF_ERROR(stream.Lake(lake_files, read));
  std::stable_sort(read.damaged.begin(), read.damaged.end(),
                   [](const Damage& a, const Damage& b) { return a.file < b.file; });
  return read;
}

}  // namespace inferometer::analyze
