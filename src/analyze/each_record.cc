#include "analyze/each_record.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "analyze/file_context.h"
#include "analyze/fingerprint.h"
#include "analyze/metrics_file.h"
#include "analyze/metrics_file_walk.h"
#include "analyze/row_builder.h"
#include "os/file_buffer.h"
#include "record/record_sink.h"

namespace inferometer::analyze {
namespace {

// Hands each record of one file on.
class RecordHandler {
 public:
  using Each = std::function<Status(const InferenceRecord&)>;
  RecordHandler(std::string_view text, const Each& each, store::Context& context)
      : text_(text), each_(each), context_(context) {}

  static Status Summary(simdjson::ondemand::document&, simdjson::ondemand::object) { return Ok(); }
  Status Context(simdjson::ondemand::document& document, simdjson::ondemand::object object) {
    return ReadContext(text_, document, object, context_);
  }
  static Status RecordsBegin(std::size_t) { return Ok(); }
  Status Record(simdjson::ondemand::document& document, simdjson::ondemand::object object, const char* place) {
    InferenceRecord record;
    record::RecordSink sink(record);
    record::RecordWalk walk(text_, document, sink);
    RETURN_IF_ERROR(walk.Walk(object));
    const auto saw = [&](std::size_t field) { return walk.Saw(field); };
    const std::string_view missing = record::MissingField(saw, record.failed());
    if (!missing.empty()) return record::JsonFailure(text_, place, missing, "missing");
    return each_(record);
  }

 private:
  std::string_view text_;
  const Each& each_;
  store::Context& context_;
};

// The same fingerprint as the statistics use, so that both count the same records.
Fingerprint FingerprintOf(const InferenceRecord& record) {
  if (record.record_id) return FingerprintOfId(*record.record_id);
  RecordParts parts = PartsOf(record);
  parts.sample.failed = record.failed();
  const GroupKey key = parts.texts.KeyOf(std::nullopt, parts.sample.Has(Quantity::kEnergyMj));
  return FingerprintOfValues(HasherOf(key), parts.timestamp, parts.sample);
}

// Each file is walked twice: once to see that it is whole and what its context is, wherever that stands, once to hand
// its records on.
class RecordStream {
 public:
  RecordStream(const EachRecord& each, Repeats repeats) : each_(each), repeats_(repeats) {}

  // A failure of `each` only; damage is noted in `read`.
  Status File(const FoundFile& file, RecordsRead& read) {
    context_.clear();
    const auto text = buffer_.Read(file.path, kLargestFileBytes);
    Status status = text.status();
    if (status.ok()) status = Walk(text.value(), [](const InferenceRecord&) { return Ok(); });
    if (!status.ok()) {
      read.damaged.push_back({file.path.string(), status.offset_bytes(), status.message()});
      return Ok();
    }
    ++read.files_read;
    return Walk(text.value(), [&](const InferenceRecord& record) {
      const bool is_wanted = repeats_ == Repeats::kEachTime || seen_.Insert(FingerprintOf(record));
      return is_wanted ? each_({file, context_}, record) : Ok();
    });
  }

 private:
  Status Walk(std::string_view text, const RecordHandler::Each& each) {
    RecordHandler handler(text, each, context_);
    return MetricsFileWalk(text, parser_, handler).Walk();
  }

  const EachRecord& each_;
  const Repeats repeats_;
  os::FileBuffer buffer_{kFilePaddingBytes};
  simdjson::ondemand::parser parser_;
  FingerprintSet seen_;
  store::Context context_;
};

}  // namespace

Result<RecordsRead> ForEachRecord(const std::filesystem::path& root, const EachRecord& each,
                                  const std::function<void(std::size_t, std::size_t)>& progress, Repeats repeats) {
  ASSIGN_OR_RETURN(MetricsDirectory directory, ListMetrics(root));
  RecordsRead read;
  read.damaged = std::move(directory.unreadable);
  RecordStream stream(each, repeats);
  for (std::size_t i = 0; i < directory.metrics.size(); ++i) {
    RETURN_IF_ERROR(stream.File(directory.metrics[i], read));
    if (progress) progress(i + 1, directory.metrics.size());
  }
  std::stable_sort(read.damaged.begin(), read.damaged.end(),
                   [](const Damage& a, const Damage& b) { return a.file < b.file; });
  return read;
}

}  // namespace inferometer::analyze
