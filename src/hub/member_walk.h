#pragma once
// Where the members of a JSON object stand in its text, so that single ones can be replaced.

#include <cstddef>
#include <optional>
#include <string_view>

namespace inferometer::hub {

// Walks the top level of one object that was validated before; values are passed over unread. Of other text it makes no
// more than a wrong answer: it never reads outside of it. `object` must outlive the walk.
class MemberWalk {
 public:
  struct Member {
    std::string_view key;   // as it stands, escapes unresolved
    std::size_t begin = 0;  // of the key's quote
    std::size_t value = 0;
    std::size_t end = 0;  // behind the value
  };
  explicit MemberWalk(std::string_view object) : text_(object) {}

  // The next member; nothing at the end, and where the text is no object.
  [[nodiscard]] std::optional<Member> Next();
  // After Next gave nothing: whether that was at the object's closing brace.
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void SkipSpace();
  [[nodiscard]] bool Take(char expected);
  [[nodiscard]] bool SkipString();
  [[nodiscard]] bool SkipValue();
  [[nodiscard]] bool SkipNested();

  std::string_view text_;
  std::size_t at_ = 0;
  bool begun_ = false;
  bool closed_ = false;
};

}  // namespace inferometer::hub
