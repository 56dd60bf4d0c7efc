#include "analyze/metrics_file.h"

#include <simdjson.h>

#include <string>

#include "analyze/metrics_file_walk.h"
#include "analyze/plain_records.h"
#include "analyze/row_builder.h"
#include "analyze/summary_block.h"
#include "record/fields.h"
#include "record/json_walk.h"

namespace inferometer::analyze {
namespace {

static_assert(kFilePaddingBytes >= simdjson::SIMDJSON_PADDING);

// The second sink beside ParseRecord's: keeps what the analysis wants.
class PartsSink {
 public:
  explicit PartsSink(RecordParts& parts) : parts_(parts) {}
  static bool Wants(std::size_t field) { return WantedAt(field).has_value(); }
  Status Time(std::size_t, WallTime value) {
    parts_.timestamp = value;
    return Ok();
  }
  Status Text(std::size_t field, std::string_view value) {
    parts_.texts.Set(WantedAt(field)->role, value);
    return Ok();
  }
  Status Real(std::size_t field, double value) {
    parts_.sample.Set(WantedAt(field)->quantity, value);
    return Ok();
  }
  Status Integer(std::size_t field, std::int64_t value) { return Real(field, static_cast<double>(value)); }
  static Status Boolean(std::size_t, bool) { return Ok(); }

 private:
  RecordParts& parts_;
};

// Turns the walk over one file into FileRecords.
class RowHandler {
 public:
  RowHandler(std::string_view text, std::optional<std::string_view> folder_name, FileRecords& records)
      : text_(text), folder_name_(folder_name), records_(records) {}

  Status Summary(simdjson::ondemand::document& document, simdjson::ondemand::object summary) {
    return ReadSummary(text_, document, summary, records_);
  }
  Status RecordsBegin(std::size_t offset_bytes) {
    records_begin_ = offset_bytes;
    return Ok();
  }
  Status Record(simdjson::ondemand::document& document, simdjson::ondemand::object object, const char* place) {
    parts_.Clear();
    PartsSink sink(parts_);
    record::RecordWalk walk(text_, document, sink);
    RETURN_IF_ERROR(walk.Walk(object));
    const auto saw = [&](std::size_t field) { return walk.Saw(field); };
    const std::string_view missing = record::MissingField(saw, parts_.texts.failed());
    if (!missing.empty()) return record::JsonFailure(text_, place, missing, "missing");
    AddRow(parts_, folder_name_, records_);
    ++count_;
    return Ok();
  }
  [[nodiscard]] std::size_t records_begin() const { return records_begin_; }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::string_view text_;
  std::optional<std::string_view> folder_name_;
  FileRecords& records_;
  RecordParts parts_;
  std::size_t records_begin_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

struct MetricsFileReader::State {
  simdjson::ondemand::parser parser;
  PlainRecords plain;
  std::string rest;  // a file without its records
};

MetricsFileReader::MetricsFileReader() : state_(std::make_unique<State>()) {}
MetricsFileReader::~MetricsFileReader() = default;

Status MetricsFileReader::Read(std::string_view text, std::optional<std::string_view> folder_name,
                               FileRecords& records) {
  records.Clear();
  return ReadPlain(text, folder_name, records) ? Ok() : ReadBySimdjson(text, folder_name, records);
}

// With the records read, what remains is a file with an empty list, which simdjson reads; it says, too, whether the
// list was the one that counts.
bool MetricsFileReader::ReadPlain(std::string_view text, std::optional<std::string_view> folder_name,
                                  FileRecords& records) {
  const auto place = state_->plain.Read(text, folder_name, records);
  if (!place) return false;
  std::string& rest = state_->rest;
  rest.assign(text.substr(0, place->begin));
  rest.append(text.substr(place->end));
  const std::size_t size = rest.size();
  rest.append(kFilePaddingBytes, '\0');
  const std::string_view rest_text(rest.data(), size);
  RowHandler handler(rest_text, folder_name, records);
  const Status status = MetricsFileWalk(rest_text, state_->parser, handler).Walk();
  return status.ok() && handler.records_begin() + 1 == place->begin && handler.count() == 0;
}

Status MetricsFileReader::ReadBySimdjson(std::string_view text, std::optional<std::string_view> folder_name,
                                         FileRecords& records) {
  records.Clear();
  RowHandler handler(text, folder_name, records);
  return MetricsFileWalk(text, state_->parser, handler).Walk();
}

}  // namespace inferometer::analyze
