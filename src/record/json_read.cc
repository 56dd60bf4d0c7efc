#include "record/json_read.h"

#include "record/json_walk.h"

namespace inferometer::record {
namespace {

// Fills an InferenceRecord.
class RecordSink {
 public:
  explicit RecordSink(InferenceRecord& record) : record_(record) {}
  static bool Wants(std::size_t) { return true; }
  Status Time(std::size_t i, WallTime v) { return Set<TimeMember>(i, v); }
  Status Real(std::size_t i, double v) { return Set<RealMember>(i, v); }
  Status Integer(std::size_t i, std::int64_t v) { return Set<IntegerMember>(i, v); }
  Status Boolean(std::size_t i, bool v) { return Set<BooleanMember>(i, v); }
  Status Text(std::size_t i, std::string_view v) {
    const Member& member = Fields()[i].member;
    if (const auto* list = std::get_if<TextListMember>(&member)) {
      (record_.**list).emplace_back(v);
      return Ok();
    }
    return Set<TextMember>(i, std::string(v));
  }

 private:
  template <typename M, typename V>
  Status Set(std::size_t i, V value) {
    record_.*std::get<M>(Fields()[i].member) = std::move(value);
    return Ok();
  }
  InferenceRecord& record_;
};

}  // namespace

Result<InferenceRecord> ParseRecord(std::string_view json) {
  if (json.size() > kLargestRecordBytes) return {Code::kInvalidArgument, "a record of more than 65536 bytes"};
  thread_local simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  const std::string_view text(padded);
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  simdjson::ondemand::object object;
  if (const auto error = document.get_object().get(object)) return JsonFailure(text, document, "", error);
  InferenceRecord record;
  RecordSink sink(record);
  RecordWalk walk(text, document, sink);
  RETURN_IF_ERROR(walk.Walk(object));
  RETURN_IF_ERROR(CheckNothingFollows(text, document));
  const auto saw = [&](std::size_t field) { return walk.Saw(field); };
  const std::string_view missing = MissingField(saw, record.failed());
  if (!missing.empty()) return JsonFailure(text, text.data(), missing, "missing");
  return record;
}

}  // namespace inferometer::record
