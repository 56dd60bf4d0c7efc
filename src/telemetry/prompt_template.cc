#include "telemetry/prompt_template.h"

#include <fmt/format.h>

#include <iterator>

#include "base/timestamp.h"

namespace inferometer::telemetry {
namespace {

Status Wrong(std::size_t offset_bytes, std::string_view what) {
  return Status(Code::kInvalidArgument, fmt::format("prompt template, byte {}: {}", offset_bytes, what))
      .At(offset_bytes);
}

template <auto member, int decimals>
void AppendNumber(const SensorMessage& message, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{:.{}f}", message.*member, decimals);
}

}  // namespace

const std::string_view kDefaultPromptTemplate =
    "Sensor {device_id} reports: temperature {temp} C, humidity {humidity} %, carbon monoxide {co}, gas {lpg}, smoke "
    "{smoke}, light {light}, motion {motion}.\n"
    "Normal is: temperature 15 to 30 C, humidity 40 to 80 %, carbon monoxide below 0.010, gas below 0.015, smoke below "
    "0.040.\n"
    "Is anything unusual? Answer in one short sentence.";

const std::vector<PromptTemplate::Place>& PromptTemplate::Places() {
  static const std::vector<Place> places = {
      {"temp", AppendNumber<&SensorMessage::temp, 1>},
      {"humidity", AppendNumber<&SensorMessage::humidity, 1>},
      {"co", AppendNumber<&SensorMessage::co, 4>},
      {"lpg", AppendNumber<&SensorMessage::lpg, 4>},
      {"smoke", AppendNumber<&SensorMessage::smoke, 4>},
      {"light", [](const SensorMessage& m, std::string& out) { out += m.light ? "on" : "off"; }},
      {"motion", [](const SensorMessage& m, std::string& out) { out += m.motion ? "yes" : "no"; }},
      {"device_id", [](const SensorMessage& m, std::string& out) { out += m.device_id; }},
      {"ts", [](const SensorMessage& m, std::string& out) { out += base::FormatRfc3339(m.ts); }},
  };
  return places;
}

Result<const PromptTemplate::Place*> PromptTemplate::Find(std::string_view name, std::size_t offset_bytes) {
  std::string known;
  for (const Place& place : Places()) {
    if (place.name == name) return &place;
    known += fmt::format("{}{{{}}}", known.empty() ? "" : ", ", place.name);
  }
  constexpr std::size_t kMostShown = 32;
  return Wrong(offset_bytes, fmt::format("{{{}}} is not known; known are {}, and {{{{ and }}}} for braces",
                                         name.substr(0, kMostShown), known));
}

Result<PromptTemplate> PromptTemplate::Parse(std::string_view text) {
  if (text.empty()) return Wrong(0, "the template is empty");
  if (text.size() > kLargestTemplateBytes) return Wrong(kLargestTemplateBytes, "more than 16384 bytes");
  PromptTemplate result;
  result.pieces_.emplace_back();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if (c != '{' && c != '}') {
      result.pieces_.back().text += c;
    } else if (doubled) {
      result.pieces_.back().text += c;
      ++at;
    } else if (c == '}') {
      return Wrong(at, "a } without its {; write }} for a brace");
    } else {
      const std::size_t end = text.find('}', at);
      if (end == std::string_view::npos) return Wrong(at, "a { without its }; write {{ for a brace");
      ASSIGN_OR_RETURN(const Place* place, Find(text.substr(at + 1, end - at - 1), at));
      result.pieces_.back().append = place->append;
      result.pieces_.emplace_back();
      at = end;
    }
  }
  return result;
}

std::string PromptTemplate::Render(const SensorMessage& message) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.append != nullptr) piece.append(message, out);
  }
  return out;
}

}  // namespace inferometer::telemetry
