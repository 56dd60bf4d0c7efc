#include "report/html/labels.h"

#include <map>
#include <set>

#include "report/html/escape.h"
#include "report/html/html_writer.h"

namespace inferometer::report::html {
namespace {

using analyze::GroupKey;

constexpr const char* kModelled = "model";
constexpr const char* kModelledWhenCalibrated = "model_calibrated";

void AppendPart(const std::string& part, std::string& out) {
  if (!part.empty()) out += (out.empty() ? "" : ", ") + part;
}

// What may tell groups apart, from the most to the least telling.
std::vector<std::string> PartsOf(const GroupKey& key) {
  const std::string kind = EnergyKindOf(key);
  return {key.compute_device ? ShortName(*key.compute_device) : "runs on something not recorded",
          kind.empty() ? "no energy" : "energy " + kind, ShortName(key.device_id)};
}

}  // namespace

std::vector<Label> LabelsOf(const std::vector<analyze::Group>& groups) {
  std::vector<Label> labels;
  labels.reserve(groups.size());
  for (const analyze::Group& group : groups) {
    labels.push_back({ShortName(group.key.model_name), ShortName(group.key.device_name), ""});
  }
  constexpr std::size_t kParts = 3;
  for (std::size_t part = 0; part < kParts; ++part) {
    std::map<std::string, std::set<std::string>> differing;  // by the label so far
    for (std::size_t i = 0; i < groups.size(); ++i) {
      differing[TextOf(labels[i])].insert(PartsOf(groups[i].key)[part]);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (differing[TextOf(labels[i])].size() > 1) AppendPart(PartsOf(groups[i].key)[part], labels[i].more);
    }
  }
  return labels;
}

std::string TextOf(const Label& label) {
  return label.model + " on " + label.device + (label.more.empty() ? "" : " (" + label.more + ")");
}

std::string MarkupOf(const Label& label) {
  std::string out = "<b>" + NameMarkup(label.model) + "</b> on " + NameMarkup(label.device);
  return label.more.empty() ? out : out + " (<bdi>" + Escaped(label.more) + "</bdi>)";
}

std::string EnergyKindOf(const GroupKey& key) {
  if (!key.energy_source) return "";
  std::string kind = "by " + ShortName(*key.energy_source);
  if (key.energy_source == analyze::kUnspecifiedSource) kind = "of a source not recorded";
  if (key.energy_source == kModelled) kind = "estimated by a model of the board";
  if (key.energy_source == kModelledWhenCalibrated) kind = "estimated by a calibrated model";
  if (key.energy_scope) kind += ", covering the " + ShortName(*key.energy_scope);
  return kind;
}

}  // namespace inferometer::report::html
