#pragma once
// The two streams of a command that answers: data on one, sentences on the other.

#include <cstdio>
#include <string>
#include <string_view>

#include "analyze/directory.h"

namespace inferometer::cli {

// Both files must outlive it. One thread at a time.
class Streams {
 public:
  // `command`: "export"
  Streams(std::string_view command, std::FILE* out, std::FILE* err) : command_(command), out_(out), err_(err) {}

  void Data(std::string_view text);
  // One line on what happened; the text may hold pieces of files.
  void Say(const std::string& sentence);
  // What was left out of an answer.
  void SayDamage(const std::vector<analyze::Damage>& damaged);
  // True when all data arrived; says so otherwise.
  [[nodiscard]] bool Arrived();
  [[nodiscard]] std::FILE* err() const { return err_; }

 private:
  std::string_view command_;
  std::FILE* out_;
  std::FILE* err_;
  bool failed_ = false;
};

}  // namespace inferometer::cli
