// "field=value[,field=value]" of the command line, held against a record: whatever the bytes, an answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "analyze/compare/record_choice.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto choice = analyze::RecordChoice::Parse(text);
  if (!choice.ok()) return choice.status().message().empty() ? std::abort(), 0 : 0;
  const store::Context context = {{"threads", std::int64_t{4}}, {"temperature", 0.5}, {"experiment", std::string("x")}};
  const analyze::FoundFile file{"metrics/pi/f.json", "pi"};
  InferenceRecord record;
  record.record_id = std::string(text);
  record.inference_time_ms = 12.5;
  for (const std::string& field : choice->Fields()) {
    if (field.empty()) std::abort();
  }
  (void)choice->Holds({file, context}, record);
  return 0;
}
