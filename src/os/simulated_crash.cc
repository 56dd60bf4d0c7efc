#include "os/simulated_crash.h"

#include <algorithm>
#include <map>

namespace inferometer::os {
namespace {

using WritesBySector = std::map<std::uint64_t, std::size_t>;

std::uint64_t LengthAfter(const FileChange& change, std::uint64_t length) {
  return change.length.value_or(std::max<std::uint64_t>(length, change.offset + change.bytes.size()));
}

// The part of a write that falls into one sector.
struct Piece {
  std::uint64_t sector;
  std::uint64_t offset;  // in the file
  std::string_view bytes;
};

std::vector<Piece> PiecesOf(const FileChange& write, std::size_t sector_bytes) {
  std::vector<Piece> pieces;
  std::string_view rest = write.bytes;
  for (std::uint64_t offset = write.offset; !rest.empty(); offset += pieces.back().bytes.size()) {
    const std::size_t to_the_end_of_the_sector = sector_bytes - offset % sector_bytes;
    pieces.push_back({offset / sector_bytes, offset, rest.substr(0, to_the_end_of_the_sector)});
    rest.remove_prefix(pieces.back().bytes.size());
  }
  return pieces;
}

// Of the writes into each sector the first so many reached the disk: a later one takes the earlier ones along, because
// the sector is written as it stands in memory.
WritesBySector SurvivingWrites(const std::vector<FileChange>& changes, const CrashPlan& plan) {
  WritesBySector writes;
  for (const FileChange& change : changes) {
    for (const Piece& piece : PiecesOf(change, plan.sector_bytes)) ++writes[piece.sector];
  }
  for (auto& [sector, count] : writes) count = plan.choose(count + 1);
  return writes;
}

std::size_t CountOfLengths(std::uint64_t length, const std::vector<FileChange>& changes) {
  std::size_t count = 0;
  for (const FileChange& change : changes) {
    if (LengthAfter(change, length) != length) ++count;
    length = LengthAfter(change, length);
  }
  return count;
}

// Puts together what survives of a file: sectors one by one, lengths in the order in which the file had them.
class Remains {
 public:
  Remains(const std::string& durable, const std::vector<FileChange>& changes, const CrashPlan& plan)
      : plan_(plan), contents_(durable), length_(durable.size()), surviving_length_(durable.size()) {
    const std::size_t lengths = CountOfLengths(durable.size(), changes);
    lengths_left_ = plan.mode == CrashMode::kSubset ? plan.choose(lengths + 1) : lengths;
    surviving_writes_ = SurvivingWrites(changes, plan);
    for (const FileChange& change : changes) Take(change);
    contents_.resize(surviving_length_);
    if (plan.mode == CrashMode::kStaleBlocks && !plan.stale.empty()) FillWithStaleBlocks(durable.size());
  }

  std::string Contents() && { return std::move(contents_); }

 private:
  void Take(const FileChange& change) {
    const bool survives = TakeLength(LengthAfter(change, length_));
    if (change.length && survives) contents_.resize(std::min<std::size_t>(contents_.size(), *change.length));
    for (const Piece& piece : PiecesOf(change, plan_.sector_bytes)) {
      if (seen_writes_[piece.sector]++ >= surviving_writes_[piece.sector]) continue;
      Apply({.moment = change.moment, .offset = piece.offset, .bytes = std::string(piece.bytes)}, contents_);
    }
  }

  bool TakeLength(std::uint64_t length) {
    if (length == length_) return true;
    length_ = length;
    if (lengths_left_ == 0) return false;
    --lengths_left_;
    surviving_length_ = length;
    return true;
  }

  void FillWithStaleBlocks(std::size_t durable_length) {
    const std::size_t size = plan_.sector_bytes;
    for (std::size_t sector = (durable_length + size - 1) / size; sector * size < contents_.size(); ++sector) {
      if (surviving_writes_[sector] > 0 || plan_.choose(2) == 1) continue;
      const std::string_view stale = StaleSector(sector);
      const std::size_t room = contents_.size() - sector * size;
      std::ranges::copy(stale.substr(0, room), contents_.begin() + static_cast<std::ptrdiff_t>(sector * size));
    }
  }

  // From the same place of the other file, where the headers stand that would be believed most easily, or from
  // anywhere.
  std::string_view StaleSector(std::size_t sector) const {
    const std::string_view source = plan_.stale[plan_.choose(plan_.stale.size())];
    const std::size_t sectors = (source.size() + plan_.sector_bytes - 1) / plan_.sector_bytes;
    const bool same_place = sector < sectors && plan_.choose(2) == 1;
    return source.substr((same_place ? sector : plan_.choose(sectors)) * plan_.sector_bytes, plan_.sector_bytes);
  }

  const CrashPlan& plan_;
  std::string contents_;
  std::uint64_t length_;  // as the program saw it
  std::uint64_t surviving_length_;
  std::size_t lengths_left_ = 0;
  WritesBySector surviving_writes_;
  WritesBySector seen_writes_;
};

std::string Before(std::string contents, const std::vector<FileChange>& changes, const CrashPlan& plan) {
  for (const FileChange& change : changes) {
    if (change.moment > plan.cut) break;
    FileChange torn = change;
    if (change.moment == plan.cut) {
      if (change.bytes.empty()) break;
      torn.bytes.resize(plan.choose(change.bytes.size()));
    }
    Apply(torn, contents);
  }
  return contents;
}

std::string All(std::string contents, const std::vector<FileChange>& changes) {
  for (const FileChange& change : changes) Apply(change, contents);
  return contents;
}

}  // namespace

SeededChoice::SeededChoice(std::uint64_t seed) : random_(seed) {
  constexpr double kKindnesses[] = {0.1, 0.5, 0.9};
  kindness_ = kKindnesses[random_() % std::size(kKindnesses)];
}

std::size_t SeededChoice::operator()(std::size_t below) {
  if (below < 2) return 0;
  if (std::bernoulli_distribution(kindness_)(random_)) return below - 1;
  return random_() % (below - 1);
}

std::size_t EveryChoice::operator()(std::size_t below) {
  if (at_ == picks_.size()) picks_.push_back({.picked = 0, .below = below});
  return picks_[at_++].picked;
}

bool EveryChoice::NextRound() {
  at_ = 0;
  while (!picks_.empty() && picks_.back().picked + 1 == picks_.back().below) picks_.pop_back();
  if (picks_.empty()) return false;
  ++picks_.back().picked;
  return true;
}

void Apply(const FileChange& change, std::string& contents) {
  if (change.length) contents.resize(*change.length);
  if (change.bytes.empty()) return;
  if (contents.size() < change.offset + change.bytes.size()) contents.resize(change.offset + change.bytes.size());
  contents.replace(change.offset, change.bytes.size(), change.bytes);
}

std::string Survivors(const std::string& durable, const std::vector<FileChange>& changes, const CrashPlan& plan) {
  switch (plan.mode) {
    case CrashMode::kDropUnsynced: return durable;
    case CrashMode::kKeepAll: return All(durable, changes);
    case CrashMode::kPrefix: return Before(durable, changes, plan);
    case CrashMode::kSubset:
    case CrashMode::kZeros:
    case CrashMode::kStaleBlocks: return Remains(durable, changes, plan).Contents();
  }
  return durable;
}

}  // namespace inferometer::os
