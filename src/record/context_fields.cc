#include "record/context_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace inferometer::record {
namespace {

using enum ContextType;

// name, type, unit, meaning
constexpr ContextField kContextFields[] = {
    {"schema_version", kInteger, "", "Of the file's layout."},
    {"program_version", kText, "", "Of Inferometer."},
    {"experiment", kText, "", "What the user called the run (`--experiment`)."},
    {"host", kText, "", "The machine's name."},
    {"kernel", kText, "", "Its operating system's release."},
    {"cpu_model", kText, "", "Its processor, as the kernel calls it."},
    {"cpus_online", kInteger, "", "Its processors."},
    {"memory_total_mb", kReal, "MB (2^20 bytes)", "Its memory."},
    {"cpu_governor", kText, "", "What chooses the processors' frequency."},
    {"power_mode", kText, "", "The board's power mode, where it has some."},
    {"energy", kText, "", "Where the energies come from, and why from nowhere better."},
    {"power_profile", kText, "", "The board whose profile the energy model uses."},
    {"interval_messages", kInteger, "", "Every so many messages one inference."},
    {"engine", kText, "", "What ran the model."},
    {"engine_version", kText, "", "Its version."},
    {"architecture", kText, "", "The model's, as its file says."},
    {"quantization", kText, "", "The model's, as its file says."},
    {"parameters", kInteger, "", "The model's weights."},
    {"model_file_mb", kReal, "MB (2^20 bytes)", "Size of the model's file."},
    {"context_tokens", kInteger, "tokens", "Room for prompt and answer."},
    {"threads", kInteger, "", "Threads that compute."},
    {"gpu_layers", kInteger, "", "Layers of the model on a GPU."},
    {"max_tokens", kInteger, "tokens", "Most tokens of an answer."},
    {"temperature", kReal, "", "Of sampling; 0 takes the likeliest token."},
    {"seed", kInteger, "", "Of sampling."},
};

}  // namespace

std::span<const ContextField> ContextFields() { return kContextFields; }

std::optional<std::size_t> FindContextField(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kContextFields), std::end(kContextFields),
                                         [&](const ContextField& field) { return field.name == name; });
  if (found == std::end(kContextFields)) return std::nullopt;
  return static_cast<std::size_t>(found - std::begin(kContextFields));
}

std::string ContextFieldsAsMarkdown() {
  static constexpr std::string_view kTypeNames[] = {"text", "integer", "real"};
  std::string out =
      "\n# The context of a run\n\nStands once in a file, under `context`, and as columns beside every record in a "
      "lake "
      "or a database. What is not known is absent.\n\n| entry | type | unit | meaning |\n|---|---|---|---|\n";
  for (const ContextField& field : kContextFields) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.name, kTypeNames[static_cast<std::size_t>(field.type)],
                       field.unit, field.meaning);
  }
  return out;
}

}  // namespace inferometer::record
