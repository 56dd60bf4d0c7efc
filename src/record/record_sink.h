#pragma once
// The sink of json_walk.h that fills a whole InferenceRecord.

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "record/fields.h"

namespace inferometer::record {

// `record` must outlive it.
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

}  // namespace inferometer::record
