#pragma once
// For tests: all of a lake's record as one text, to be held against another.

#include <string>

#include "lake/lake_record.h"
#include "record/json_write.h"
#include "store/context.h"

namespace inferometer::lake {

inline std::string Json(const LakeRecord& row) {
  std::string json = row.device_name + " ";
  record::AppendJson(row.record, json);
  json += " " + row.other_fields + " ";
  store::AppendJson(row.context, json);
  return json;
}

}  // namespace inferometer::lake
