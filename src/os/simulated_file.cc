#include "os/simulated_file.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace inferometer::os {
namespace {

std::size_t BlocksFor(std::uint64_t bytes) { return (bytes + kSimulatedBlockBytes - 1) / kSimulatedBlockBytes; }

}  // namespace

void SimulatedFile::Write(std::uint64_t moment, std::string_view bytes, std::uint64_t offset) {
  unsynced_.push_back({.moment = moment, .offset = offset, .bytes = std::string(bytes)});
  Apply(unsynced_.back(), bytes_);
}

void SimulatedFile::Resize(std::uint64_t moment, std::uint64_t length) {
  unsynced_.push_back({.moment = moment, .length = length});
  Apply(unsynced_.back(), bytes_);
  ReleaseBlocksBehind(length);
}

std::uint64_t SimulatedFile::Reserve(std::uint64_t offset, std::uint64_t bytes, std::uint64_t most_blocks) {
  const std::uint64_t end = offset + bytes;
  if (has_block_.size() < BlocksFor(end)) has_block_.resize(BlocksFor(end));
  for (std::uint64_t block = offset / kSimulatedBlockBytes; block < BlocksFor(end); ++block) {
    if (has_block_[block]) continue;
    if (most_blocks == 0) return std::max(offset, block * kSimulatedBlockBytes) - offset;
    has_block_[block] = true;
    --most_blocks;
    ++blocks_;
  }
  return bytes;
}

void SimulatedFile::Sync() {
  for (const FileChange& change : unsynced_) Apply(change, durable_);
  unsynced_.clear();
}

void SimulatedFile::FailToSync(AfterFailedSync after) {
  unsynced_.clear();
  if (after == AfterFailedSync::kReadsNew) return;
  const std::size_t length = bytes_.size();
  bytes_ = durable_;
  bytes_.resize(length);
}

void SimulatedFile::Replace(std::string bytes) {
  unsynced_.clear();
  bytes_ = bytes;
  durable_ = std::move(bytes);
  has_block_.clear();
  blocks_ = 0;
  static_cast<void>(Reserve(0, bytes_.size(), std::numeric_limits<std::uint64_t>::max()));
}

void SimulatedFile::ReleaseBlocksBehind(std::uint64_t length) {
  if (has_block_.size() > BlocksFor(length)) has_block_.resize(BlocksFor(length));
  blocks_ = static_cast<std::uint64_t>(std::ranges::count(has_block_, true));
}

}  // namespace inferometer::os
