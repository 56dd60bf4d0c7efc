#pragma once
// What a lake holds of one inference: all that stood in its file, so that the file may go.

#include <string>

#include "inferometer/record.h"
#include "store/context.h"

namespace inferometer::lake {

// Copyable value.
struct LakeRecord {
  std::string device_name;  // the folder in which its file stood; the device's id where it stood in none
  InferenceRecord record;
  std::string other_fields;  // a JSON object of the keys that the field table does not know; empty: none
  store::Context context;    // of its file
};

}  // namespace inferometer::lake
