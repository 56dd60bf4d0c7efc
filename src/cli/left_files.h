#pragma once
// What archive, clean and the backup left as it was, in their JSON answers.

#include <string>
#include <vector>

#include "archive/archiver.h"
#include "record/json_pieces.h"

namespace inferometer::cli {

// Appends the key "left" of `object`, which is written into `json`, with its list.
inline void AppendLeft(const std::vector<archive::LeftFile>& left, record::JsonObject& object, std::string& json) {
  object.Key("left");
  const auto append = [&](const archive::LeftFile& one) {
    record::JsonObject(json).Text("file", one.file).Text("reason", one.reason).Close();
  };
  record::AppendList(left, append, json);
}

}  // namespace inferometer::cli
