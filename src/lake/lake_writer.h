#pragma once
// Puts records into a lake. A partition's file is replaced whole: readers of any program see the old one or the new
// one, never half of one and never a record in both.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "inferometer/status.h"
#include "lake/lake_record.h"
#include "lake/partition.h"
#include "os/files.h"

namespace inferometer::lake {

// What a Commit did.
struct WriteReport {
  std::size_t records = 0;     // put into the lake
  std::size_t partitions = 0;  // written
  std::size_t bytes = 0;       // of the files written, with what they held before
};

// Holds the lake's lock: one writer a lake. One thread at a time. Memory: bounded by `memory_mb`; what does not fit is
// spilled into a hidden folder of the lake.
class LakeWriter {
 public:
  // Creates the lake's folder. kFailedPrecondition where another writer has it.
  [[nodiscard]] static Result<LakeWriter> Open(const std::filesystem::path& lake, os::FileCalls& files,
                                               std::size_t memory_mb = 256);
  ~LakeWriter();
  LakeWriter(LakeWriter&&) noexcept;
  LakeWriter& operator=(LakeWriter&&) = delete;

  // Fails, naming the field, where the lake cannot hold the record.
  [[nodiscard]] static Status Check(const LakeRecord& record);
  // Takes a record that is not in the lake yet: nothing here looks for it. In the lake with the next Commit. Fails
  // without a trace where a value does not fit into its column or the device's id into a folder's name.
  // REQUIRES: it has a timestamp and a device id.
  [[nodiscard]] Status Add(const LakeRecord& record);
  [[nodiscard]] std::size_t added() const;

  // Writes every partition that something was added to, beside the file that is there; reads it back and holds it
  // against what it should hold; makes it durable; and renames it into place. After a failure the partitions before
  // are written and the lake is whole; the writer is of no further use. Once it returns, what was added survives a
  // power cut.
  [[nodiscard]] Result<WriteReport> Commit();

 private:
  struct State;
  explicit LakeWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::lake
