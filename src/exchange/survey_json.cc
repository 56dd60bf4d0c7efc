#include "exchange/survey_json.h"

#include <string_view>

#include "record/json_pieces.h"

namespace inferometer::exchange {
namespace {

using record::AppendList;
using record::JsonObject;

constexpr int kCostDecimals = 3;
constexpr int kStepDecimals = 6;  // the steady clock's step is some nanoseconds

void AppendFigure(const probe::Verdict& figure, std::string& out) {
  JsonObject object(out);
  object.Text("figure", figure.figure).Text("publishable", std::string(NameOf(figure.level)));
  object.Text("reason", figure.reason).Close();
}

void AppendFinding(const probe::Finding& finding, std::string& out) {
  JsonObject object(out);
  object.Text("group", std::string(NameOf(finding.group))).Text("name", finding.name);
  object.Text("state", std::string(NameOf(finding.state))).Text("detail", finding.detail).Key("next_steps");
  std::string_view separator = "[";
  for (const std::string& step : finding.next_steps) {
    out += separator;
    record::AppendQuoted(step, out);
    separator = ",";
  }
  out += finding.next_steps.empty() ? "[]" : "]";
  object.Real("cost_us", finding.cost_us, kCostDecimals).Real("step_ms", finding.step_ms, kStepDecimals).Close();
}

}  // namespace

std::string SurveyJson(const probe::Survey& survey) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", probe::kSurveySchemaVersion);
  answer.Text("machine", survey.machine).Text("kernel", survey.kernel);
  answer.Text("publishable", std::string(NameOf(survey.all.level))).Text("verdict", survey.all.reason).Key("figures");
  AppendList(
      survey.figures, [&](const probe::Verdict& figure) { AppendFigure(figure, json); }, json);
  answer.Key("findings");
  AppendList(
      survey.findings, [&](const probe::Finding& finding) { AppendFinding(finding, json); }, json);
  answer.Close();
  return json + '\n';
}

}  // namespace inferometer::exchange
