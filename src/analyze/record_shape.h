#pragma once
// What the records of a file have in common, byte for byte: programs write one record like the next.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/byte_block.h"
#include "analyze/row_builder.h"
#include "analyze/sample.h"

namespace inferometer::analyze {

// Longer ones are not of the plain form.
inline constexpr std::size_t kLongestLiteral = 384;

// What stands where two records differ.
enum class Gap : std::uint8_t {
  kReal,        // a number that is wanted
  kInteger,     // a whole number that is wanted
  kTimestamp,   // behind the opening quote, to behind the closing one
  kRecordId,    // likewise
  kSkipNumber,  // not wanted
  kSkipString,  // not wanted; behind the opening quote, to behind the closing one
  kSkipList,    // not wanted; behind the opening bracket, to behind the closing one
  kEnd,         // the record is over
};

// The bytes up to the next gap, and the gap.
struct Step {
  std::uint32_t first_byte = 0;  // in the shape's literals
  std::uint32_t bytes = 0;
  Gap gap = Gap::kEnd;
  Quantity quantity{};
  double factor = 1;  // of a number: the alias's
  double lowest = 0;
  double highest = 0;
};

// The shape of one record, learned by a close look at it: keys, spaces and the texts that decide the group stand in the
// literals, everything else is a gap. The literals are checked to be good JSON with every key that a record must have.
class RecordShape {
 public:
  // `place` is at a record's opening brace, `end` at the end of the whole text. False when the record is not of the
  // plain form, in which case the shape is empty.
  [[nodiscard]] bool Learn(const char* place, const char* end);
  void Clear();

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] const RecordTexts& texts() const { return texts_; }
  [[nodiscard]] bool has_energy() const { return has_energy_; }

  // The sample of a record of this shape, before its numbers are read.
  [[nodiscard]] Sample EmptySample() const;

  // Behind the step's literal, or nullptr where the text differs. REQUIRES: kLongestLiteral bytes are readable.
  [[nodiscard]] const char* PassLiteral(const Step& step, const char* place) const {
    return SameBytes(place, literals_.data() + step.first_byte, step.bytes) ? place + step.bytes : nullptr;
  }

 private:
  friend class ShapeLearner;
  [[nodiscard]] bool AddStep(std::string_view literal, Step step);

  std::vector<Step> steps_;
  std::string literals_;
  RecordTexts texts_;
  bool has_energy_ = false;
};

}  // namespace inferometer::analyze
