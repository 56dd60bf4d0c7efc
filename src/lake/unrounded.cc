#include "lake/unrounded.h"

#include "lake/json_column.h"
#include "record/fields.h"

namespace inferometer::lake {

Status ForEachUnrounded(std::string_view json, const std::function<void(std::size_t, double)>& each) {
  return WalkJsonColumn("unrounded", json, [&](std::string_view key, simdjson::ondemand::value content) -> Status {
    const auto match = record::FindName(key);
    const bool is_real =
        match && !match->alias_factor && record::Fields()[match->field].type() == record::FieldType::kReal;
    double real = 0;
    if (!is_real || !record::TakeDouble(content, &real)) {
      return {Code::kDataLoss, fmt::format("\"{}\" is no real of the record", key)};
    }
    each(match->field, real);
    return Ok();
  });
}

}  // namespace inferometer::lake
