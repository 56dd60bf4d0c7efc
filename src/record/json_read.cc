#include "record/json_read.h"

#include "record/json_walk.h"
#include "record/record_sink.h"

namespace inferometer::record {

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
