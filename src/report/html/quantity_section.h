#pragma once
// The sections that ask one thing of one quantity: how long, how fast, how much.

#include "analyze/statistics.h"
#include "report/html/section.h"

namespace inferometer::report::html {

struct Quantity {
  analyze::Block block;
  const char* id;
  const char* question;
  const char* name;
  const char* axis;        // with unit: "ms an inference"
  const char* unit;        // behind a figure
  const char* absent;      // said where no group has it
  int decimals;            // in tables
  bool has_distributions;  // pictures of each group
};

inline constexpr Quantity kInferenceTime = {analyze::Block::kInferenceTime,
                                            "time",
                                            "How long does an inference take?",
                                            "Inference time",
                                            "ms an inference",
                                            "ms",
                                            "No inference time was measured.",
                                            1,
                                            true};
inline constexpr Quantity kFirstToken = {analyze::Block::kTimeToFirstToken,
                                         "first-token",
                                         "How long until the first token?",
                                         "First token",
                                         "ms to the first token",
                                         "ms",
                                         "No time to the first token was measured.",
                                         1,
                                         true};
inline constexpr Quantity kSpeed = {analyze::Block::kTokensPerSecond,
                                    "speed",
                                    "How fast are tokens generated?",
                                    "Speed",
                                    "tokens/s",
                                    "tokens/s",
                                    "No speed of generation was measured.",
                                    1,
                                    true};
inline constexpr Quantity kMemory = {analyze::Block::kMemoryUsage,
                                     "memory",
                                     "How much memory does it take?",
                                     "Memory",
                                     "MB at the peak of an inference",
                                     "MB",
                                     "No memory was measured.",
                                     1,
                                     false};
inline constexpr Quantity kCpu = {analyze::Block::kCpuUsage,
                                  "cpu",
                                  "How busy is the processor?",
                                  "Processor",
                                  "% of one core",
                                  "% of one core",
                                  "No processor time was measured.",
                                  1,
                                  false};

[[nodiscard]] Section QuantitySection(const Report& report, const Quantity& quantity);

// The cards with a histogram of each pictured group; used for energy, too.
void AppendDistributions(const Report& report, const Quantity& quantity, HtmlWriter& html);

}  // namespace inferometer::report::html
