#pragma once
// For tests: what a power cut leaves of the unsynced changes of one file, and who decides where several things may
// survive.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace inferometer::os {

// Picks one of `below` possibilities: 0 to below - 1. `below` is at least 1. By convention the last one is the one in
// which the most survives.
using Choice = std::function<std::size_t(std::size_t below)>;

// The same picks for the same seed. Some seeds are kinder than others, so that "all but one" and "none but one" come up
// as often as halves.
class SeededChoice {
 public:
  explicit SeededChoice(std::uint64_t seed);
  std::size_t operator()(std::size_t below);

 private:
  std::mt19937_64 random_;
  double kindness_;
};

// Every sequence of picks, one in each round:
//   EveryChoice every;
//   do { ... disk.Crash(std::ref(every), mode); ... } while (every.NextRound());
// Only for small traces: the rounds are the product of all possibilities.
class EveryChoice {
 public:
  std::size_t operator()(std::size_t below);
  // False when every sequence has been.
  bool NextRound();

 private:
  struct Pick {
    std::size_t picked = 0;
    std::size_t below = 1;
  };
  std::vector<Pick> picks_;
  std::size_t at_ = 0;
};

enum class CrashMode {
  kDropUnsynced,  // nothing survives that was not synced
  kKeepAll,       // everything survives
  kPrefix,        // what was done before some moment survives; a write at that moment in part, to the byte
  kSubset,        // any sectors, any changes of names, any length that the file had meanwhile
  kZeros,         // as kSubset, but the last length survives: what is missing of the contents reads as zeros
  kStaleBlocks,   // as kZeros, but what is missing may also read as something that another file holds or once held
};

inline constexpr CrashMode kCrashModes[] = {CrashMode::kDropUnsynced, CrashMode::kKeepAll, CrashMode::kPrefix,
                                            CrashMode::kSubset,       CrashMode::kZeros,   CrashMode::kStaleBlocks};

// How one crash of a whole disk goes.
struct CrashPlan {
  CrashMode mode = CrashMode::kDropUnsynced;
  Choice choose = {};
  // A sector is written whole or not at all.
  std::size_t sector_bytes = 512;
  // For kPrefix: changes before this moment survive, the one at it in part.
  std::uint64_t cut = 0;
  // For kStaleBlocks: contents of other files, none of them empty.
  std::vector<std::string_view> stale = {};
};

// A write of `bytes` at `offset`, or a change of the length. `moment` counts the changes of the whole disk.
struct FileChange {
  std::uint64_t moment = 0;
  std::uint64_t offset = 0;
  std::string bytes = {};
  std::optional<std::uint64_t> length = {};
};

// Carries a change out; holes read as zeros.
void Apply(const FileChange& change, std::string& contents);

// The contents after the crash, of a file that had `durable` at its last sync and `changes`, oldest first, since.
[[nodiscard]] std::string Survivors(const std::string& durable, const std::vector<FileChange>& changes,
                                    const CrashPlan& plan);

}  // namespace inferometer::os
