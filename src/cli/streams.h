#pragma once
// Where a subcommand's answer goes, and what it says beside that.

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"

namespace inferometer::cli {

// The two streams, and whether writing to the first ever failed. Both must outlive it.
class Streams {
 public:
  Streams(std::FILE* out, std::FILE* err, std::string_view command) : out_(out), err_(err), command_(command) {}
  void Data(std::string_view text);
  // One line on what was wrong; the text may hold pieces of files.
  void Say(const std::string& sentence);
  // True when all data arrived; says so otherwise.
  [[nodiscard]] bool Arrived();
  [[nodiscard]] std::FILE* err() const { return err_; }

 private:
  std::FILE* out_;
  std::FILE* err_;
  std::string command_;
  bool failed_ = false;
};

// One line a damaged file.
void SayDamage(const std::vector<analyze::Damage>& damaged, Streams& streams);

}  // namespace inferometer::cli
