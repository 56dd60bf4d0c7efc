#include "cli/measure_table.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using report::TerminalText;

// Lines of a name, a figure and what is to be known of it; in columns.
class Lines {
 public:
  void Add(std::string_view name, std::string figure, std::string note) {
    width_ = std::max(width_, figure.size());
    lines_.push_back({std::string(name), std::move(figure), std::move(note)});
  }
  [[nodiscard]] std::string Render() const {
    std::string text;
    for (const auto& [name, figure, note] : lines_) {
      std::string line = fmt::format("  {:<13} {:>{}}  {}", name, figure, width_, note);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

 private:
  struct Line {
    std::string name;
    std::string figure;
    std::string note;
  };
  std::vector<Line> lines_;
  std::size_t width_ = 0;
};

std::string_view FlagInWords(const std::string& flag) {
  static const std::map<std::string_view, std::string_view> kWords = {
      {"throttled", "the machine slowed itself down: let it cool, then measure again"},
      {"swap", "memory was in swap: free some, or take a smaller model"},
      {"major_faults", "pages had to come from the disk: run it once more, warm"},
      {"steal", "the hypervisor gave the CPUs to others: measure on a quiet host"},
      {"background_load", "other programs used the CPUs: stop them, or measure again"},
      {"clock_step", "the wall clock was set meanwhile: do not trust the timestamp"},
      {"short_window", "too short for this source of energy: measure a longer run"},
  };
  const auto found = kWords.find(flag);
  return found == kWords.end() ? std::string_view() : found->second;
}

std::string_view MemorySourceInWords(const std::string& source) {
  if (source == "ru_maxrss") return "exact, of the largest process";
  if (source == "sampled_sum") return "the largest sum over its processes that was sampled";
  return "";
}

std::string_view CpuSourceInWords(const std::string& source) {
  if (source == "rusage") return "exact";
  if (source == "process_clock_ticks") return "behind by up to a tick a thread";
  return "";
}

void AddCpu(const InferenceRecord& record, Lines& lines) {
  if (!record.cpu_time_ms) return lines.Add("CPU time", "-", "not known: the process ended unseen");
  std::string note;
  if (record.cpu_percent_avg && record.cpu_machine_percent_avg) {
    note =
        fmt::format("{:.1f} % of one CPU, {:.1f} % of all; ", *record.cpu_percent_avg, *record.cpu_machine_percent_avg);
  }
  const std::string source = record.cpu_source.value_or("?");
  lines.Add("CPU time", fmt::format("{:.3f} s", *record.cpu_time_ms / 1000),
            fmt::format("{}{} ({})", note, CpuSourceInWords(source), source));
}

void AddMemory(const InferenceRecord& record, Lines& lines) {
  if (!record.memory_peak_mb) return;
  const std::string source = record.memory_peak_source.value_or("?");
  lines.Add("peak memory", fmt::format("{:.1f} MB", *record.memory_peak_mb),
            fmt::format("{} ({})", MemorySourceInWords(source), source));
  if (record.processes) lines.Add("processes", std::to_string(*record.processes), "most at one time");
}

// Figures from mJ and mW, in a unit that leaves some digits before the point.
std::string InJoules(double mj, double uncertainty_mj) {
  if (mj < 1000) return fmt::format("{:.1f} +- {:.1f} mJ", mj, uncertainty_mj);
  return fmt::format("{:.2f} +- {:.2f} J", mj / 1000, uncertainty_mj / 1000);
}

void AddEnergy(const InferenceRecord& record, Lines& lines) {
  if (!record.energy_consumed_mj) {
    return lines.Add("energy", "-", TerminalText(record.energy_unavailable_reason.value_or("not measured")));
  }
  lines.Add("energy", InJoules(*record.energy_consumed_mj, record.energy_uncertainty_mj.value_or(0)),
            fmt::format("{}, over {}, quality: {}", record.energy_source.value_or("?"),
                        record.energy_scope.value_or("?"), record.energy_quality.value_or("?")));
  if (record.average_power_mw)
    lines.Add("power", fmt::format("{:.2f} W", *record.average_power_mw / 1000), "on average");
  if (record.energy_unavailable_reason) {
    lines.Add("", "", "no better source: " + TerminalText(*record.energy_unavailable_reason));
  }
}

void AddSurroundings(const InferenceRecord& record, Lines& lines) {
  if (record.major_faults.value_or(0) > 0)
    lines.Add("disk faults", std::to_string(*record.major_faults), "pages read from disk");
  if (record.background_cpu_percent) {
    lines.Add("other load", fmt::format("{:.1f} %", *record.background_cpu_percent), "of all CPUs");
  }
  if (record.steal_ms.value_or(0) > 0)
    lines.Add("stolen", fmt::format("{:.0f} ms", *record.steal_ms), "by the hypervisor");
}

std::string Outcome(const InferenceRecord& record) {
  if (!record.exit_code) return "";
  if (record.error_type == "signal") return fmt::format("ended by signal {}", *record.exit_code - 128);
  return fmt::format("exit code {}", *record.exit_code);
}

}  // namespace

std::string MeasureTable(const InferenceRecord& record) {
  std::string text = TerminalText(record.command.value_or("")) + "\n";
  if (!record.inference_time_ms) return text + fmt::format("  was not run: {}\n", Outcome(record));
  Lines lines;
  lines.Add("wall time", fmt::format("{:.3f} s", *record.inference_time_ms / 1000), Outcome(record));
  AddCpu(record, lines);
  AddMemory(record, lines);
  AddEnergy(record, lines);
  AddSurroundings(record, lines);
  text += lines.Render();
  for (const std::string& flag : record.flags) text += fmt::format("  ! {}: {}\n", flag, FlagInWords(flag));
  return text;
}

}  // namespace inferometer::cli
