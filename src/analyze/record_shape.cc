#include "analyze/record_shape.h"

#include <simdjson.h>

#include <algorithm>
#include <bitset>
#include <cstring>

#include "analyze/plain_text.h"
#include "record/fields.h"
#include "record/json_walk.h"

namespace inferometer::analyze {

// One look at one record. Every method answers with where it came to, or nullptr.
class ShapeLearner {
 public:
  ShapeLearner(const char* place, const char* end, RecordShape& shape)
      : literal_begin_(place), end_(end), shape_(shape) {}

  bool Learn() {
    const char* at = SkipSpace(literal_begin_ + 1);
    while (at != nullptr) {
      at = Member(at);
      if (at == nullptr) break;
      at = SkipSpace(at);
      if (*at == '}') return Finish(at + 1);
      at = *at == ',' ? SkipSpace(at + 1) : nullptr;
    }
    return false;
  }

 private:
  const char* Member(const char* at) {
    if (*at != '"') return nullptr;
    const char* key_end = FindStringEnd(at + 1);
    if (key_end == nullptr) return nullptr;
    const std::string_view key(at + 1, static_cast<std::size_t>(key_end - at - 1));
    at = SkipSpace(key_end + 1);
    if (*at != ':') return nullptr;
    at = SkipSpace(at + 1);
    const auto match = record::FindName(key);
    const auto wanted = match ? WantedAt(match->field) : std::nullopt;
    if (!wanted) return Unwanted(at);
    if (const char* after = Null(at)) return after;
    auto& seen = match->alias_factor ? seen_alias_ : seen_;
    if (seen[match->field]) return nullptr;
    seen.set(match->field);
    if (match->alias_factor && seen_[match->field]) return Unwanted(at);
    return wanted->role == Role::kQuantity ? Number(at, *match, wanted->quantity) : Text(at, wanted->role);
  }

  // Behind "null", or nullptr.
  static const char* Null(const char* at) { return Word(at, "null"); }
  static const char* Word(const char* at, std::string_view word) {
    return std::strncmp(at, word.data(), word.size()) == 0 ? at + word.size() : nullptr;
  }

  const char* Unwanted(const char* at) {
    if (*at == '"') return PutGap(at + 1, FindStringEnd(at + 1), 1, Gap::kSkipString);
    if (*at == '[') return PutGap(at + 1, SkipFlatList(at + 1, end_), 0, Gap::kSkipList);
    for (const std::string_view word : {"null", "true", "false"}) {
      if (const char* after = Word(at, word)) return after;
    }
    return PutGap(at, SkipNumber(at), 0, Gap::kSkipNumber);
  }

  const char* Number(const char* at, const record::NameMatch& match, Quantity quantity) {
    const record::Field& field = record::Fields()[match.field];
    Step step;
    step.gap = field.type() == record::FieldType::kInteger ? Gap::kInteger : Gap::kReal;
    step.quantity = quantity;
    step.factor = match.alias_factor.value_or(1.0);
    step.lowest = field.lowest;
    step.highest = field.highest;
    if (quantity == Quantity::kEnergyMj) shape_.has_energy_ = true;
    double ignored = 0;
    const char* after = ReadNumber(at, &ignored);
    return after == nullptr ? nullptr : PutStep(at, after, step);
  }

  const char* Text(const char* at, Role role) {
    if (*at != '"') return nullptr;
    ++at;
    if (role == Role::kTimestamp) return PutGap(at, FindStringEnd(at), 1, Gap::kTimestamp);
    if (role == Role::kRecordId) return PutGap(at, FindStringEnd(at), 1, Gap::kRecordId);
    const char* quote = at;
    while (static_cast<unsigned char>(*quote) >= 0x20 && *quote != '"' && *quote != '\\') ++quote;
    const std::string_view text(at, static_cast<std::size_t>(quote - at));
    if (*quote != '"' || text.size() > record::kLongestText || !simdjson::validate_utf8(text)) return nullptr;
    shape_.texts_.Set(role, text);
    return quote + 1;
  }

  // The gap from `at` to `stop`, and `behind` bytes that close it.
  const char* PutGap(const char* at, const char* stop, int behind, Gap gap) {
    if (stop == nullptr) return nullptr;
    Step step;
    step.gap = gap;
    return PutStep(at, stop + behind, step);
  }
  const char* PutStep(const char* at, const char* after, const Step& step) {
    const std::string_view literal(literal_begin_, static_cast<std::size_t>(at - literal_begin_));
    return shape_.AddStep(literal, step) ? literal_begin_ = after : nullptr;
  }

  bool Finish(const char* after) {
    if (!shape_.AddStep({literal_begin_, static_cast<std::size_t>(after - literal_begin_)}, {})) return false;
    const auto saw = [&](std::size_t field) { return seen_[field] || seen_alias_[field]; };
    return record::MissingField(saw, shape_.texts_.failed()).empty();
  }

  const char* literal_begin_;
  const char* end_;
  RecordShape& shape_;
  std::bitset<record::kMostFields> seen_;
  std::bitset<record::kMostFields> seen_alias_;
};

bool RecordShape::Learn(const char* place, const char* end) {
  Clear();
  if (*place == '{' && ShapeLearner(place, end, *this).Learn()) return true;
  Clear();
  return false;
}

void RecordShape::Clear() {
  steps_.clear();
  literals_.clear();
  texts_.Clear();
  has_energy_ = false;
}

Sample RecordShape::EmptySample() const {
  Sample sample;
  sample.failed = texts_.failed();
  for (const Step& step : steps_) {
    if (step.gap == Gap::kReal || step.gap == Gap::kInteger) sample.Set(step.quantity, 0);
  }
  return sample;
}

bool RecordShape::AddStep(std::string_view literal, Step step) {
  if (literal.size() > kLongestLiteral) return false;
  step.first_byte = static_cast<std::uint32_t>(literals_.size());
  step.bytes = static_cast<std::uint32_t>(literal.size());
  literals_ += literal;
  literals_.append(ByteBlock::kBytes, '\0');  // SameBytes may look at them
  steps_.push_back(step);
  return true;
}

}  // namespace inferometer::analyze
