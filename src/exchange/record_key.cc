#include "exchange/record_key.h"

#include <array>
#include <string_view>
#include <variant>

#include "base/timestamp.h"
#include "exchange/database_row.h"
#include "exchange/sha256.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

// Do not change: keys made from these, in this order, stand in databases.
constexpr std::array<std::string_view, 16> kIdentity = {"device_id",
                                                        "model_name",
                                                        "compute_device",
                                                        "energy_source",
                                                        "energy_scope",
                                                        "timestamp",
                                                        "status",
                                                        "inference_time_ms",
                                                        "memory_used_mb",
                                                        "cpu_percent_avg",
                                                        "energy_consumed_mj",
                                                        "energy_uncertainty_mj",
                                                        "time_to_first_token_ms",
                                                        "decode_ms",
                                                        "generated_tokens",
                                                        "tokens_per_second"};
constexpr std::size_t kHexDigits = 32;
// PostgreSQL's index takes 2,704 bytes at most. Ours have some 60.
constexpr std::size_t kLongestId = 1024;

// Appends the value as text that no other value has, with all its digits; nothing for an absent one.
struct AppendValue {
  const InferenceRecord& record;
  std::string& out;

  void operator()(record::TimeMember member) const {
    if (const auto& time = record.*member) out += base::FormatRfc3339(*time);
  }
  void operator()(record::TextMember member) const {
    if (const auto& text = record.*member) record::AppendQuoted(*text, out);
  }
  void operator()(record::RealMember member) const {
    if (const auto& value = record.*member) record::AppendNumber(*value, out);
  }
  void operator()(record::IntegerMember member) const {
    if (const auto& value = record.*member) out += std::to_string(*value);
  }
  void operator()(record::BooleanMember) const {}   // none of kIdentity
  void operator()(record::TextListMember) const {}  // none of kIdentity
};

std::string Identity(const InferenceRecord& record) {
  std::string text;
  for (const std::string_view name : kIdentity) {
    std::visit(AppendValue{record, text}, record::Fields()[record::FieldIndex(name)].member);
    text += '\n';
  }
  return text;
}

}  // namespace

std::string RecordKeyOf(const InferenceRecord& record) {
  if (record.record_id) {
    const std::string& id = *record.record_id;
    const bool is_key = id.size() <= kLongestId && IsStorable(id);
    return is_key ? id : "id:" + Sha256Hex(id).substr(0, kHexDigits);
  }
  return "content:" + Sha256Hex(Identity(record)).substr(0, kHexDigits);
}

}  // namespace inferometer::exchange
