#pragma once
// Which records are meant, by fields of the record or of its run.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/each_record.h"
#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

inline constexpr std::string_view kDeviceName = "device_name";  // the folder's name, without one the device's id

// What the record, else its run's context, says of `field`, as text: numbers as they are written in JSON, booleans as
// true and false. Lists have none. `session_id` is the stream of record_id where it does not stand in the record.
[[nodiscard]] std::optional<std::string> FieldText(std::string_view field, const RecordOrigin& origin,
                                                   const InferenceRecord& record);

// Finds the misspelt ones among field names: those that the field table does not have, nor any run's context that came.
class FieldWatch {
 public:
  explicit FieldWatch(std::vector<std::string> fields);
  void See(const store::Context& context);
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  std::vector<std::string> unknown_;
};

// Conditions that all have to hold; without any, every record is chosen. Copyable value.
class RecordChoice {
 public:
  // "field=value[,field=value]". kInvalidArgument names the part that is none.
  [[nodiscard]] static Result<RecordChoice> Parse(std::string_view text);

  // Texts are equal byte by byte, numbers as numbers.
  [[nodiscard]] bool Holds(const RecordOrigin& origin, const InferenceRecord& record) const;
  [[nodiscard]] std::vector<std::string> Fields() const;

 private:
  std::vector<std::pair<std::string, std::string>> conditions_;
};

}  // namespace inferometer::analyze
