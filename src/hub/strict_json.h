#pragma once
// JSON that is stored as it came: every byte of it is checked, not only what we read of it. Internal to src/hub:
// simdjson's types appear here.

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::hub {

inline constexpr std::size_t kMostJsonDepth = 32;

// One document after another, in buffers that are made once. One thread at a time. Failures are kResourceExhausted for
// what is too long, else kDataLoss, and say at which byte where that is known.
class StrictJson {
 public:
  // Holds documents of at most `most_bytes`.
  explicit StrictJson(std::size_t most_bytes);

  // Takes a copy, which replaces the document before. Refuses what is empty, too long or begins with a byte order mark.
  [[nodiscard]] Status Load(std::string_view bytes);
  // The document; stays where it is until the next Load.
  [[nodiscard]] std::string_view text() const { return {buffer_.data(), size_}; }
  // For reading on demand. `document` dies with the next Load.
  [[nodiscard]] simdjson::error_code Iterate(simdjson::ondemand::document& document);

  // Exactly one JSON value in UTF-8, at most kMostJsonDepth deep, all numbers such as a double or 64 bits hold. No
  // string in it holds a NUL or half a surrogate pair, not by an escape either: other readers stumble over those.
  [[nodiscard]] Status CheckWhole();
  // REQUIRES: CheckWhole succeeded since the last Load.
  [[nodiscard]] simdjson::dom::element root() const { return root_; }

  // No object of the document has a key twice, escapes resolved. REQUIRES: CheckWhole succeeded.
  [[nodiscard]] Status CheckKeysOnce() const;

  // The document without the white space outside its strings, so without line breaks. Lives until the next call or
  // Load. REQUIRES: CheckWhole succeeded.
  [[nodiscard]] std::string_view Minified();

 private:
  std::size_t most_bytes_;
  std::string buffer_;  // as long as it ever gets, with the padding that simdjson reads beyond the end
  std::size_t size_ = 0;
  std::string minified_;
  simdjson::dom::parser whole_parser_;
  simdjson::ondemand::parser parser_;
  simdjson::dom::element root_;
};

// The failure when one of the keys stands twice. Sorts them.
[[nodiscard]] Status CheckOnce(std::vector<std::string_view>& keys);

// The first failure of escapes in a text whose grammar is right; see CheckWhole.
[[nodiscard]] Status CheckEscapes(std::string_view text);

}  // namespace inferometer::hub
