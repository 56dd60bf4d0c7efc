#pragma once
// What the fuzz targets of other programs' lines have in common.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "exchange/foreign_line.h"
#include "record/json_read.h"
#include "record/json_write.h"

// Whatever the bytes, an answer; a record that is given can be written and read again.
inline int FuzzForeignLine(inferometer::exchange::ForeignFormat format, const std::uint8_t* data, std::size_t size) {
  using namespace inferometer;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  exchange::GuessFormat(line).status().IgnoreBecause("only that it ends");
  auto parsed = exchange::ParseForeignLine(format, line, {"model", WallTime(std::chrono::seconds(1'000'000'000))});
  if (!parsed.ok()) return 0;
  std::string context;
  store::AppendJson(parsed->context, context);
  for (InferenceRecord& record : parsed->records) {
    record.device_id = "imported";
    std::string json;
    record::AppendJson(record, json);
    if (!record::ParseRecord(json).ok()) std::abort();
  }
  return 0;
}
