#include "hub/member_walk.h"

#include <algorithm>

namespace inferometer::hub {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool EndsScalar(char c) { return c == ',' || c == '}' || c == ']' || IsSpace(c); }

}  // namespace

std::optional<MemberWalk::Member> MemberWalk::Next() {
  SkipSpace();
  const bool is_first = !begun_;
  if (is_first && !Take('{')) return std::nullopt;
  begun_ = true;
  SkipSpace();
  closed_ = Take('}');
  if (closed_ || (!is_first && !Take(','))) return std::nullopt;
  SkipSpace();
  Member member;
  member.begin = at_;
  if (!SkipString()) return std::nullopt;
  member.key = text_.substr(member.begin + 1, at_ - member.begin - 2);
  SkipSpace();
  if (!Take(':')) return std::nullopt;
  SkipSpace();
  member.value = at_;
  if (!SkipValue()) return std::nullopt;
  member.end = at_;
  return member;
}

void MemberWalk::SkipSpace() {
  while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
}

bool MemberWalk::Take(char expected) {
  if (at_ >= text_.size() || text_[at_] != expected) return false;
  ++at_;
  return true;
}

bool MemberWalk::SkipString() {
  if (!Take('"')) return false;
  const std::size_t quote = std::min(text_.find('"', at_), text_.size());
  if (quote < text_.size() && text_.substr(at_, quote - at_).find('\\') == std::string_view::npos) {
    at_ = quote + 1;
    return true;
  }
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') return true;
    if (c == '\\') ++at_;
  }
  return false;
}

bool MemberWalk::SkipValue() {
  if (at_ >= text_.size()) return false;
  if (text_[at_] == '"') return SkipString();
  if (text_[at_] == '{' || text_[at_] == '[') return SkipNested();
  const std::size_t begin = at_;
  while (at_ < text_.size() && !EndsScalar(text_[at_])) ++at_;
  return at_ > begin;
}

bool MemberWalk::SkipNested() {
  for (std::size_t depth = 0; at_ < text_.size();) {
    const char c = text_[at_];
    if (c == '"') {
      if (!SkipString()) return false;
      continue;
    }
    ++at_;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return true;
  }
  return false;
}

}  // namespace inferometer::hub
