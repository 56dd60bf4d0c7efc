#pragma once
// From a sensor message to what the model is asked.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "telemetry/sensor_message.h"

namespace inferometer::telemetry {

inline constexpr std::size_t kLargestTemplateBytes = std::size_t{16} * 1024;

// Asks a small instruct model for one short sentence.
extern const std::string_view kDefaultPromptTemplate;

// Text with the places {temp}, {humidity}, {co}, {lpg}, {smoke}, {light}, {motion}, {device_id} and {ts}; "{{" and "}}"
// stand for braces. Copyable value; Render is safe from any thread.
class PromptTemplate {
 public:
  // kInvalidArgument, with the byte, for an unknown place (the sentence lists those known), a brace without its
  // partner, an empty text or one of more than kLargestTemplateBytes.
  [[nodiscard]] static Result<PromptTemplate> Parse(std::string_view text);

  [[nodiscard]] std::string Render(const SensorMessage& message) const;

 private:
  using Append = void (*)(const SensorMessage&, std::string&);
  struct Place {
    std::string_view name;
    Append append;
  };
  struct Piece {
    std::string text;         // comes first
    Append append = nullptr;  // then this, unless null
  };
  static const std::vector<Place>& Places();
  [[nodiscard]] static Result<const Place*> Find(std::string_view name, std::size_t offset_bytes);

  std::vector<Piece> pieces_;
};

}  // namespace inferometer::telemetry
