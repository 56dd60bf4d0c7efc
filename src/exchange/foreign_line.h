#pragma once
// Lines that other programs wrote, as records of ours. What they did not measure is absent; docs/export.md has the
// table of which key becomes which field.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "store/context.h"

namespace inferometer::exchange {

enum class ForeignFormat { kLlamaBench, kAiperf, kLlamaServer, kOllama };

// "llama-bench", "aiperf", "llama-server", "ollama".
[[nodiscard]] std::string_view NameOf(ForeignFormat format);

// What the user adds to what the lines say. Used where a line says nothing itself.
struct ForeignDefaults {
  std::string model_name = "unknown";
  std::optional<WallTime> measured_at;
};

struct ForeignLine {
  // With neither device nor id. None where the line tells of no inference, as most chunks of a stream do not.
  std::vector<InferenceRecord> records;
  store::Context context;    // what the line says of the run
  bool lacks_model = false;  // the default stands in its place
};

// Which of them the line, a whole JSON object, is of; nothing where none of their keys is there. kDataLoss: no JSON.
[[nodiscard]] Result<std::optional<ForeignFormat>> GuessFormat(std::string_view line);

// Reads one line. Failures say at which byte of the line and in which field; a line whose values are beyond belief
// fails, too. Pure function; safe from any thread.
[[nodiscard]] Result<ForeignLine> ParseForeignLine(ForeignFormat format, std::string_view line,
                                                   const ForeignDefaults& defaults);

}  // namespace inferometer::exchange
