#pragma once
// Where exported records go.

#include <cstdint>

#include "analyze/each_record.h"
#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::exchange {

// One thread at a time. After any failure only destruction makes sense.
class RecordTarget {
 public:
  virtual ~RecordTarget() = default;
  // Takes one record over. It may wait in memory, or in an open transaction, until Finish.
  [[nodiscard]] virtual Status Put(const analyze::RecordOrigin& origin, const InferenceRecord& record) = 0;
  // What loading a model took; a target that has no place for it passes it over.
  [[nodiscard]] virtual Status PutLoad(const analyze::RecordOrigin& origin) = 0;
  // When it succeeds, everything that was put is stored. Call once.
  [[nodiscard]] virtual Status Finish() = 0;
};

}  // namespace inferometer::exchange
