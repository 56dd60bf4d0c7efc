// A plan as text: what keeps it from run to run, and tells it from another.

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>

#include "base/device_id.h"
#include "exchange/flat_json.h"
#include "exchange/sha256.h"
#include "record/json_write.h"
#include "trial/bench_plan.h"

namespace inferometer::trial {
namespace {

using exchange::FlatJson;

constexpr int kPlanVersion = 1;
constexpr std::size_t kMostArms = 64;
constexpr std::size_t kMostTests = 256;
constexpr std::streamoff kPiece = 1 << 20;

std::string Quoted(std::string_view text) {
  std::string out;
  record::AppendQuoted(text, out);
  return out;
}

std::string Number(double value) {
  std::string out;
  record::AppendNumber(value, out);
  return out;
}

// {"0":{...},"1":{...}}, which FlatJson reads back.
template <typename Items, typename AsObject>
std::string Numbered(const Items& items, AsObject as_object) {
  std::string out = "{";
  std::size_t number = 0;
  for (const auto& item : items) {
    const std::string object = as_object(item);
    if (object.empty()) continue;
    out += fmt::format("{}\n  \"{}\":{}", number == 0 ? "" : ",", number, object);
    ++number;
  }
  return out + (number == 0 ? "}" : "\n}");
}

std::string ArmObject(const BenchArm& arm) {
  return fmt::format(R"({{"name":{},"model":{},"threads":{},"fingerprint":{}}})", Quoted(arm.name),
                     Quoted(arm.model.string()), arm.threads, Quoted(arm.fingerprint));
}

std::string TestObject(const Workload& one) {
  if (!one.fixed) return "";
  return fmt::format(R"({{"prompt_tokens":{},"generated_tokens":{}}})", one.fixed->prompt_tokens,
                     one.fixed->generated_tokens);
}

// Reads keys, and remembers the first one that is not as it must be.
class PlanReader {
 public:
  explicit PlanReader(FlatJson json) : json_(std::move(json)) {}

  Result<BenchPlan> Read() {
    if (Int("bench_version", kPlanVersion, kPlanVersion) != kPlanVersion || !json_.status().ok()) return Failure();
    BenchPlan plan;
    plan.id = Text("id");
    plan.seed = static_cast<std::uint64_t>(json_.Count("seed").value_or(0));
    ReadArms(plan);
    ReadTests(plan);
    plan.prompts_file = Text("prompts_file");
    plan.prompts_fingerprint = Text("prompts_fingerprint");
    plan.experiment = Text("experiment");
    ReadNumbers(plan);
    plan.metric = Text("metric");
    if (plan.arms.empty()) json_.Refuse("arms", "missing");
    if (plan.workloads.empty() == plan.prompts_file.empty())
      json_.Refuse("tests", "neither tests nor prompts, or both");
    if (!json_.status().ok()) return Failure();
    return plan;
  }

 private:
  Status Failure() const { return {Code::kDataLoss, "no plan of a bench: " + json_.status().message()}; }

  int Int(const std::string& path, int least, int most) {
    const auto number = json_.Integer(path);
    if (number && *number >= least && *number <= most) return static_cast<int>(*number);
    json_.Refuse(path, number ? "out of range" : "missing");
    return least;
  }
  std::string Text(const std::string& path) {
    auto text = json_.Text(path);
    if (!text) json_.Refuse(path, "missing");
    return std::move(text).value_or("");
  }

  void ReadArms(BenchPlan& plan) {
    for (std::size_t i = 0; i < kMostArms && json_.HasObject(fmt::format("arms.{}", i)); ++i) {
      const std::string path = fmt::format("arms.{}.", i);
      BenchArm arm{Text(path + "name"), Text(path + "model"), Int(path + "threads", 1, 512),
                   Text(path + "fingerprint")};
      if (!base::CheckDeviceName(arm.name).ok()) json_.Refuse(path + "name", "no name of a folder");
      plan.arms.push_back(std::move(arm));
    }
  }
  void ReadTests(BenchPlan& plan) {
    constexpr int kMost = 10'000'000;
    for (std::size_t i = 0; i < kMostTests && json_.HasObject(fmt::format("tests.{}", i)); ++i) {
      const std::string path = fmt::format("tests.{}.", i);
      const engine::FixedTest test{Int(path + "prompt_tokens", 0, kMost), Int(path + "generated_tokens", 0, kMost)};
      plan.workloads.push_back(TestWorkload(test));
    }
  }
  void ReadNumbers(BenchPlan& plan) {
    constexpr int kMost = 10'000'000;
    plan.max_tokens = Int("max_tokens", 1, kMost);
    plan.context_tokens = Int("context_tokens", 0, kMost);
    plan.batch_tokens = Int("batch_tokens", 1, kMost);
    plan.gpu_layers = Int("gpu_layers", -1, kMost);
    plan.warm_ups = Int("warm_ups", 0, kMost);
    plan.reloads = json_.Boolean("reloads").value_or(false);
    if (json_.Has("blocks")) plan.blocks = Int("blocks", 1, kMost);
    plan.most_blocks = Int("most_blocks", 1, kMost);
    plan.effect_percent = json_.Number("effect_percent", 1e6).value_or(0);
    if (plan.effect_percent <= 0) json_.Refuse("effect_percent", "not above 0");
    plan.delay_seconds = json_.Number("delay_seconds", 1e6).value_or(-1);
    if (plan.delay_seconds < 0) json_.Refuse("delay_seconds", "missing or below 0");
  }

