#include "analyze/record_file.h"

#include <simdjson.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analyze/file_context.h"
#include "analyze/metrics_file_walk.h"
#include "analyze/summary_block.h"
#include "os/file_buffer.h"
#include "record/json_walk.h"
#include "record/other_fields.h"
#include "record/record_sink.h"

namespace inferometer::analyze {
namespace {

// Hands each record of one file on.
class RecordHandler {
 public:
  using Each = std::function<Status(InferenceRecord&&, std::string_view)>;
  RecordHandler(std::string_view text, const Each& each, store::Context& context)
      : text_(text), each_(each), context_(context) {}

  Status Summary(simdjson::ondemand::document& document, simdjson::ondemand::object object) {
    return record::WalkObject(text_, document, object, [&](std::string_view key, simdjson::ondemand::value content) {
      if (key == kDeviceId || key == kModelName) {
        device_and_model_[key == kModelName].TakeSummary(content);
      } else if (!IsInSummary(key)) {
        PassedOver("summary." + std::string(key));
      }
      return Ok();
    });
  }
  Status Context(simdjson::ondemand::document& document, simdjson::ondemand::object object) {
    return ReadContext(text_, document, object, context_,
                       [this](std::string_view key) { PassedOver("context." + std::string(key)); });
  }
  static Status RecordsBegin(std::size_t) { return Ok(); }
  void PassedOver(std::string_view key) { passed_over_ += (passed_over_.empty() ? "" : ", ") + std::string(key); }
  // REQUIRES: the file is over.
  [[nodiscard]] std::string passed_over() && {
    if (device_and_model_[0].IsOnlyInSummary()) PassedOver("summary." + std::string(kDeviceId));
    if (device_and_model_[1].IsOnlyInSummary()) PassedOver("summary." + std::string(kModelName));
    return std::move(passed_over_);
  }
  Status Record(simdjson::ondemand::document& document, simdjson::ondemand::object object, const char* place) {
    InferenceRecord record;
    record::RecordSink sink(record);
    record::RecordWalk walk(text_, document, sink);
    RETURN_IF_ERROR(walk.Walk(object));
    const auto saw = [&](std::size_t field) { return walk.Saw(field); };
    const std::string_view missing = record::MissingField(saw, record.failed());
    if (!missing.empty()) return record::JsonFailure(text_, place, missing, "missing");
    device_and_model_[0].TakeRecord(record.device_id);
    device_and_model_[1].TakeRecord(record.model_name);
    const char* end = nullptr;  // of what follows the record: a comma or the list's end
    if (document.current_location().get(end) != simdjson::SUCCESS) end = text_.data() + text_.size();
    std::string_view json(place, static_cast<std::size_t>(end - place));
    return each_(std::move(record), json.substr(0, json.rfind('}') + 1));
  }

 private:
  static constexpr std::string_view kDeviceId = "device_id";
  static constexpr std::string_view kModelName = "model_name";

  // A text that the summary has and records have, too.
  class SharedText {
   public:
    void TakeSummary(simdjson::ondemand::value content) {
      std::string_view text;
      if (content.get_string().get(text) == simdjson::SUCCESS) of_summary_ = text;
    }
    void TakeRecord(const std::optional<std::string>& text) {
      if (!text || *text == latest_) return;
      latest_ = *text;
      of_records_.insert(*text);
    }
    [[nodiscard]] bool IsOnlyInSummary() const {
      return !of_summary_.empty() && !of_records_.empty() && !of_records_.contains(of_summary_);
    }

   private:
    std::string of_summary_;
    std::string latest_;
    std::set<std::string> of_records_;
  };

  std::string_view text_;
  const Each& each_;
  store::Context& context_;
  std::string passed_over_;
  std::array<SharedText, 2> device_and_model_;
};

}  // namespace

Result<std::string> OtherFieldsOf(const RecordOrigin& origin) {
  if (origin.json.empty()) return std::string(origin.other_fields);
  return record::OtherFields(origin.json);
}

// A large file is walked twice: once to see that it is whole and what its context is, wherever that stands, once to
// hand its records on.
struct RecordFile::State {
  struct KeptRecord {
    InferenceRecord record;
    std::string_view json;
  };

  [[nodiscard]] bool is_kept() const { return text.size() <= kMostKeptBytes; }

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
  std::vector<KeptRecord> kept;
};

RecordFile::RecordFile() : state_(std::make_unique<State>()) {}
RecordFile::~RecordFile() = default;

Status RecordFile::Load(const FoundFile& file, std::size_t most_bytes) {
  state_->context.clear();
  state_->kept.clear();
  state_->file = &file;
  ASSIGN_OR_RETURN(state_->text, state_->buffer.Read(file.path, most_bytes));
  return state_->Walk([&](InferenceRecord&& record, std::string_view json) {
    if (state_->is_kept()) state_->kept.push_back({std::move(record), json});
    return Ok();
  });
}

Status RecordFile::ForEach(const EachRecord& each) {
  const auto give = [&](const InferenceRecord& record, std::string_view json) {
    return each({*state_->file, state_->context, json, {}}, record);
  };
  if (!state_->is_kept()) return state_->Walk(give);
  for (const auto& one : state_->kept) RETURN_IF_ERROR(give(one.record, one.json));
  return Ok();
}

const std::string& RecordFile::passed_over() const { return state_->passed_over; }

}  // namespace inferometer::analyze
