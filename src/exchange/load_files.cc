#include "exchange/load_files.h"

#include <simdjson.h>

#include "analyze/damage_place.h"
#include "analyze/file_context.h"
#include "os/files.h"
#include "record/json_walk.h"

namespace inferometer::exchange {
namespace {

constexpr std::size_t kLargestLoadBytes = 65536;

}  // namespace

Result<store::Context> ParseLoad(std::string_view json) {
  const simdjson::padded_string padded(json);
  const std::string_view text(padded.data(), padded.size());
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (const auto error = parser.iterate(padded).get(document)) {
    return record::JsonFailure(text, analyze::PlaceOf(error, text), "", simdjson::error_message(error));
  }
  if (const auto error = document.get_object().get(object)) {
    return record::JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  store::Context load;
  RETURN_IF_ERROR(analyze::ReadContext(text, document, object, load));
  RETURN_IF_ERROR(record::CheckNothingFollows(text, document));
  return load;
}

Status ForEachLoad(const std::filesystem::path& root, const std::function<Status(const analyze::RecordOrigin&)>& each,
                   std::vector<analyze::Damage>& damaged) {
  ASSIGN_OR_RETURN(const analyze::MetricsDirectory directory, analyze::ListMetrics(root));
  for (const analyze::FoundFile& file : directory.loadings) {
    const auto text = os::ReadFile(file.path, kLargestLoadBytes);
    const auto load = text.ok() ? ParseLoad(*text) : Result<store::Context>(text.status());
    if (load.ok()) {
      RETURN_IF_ERROR(each({file, *load, {}, {}}));
    } else {
      damaged.push_back({file.path.string(), load.status().offset_bytes(), load.status().message()});
    }
  }
  return Ok();
}

}  // namespace inferometer::exchange
