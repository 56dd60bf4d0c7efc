// inferometer: one program, one file per subcommand.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/analyze.h"
#include "cli/archive.h"
#include "cli/bench.h"
#include "cli/clean.h"
#include "cli/command.h"
#include "cli/compare.h"
#include "cli/device.h"
#include "cli/doctor.h"
#include "cli/export.h"
#include "cli/hub.h"
#include "cli/import.h"
#include "cli/keys.h"
#include "cli/measure.h"
#include "cli/query.h"
#include "cli/selftest.h"
#include "cli/settings.h"
#include "cli/simulate.h"
#include "cli/verify.h"
#include "cli/version.h"

namespace inferometer::cli {
namespace {

constexpr std::array kCommands = {
    Command{"Run and record", "device", "messages in, every Nth to the LLM, measured records out",
            "inferometer device --generate 50", SetUpDevice},
    Command{"Run and record", "hub", "collect what devices send, each record once, and acknowledge it",
            "inferometer hub --out hub-metrics --broker localhost", SetUpHub},
    Command{"Run and record", "measure", "time, CPU, peak memory and energy of any program",
            "inferometer measure -- ./llama-cli -m model.gguf -p hi", SetUpMeasure},
    Command{"Run and record", "bench",
            "models and thread counts against each other, in random blocks, until it is decided",
            "inferometer bench -m a.gguf -m b.gguf -t 1,2", SetUpBench},
    Command{"Ask", "analyze", "summary and comparison of what was recorded", "inferometer analyze --compare",
            SetUpAnalyze},
    Command{"Ask", "query", "SQL over every record: one SELECT, which can change nothing and reach nothing else",
            "inferometer query \"SELECT model_name, avg(tokens_per_second) FROM records GROUP BY 1\"", SetUpQuery},
    Command{"Ask", "export", "every record into PostgreSQL, SQLite, CSV or JSON lines",
            "inferometer export --to records.sqlite", SetUpExport},
    Command{"Ask", "import", "what llama-bench, AIPerf, llama-server, Ollama or the older system wrote, as records",
            "inferometer import bench.jsonl --device-id pi-07", SetUpImport},
    Command{"Ask", "compare", "whether one run is faster, smaller or more frugal than another, with its uncertainty",
            "inferometer compare metrics-before metrics-after", SetUpCompare},
    Command{"Keep", "verify", "whether what was recorded is all there, once, and whole", "inferometer verify metrics",
            SetUpVerify},
    Command{"Keep", "archive", "metrics files into Parquet, a twentieth of their size, for any engine to read",
            "inferometer archive --metrics-dir metrics", SetUpArchive},
    Command{"Keep", "clean", "lets go what is older than you keep it, and nothing that a hub is still owed",
            "inferometer clean --older-than 90d --keep pi-07=forever --dry-run", SetUpClean},
    Command{"Set up", "doctor", "what this machine can measure, what would allow more, and what can be published",
            "inferometer doctor", SetUpDoctor},
    Command{"Set up", "selftest", "what measuring does to what is measured, on this machine",
            "inferometer selftest --for 60", SetUpSelftest},
    Command{"Set up", "keys", "certificates, access list and broker configuration for a lab or a fleet",
            "inferometer keys ca --out keys", SetUpKeys},
    Command{"Set up", "simulate", "publish sensor messages to a broker, as a device's sensors would",
            "inferometer simulate --broker localhost --device-id 00:0f:00:70:91:0a --generate 50", SetUpSimulate},
};

std::string HelpText() {
  std::string text =
      "Inferometer measures every inference of an LLM on a device, keeps the records, and answers from them.\n\n"
      "Usage: inferometer SUBCOMMAND [OPTIONS]\n";
  std::string_view group;
  for (const Command& command : kCommands) {
    if (command.group != group) text += fmt::format("\n{}:\n", command.group);
    group = command.group;
    text += fmt::format("  {:<10} {}\n  {:<10}   {}\n", command.name, command.line, "", command.example);
  }
  text +=
      "\nEvery option also has an environment variable (INFEROMETER_<OPTION>) and a key in a TOML file (--config "
      "FILE);\n"
      "command line beats environment beats file. `inferometer SUBCOMMAND --help` lists the options, `inferometer\n"
      "--version` says what this is. Exit codes: 0 done, 1 something asked for could not be done, 2 wrong usage.\n";
  return text;
}

int Print(const std::string& text, std::FILE* stream, int exit_code) {
  std::fwrite(text.data(), 1, text.size(), stream);
  return exit_code;
}

// The subcommands, by name, with what each runs.
class Program {
 public:
  // Of all subcommands, or of one only: the others' options would take longer to set up than a short command runs.
  explicit Program(std::optional<std::string_view> only) {
    root_.set_version_flag("--version", VersionText());
    root_.require_subcommand(0, 1);
    root_.option_defaults()->take_last();  // so that a script can append to what it was given
    for (const Command& command : kCommands) {
      if (only && command.name != *only) continue;
      CLI::App* app = root_.add_subcommand(std::string(command.name), std::string(command.line));
      run_[app] = command.set_up(*app);
      app->add_option("--config", "TOML file with options")->type_name("FILE");
      NameEnvironment(*app);
      app->footer(fmt::format("Example: {}", command.example));
    }
  }

  int Run(int argc, const char* const* argv) {
    if (argc < 2) return Print(HelpText(), stderr, kWrongUsage);
    const std::string_view first = argv[1];
    if (first == "--help" || first == "-h" || first == "help") return Help(argc > 2 ? argv[2] : "");
    if (const auto file = ConfigFile(argc, argv)) {
      const Status applied = ApplyFile(*file, root_);
      if (!applied.ok()) return Print(applied.message() + "\n", stderr, kWrongUsage);
    }
    try {
      root_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return root_.exit(error) == 0 ? kDone : kWrongUsage;
    }
    const auto chosen = root_.get_subcommands();
    return chosen.empty() ? Print(HelpText(), stderr, kWrongUsage) : run_.at(chosen.front())();
  }

 private:
  int Help(const std::string& subcommand) {
    if (subcommand.empty()) return Print(HelpText(), stdout, kDone);
    for (const auto& [app, run] : run_) {
      if (app->get_name() == subcommand) return Print(app->help(), stdout, kDone);
    }
    return Print(fmt::format("there is no subcommand \"{}\"; `inferometer help` lists them\n", subcommand), stderr,
                 kWrongUsage);
  }

  CLI::App root_{"", "inferometer"};
  std::map<CLI::App*, std::function<int()>> run_;
};

// The subcommand that the arguments name, where no other's options matter: a file may have those of all.
std::optional<std::string_view> OnlyCommand(int argc, const char* const* argv) {
  if (argc < 2 || ConfigFile(argc, argv)) return std::nullopt;
  const std::string_view first = argv[1];
  const bool is_one =
      std::any_of(kCommands.begin(), kCommands.end(), [&](const auto& one) { return one.name == first; });
  return is_one ? std::optional(first) : std::nullopt;
}

}  // namespace
}  // namespace inferometer::cli

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of the write, which is told
  try {
    return inferometer::cli::Program(inferometer::cli::OnlyCommand(argc, argv)).Run(argc, argv);
  } catch (const std::exception& error) {  // out of memory, or a defect; nothing below lets one out on purpose
    std::fprintf(stderr, "inferometer: %s\n", error.what());
    return inferometer::cli::kFailed;
  }
}
