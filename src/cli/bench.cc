#include "cli/bench.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/bench_command.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/number_list.h"
#include "cli/probe_options.h"

namespace inferometer::cli {
namespace {

constexpr int kMostThreads = 512;
constexpr int kMostTokens = 1'000'000;
const char* const kPlanGroup =
    "What is run (multiple values with commas, or by giving the option again; numbers as ranges, too: 1-8, 2-8+2, "
    "64-512*2)";
const char* const kHowLongGroup = "How long";
const char* const kKeepGroup = "Measuring and keeping";

void AddNumbers(CLI::App& app, const std::string& names, std::vector<int>& numbers, int least, int most,
                const std::string& text) {
  const auto read = [&numbers, names, least, most](const std::vector<std::string>& words) {
    auto list = ParseNumberList(words, least, most);
    // how CLI11 wants to hear of it
    if (!list.ok()) throw CLI::ValidationError(names.substr(names.find("--")), list.status().message());
    numbers = std::move(list).value();
  };
  app.add_option_function<std::vector<std::string>>(names, read, text)
      ->take_all()
      ->delimiter(',')
      ->type_name("N")
      ->group(kPlanGroup);
}

void AddPlan(CLI::App& app, BenchArguments& a) {
  app.add_option("-m,--model", a.models, "GGUF files (default: the model that the set-up brought)")
      ->take_all()
      ->delimiter(',')
      ->type_name("FILE")
      ->group(kPlanGroup);
  AddNumbers(app, "-t,--threads", a.threads, 1, kMostThreads, "CPU threads (default: all CPUs)");
  AddNumbers(app, "-p,--n-prompt", a.n_prompt, 0, kMostTokens, "Tests of a prompt of N random tokens (default: 512)");
  AddNumbers(app, "-n,--n-gen", a.n_gen, 0, kMostTokens,
             "Tests of N tokens one by one; with --prompts most tokens of an answer (default: 128)");
  app.add_option(
         "--prompts", a.prompts,
         "Real prompts instead of tests: one a line, or with blank lines between, or JSON lines with \"prompt\" "
         "and \"id\"")
      ->type_name("FILE")
      ->group(kPlanGroup);
  app.add_option("-b,--batch-size", a.batch_tokens, "Most tokens of a prompt in one call of the engine")
      ->check(CLI::Range(1, kMostTokens))
      ->capture_default_str()
      ->type_name("N")
      ->group(kPlanGroup);
  app.add_option("-c,--context", a.context_tokens,
                 "Context in tokens (default: what the tests need; with --prompts the model's, at most 2048)")
      ->check(CLI::Range(64, 10'000'000))
      ->type_name("N")
      ->group(kPlanGroup);
  app.add_option("--n-gpu-layers,--gpu-layers", a.gpu_layers, "Layers on the GPU, -1 for all")
      ->check(CLI::Range(-1, 10'000))
      ->capture_default_str()
      ->type_name("N")
      ->group(kPlanGroup);
  app.add_flag("--reload", a.reloads, "Load each model anew for its turn, so that the memory it takes is measured")
      ->group(kPlanGroup);
}

void AddHowLong(CLI::App& app, BenchArguments& a) {
  app.add_option("-r,--repetitions", a.repetitions, "So many blocks (default: as many as decide)")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N")
      ->group(kHowLongGroup);
  app.add_option("--effect", a.effect_percent, "The difference that is to be found in four benches of five")
      ->check(CLI::Range(0.01, 1000.0))
      ->capture_default_str()
      ->type_name("PERCENT")
      ->group(kHowLongGroup);
  app.add_option("--metric", a.metric,
                 "What decides, and the only one that is compared (default: inference_time_ms for tests, "
                 "tokens_per_second for prompts)")
      ->type_name("NAME")
      ->group(kHowLongGroup);
  app.add_option("--max-blocks", a.most_blocks, "No more blocks, decided or not")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->type_name("N")
      ->group(kHowLongGroup);
  app.add_option("--max-time", a.max_time, "Begin no block after so long: 45s, 30m, 2h")
      ->type_name("TIME")
      ->group(kHowLongGroup);
  app.add_option("--delay", a.delay_seconds, "Pause between two runs, also where the machine is cool")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str()
      ->type_name("SECONDS")
      ->group(kHowLongGroup);
  app.add_option("--warm-ups", a.warm_ups, "Runs after each load that count for nothing")
      ->check(CLI::Range(0, 100))
      ->capture_default_str()
      ->type_name("N")
      ->group(kHowLongGroup);
  app.add_option("--seed", a.seed, "Of the order (default: a random one, which is printed)")
      ->type_name("N")
      ->group(kHowLongGroup);
}

void AddKeeping(CLI::App& app, BenchArguments& a) {
  app.add_option("--out", a.out, "Folder of the records (default: metrics/bench-<time>); a bench that it holds goes on")
      ->type_name("DIR")
      ->group(kKeepGroup);
  app.add_option("--resume", a.resume, "Go on with the bench in this folder, as it was planned")
      ->type_name("DIR")
      ->group(kKeepGroup);
  app.add_option("--device-id", a.device_id, "Id of this device (default: the address of its first network interface)")
      ->envname("DEVICE_ID")
      ->group(kKeepGroup);
  app.add_option("--experiment", a.experiment, "A name that goes into every file's context")->group(kKeepGroup);
  app.add_flag("--portable-names", a.portable_names, "File names with - for :")->group(kKeepGroup);
  AddProbeOptions(app, a.recorder, kKeepGroup);
}

void AddAnswer(CLI::App& app, BenchArguments& a) {
  app.add_option("--margin", a.margin_percent, "Differences up to this count as none")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str()
      ->type_name("PERCENT")
      ->group("Answer");
  app.add_option("-o,--output,--format", a.output,
                 "table, or as llama-bench: md, csv, json, jsonl, sql; then the comparison is on standard error")
      ->transform(Choice<BenchOutput>({{"table", BenchOutput::kTable},
                                       {"md", BenchOutput::kMarkdown},
                                       {"markdown", BenchOutput::kMarkdown},
                                       {"csv", BenchOutput::kCsv},
                                       {"json", BenchOutput::kJson},
                                       {"jsonl", BenchOutput::kJsonl},
                                       {"sql", BenchOutput::kSql}}))
      ->default_str("table")
      ->type_name("FORMAT")
      ->group("Answer");
}

// Options that make the plan, which a bench that goes on has already.
std::string PlanOptionBeside(const CLI::App& app) {
  for (const char* name : {"--model", "--threads", "--n-prompt", "--n-gen", "--prompts", "--batch-size", "--context",
                           "--n-gpu-layers", "--reload", "--repetitions", "--effect", "--metric", "--max-blocks",
                           "--delay", "--warm-ups", "--seed", "--experiment", "--out"}) {
    if (app.count(name) > 0) return name;
  }
  return "";
}

}  // namespace

std::function<int()> SetUpBench(CLI::App& app) {
  auto arguments = std::make_shared<BenchArguments>();
  AddPlan(app, *arguments);
  AddHowLong(app, *arguments);
  AddKeeping(app, *arguments);
  AddAnswer(app, *arguments);
  return [arguments, &app] {
    const std::string beside = arguments->resume.empty() ? "" : PlanOptionBeside(app);
    if (!beside.empty()) {
      std::fprintf(stderr, "bench: --resume goes on as it was planned: leave out %s\n", beside.c_str());
      return kWrongUsage;
    }
    arguments->asks_for_prompt_tests = app.count("--n-prompt") > 0;
    return RunBench(*arguments, stdout, stderr);
  };
}

}  // namespace inferometer::cli
