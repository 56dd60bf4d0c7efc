#pragma once
// One line of another program's JSON, taken apart: what stands where, whatever else is in it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::exchange {

// What is beyond these is refused; long texts (an answer, a prompt) are passed over.
inline constexpr std::size_t kMostFlatEntries = 4096;
inline constexpr std::size_t kDeepestFlatEntry = 6;
inline constexpr std::size_t kLongestFlatText = 1024;
// Sums of a few of them still fit into 64 bits.
inline constexpr double kHighestFlatNumber = 1e15;

// Copyable value.
class FlatJson {
 public:
  // Reads one object. Of a list, its whole numbers are kept under its name and, where its first item is an object, that
  // object's entries under "name.0". Failures say at which byte and in which field.
  [[nodiscard]] static Result<FlatJson> Parse(std::string_view json);

  // `path`: "timings.prompt_ms". null counts as absent, under every type.
  [[nodiscard]] bool Has(std::string_view path) const { return Find(path) != nullptr; }
  // Whether an object stands there.
  [[nodiscard]] bool HasObject(std::string_view path) const;

  // The value, or nothing where there is none that can be used: one of another type or out of range is noted, as is one
  // that stands twice: see status().
  [[nodiscard]] std::optional<double> Number(std::string_view path, double highest = kHighestFlatNumber);  // from 0 on
  [[nodiscard]] std::optional<std::int64_t> Count(std::string_view path);  // from 0 to kHighestFlatNumber
  [[nodiscard]] std::optional<std::int64_t> Integer(std::string_view path);
  [[nodiscard]] std::optional<std::string> Text(std::string_view path);
  [[nodiscard]] std::optional<bool> Boolean(std::string_view path);
  [[nodiscard]] std::vector<std::int64_t> Counts(std::string_view path);  // of a list of nothing else

  // Notes that the line cannot be used for what stands, or does not, at `path`.
  void Refuse(std::string_view path, std::string_view why);
  // The first failure of the calls above, with byte and field.
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  struct Object {};
  struct OtherValue {};  // a list with other things than counts, a text that is too long
  using Value = std::variant<Object, OtherValue, bool, std::int64_t, double, std::string, std::vector<std::int64_t>>;
  struct Entry {
    std::string path;
    std::size_t offset = 0;
    Value value;
  };
  friend class FlatJsonReader;

  [[nodiscard]] const Entry* Find(std::string_view path) const;
  [[nodiscard]] const Entry* FindOne(std::string_view path);

  std::vector<Entry> entries_;
  Status status_;
};

}  // namespace inferometer::exchange