  FlatJson json_;
};

}  // namespace

Workload TestWorkload(const engine::FixedTest& test) {
  std::string id = test.prompt_tokens > 0 ? fmt::format("pp{}", test.prompt_tokens) : "";
  if (test.generated_tokens > 0) id += fmt::format("{}tg{}", id.empty() ? "" : "+", test.generated_tokens);
  return {std::move(id), test, {}};
}

std::string PlanJson(const BenchPlan& plan) {
  std::string out =
      fmt::format("{{\n\"bench_version\":{},\n\"id\":{},\n\"seed\":{},\n", kPlanVersion, Quoted(plan.id), plan.seed);
  out += "\"arms\":" + Numbered(plan.arms, ArmObject) + ",\n";
  out += "\"tests\":" + Numbered(plan.workloads, TestObject) + ",\n";
  out += fmt::format("\"prompts_file\":{},\n\"prompts_fingerprint\":{},\n\"experiment\":{},\n",
                     Quoted(plan.prompts_file.string()), Quoted(plan.prompts_fingerprint), Quoted(plan.experiment));
  out += fmt::format("\"max_tokens\":{},\n\"context_tokens\":{},\n\"batch_tokens\":{},\n\"gpu_layers\":{},\n",
                     plan.max_tokens, plan.context_tokens, plan.batch_tokens, plan.gpu_layers);
  out += fmt::format("\"warm_ups\":{},\n\"reloads\":{},\n", plan.warm_ups, plan.reloads);
  if (plan.blocks) out += fmt::format("\"blocks\":{},\n", *plan.blocks);
  out += fmt::format("\"most_blocks\":{},\n\"effect_percent\":{},\n\"metric\":{},\n\"delay_seconds\":{}\n}}\n",
                     plan.most_blocks, Number(plan.effect_percent), Quoted(plan.metric), Number(plan.delay_seconds));
  return out;
}

Result<BenchPlan> ParsePlan(std::string_view json) {
  auto flat = FlatJson::Parse(json);
  if (!flat.ok()) return {Code::kDataLoss, "no plan of a bench: " + flat.status().message()};
  return PlanReader(std::move(flat).value()).Read();
}

std::string WhyOther(const BenchPlan& plan, const BenchPlan& other) {
  BenchPlan same = other;
  same.id = plan.id;
  same.seed = plan.seed;
  const std::string a = PlanJson(plan);
  const std::string b = PlanJson(same);
  if (a == b) return "";
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto line_at = [](const std::string& text, std::string::const_iterator at) {
    const auto offset = static_cast<std::size_t>(at - text.begin());
    const std::size_t before = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    return text.substr(begin, text.find('\n', offset) - begin);
  };
  return fmt::format("it has {} where this one has {}", line_at(a, differ.first), line_at(b, differ.second));
}

Result<std::string> FingerprintOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {Code::kNotFound, file.string() + ": no such file, or it cannot be read"};
  const std::streamoff size = in.tellg();
  exchange::Sha256 hash;
  std::string piece(static_cast<std::size_t>(std::min(size, kPiece)), '\0');
  for (const std::streamoff from : {std::streamoff{0}, std::max<std::streamoff>(0, size - kPiece)}) {
    in.seekg(from);
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!in) return {Code::kPermissionDenied, file.string() + ": cannot be read"};
    hash.Add(piece);
  }
  return fmt::format("{}-{}", size, hash.Hex().substr(0, 32));
}

}  // namespace inferometer::trial
